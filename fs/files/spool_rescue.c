/* SPDX-License-Identifier: MIT */
/* fs/files/spool_rescue.c - what is left of a directory whose record is damaged
 */
#include "fs/files/spool.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "fs/files/spool_private.h"

/*
 * A directory that is lost must not take along what is in it. The records below
 * say under which top they are: the directory comes back there under another
 * name, or as that top itself.
 */
static int dir_rescue(
	struct spool *spool, const struct spool_node *child, uint64_t number)
{
	struct spool_node *top = spool_top_of(spool, child->home);
	struct spool_node *dir = spool_node_new(spool, number, S_IFDIR | 0700);
	struct spool_place *place;
	char name[64];
	int len;

	if (!dir)
		return -ENOMEM;
	dir->inode.uid = child->inode.uid;
	dir->inode.gid = child->inode.gid;
	dir->inode.atime = dir->inode.btime = child->inode.btime;
	dir->inode.mtime = dir->inode.ctime = child->inode.ctime;
	dir->sequence = ++spool->sequence;
	dir->settle = dir->claimed = true;
	if (top) {
		len = snprintf(name, sizeof(name), "recovered.%llu",
			(unsigned long long)number);
		place = spool_place_new(dir, top->inode.number, name,
			(size_t)len, ++spool->sequence);
		if (!place || spool_links_reserve(dir) < 0) {
			free(place);
			spool_node_free(dir);
			return -ENOMEM;
		}
		spool_links_add(place);
	} else {
		dir->inode.root = strdup(child->home);
	}
	if ((!top && !dir->inode.root) || spool_table_add(spool, dir) < 0) {
		spool_node_free(dir);
		return -ENOMEM;
	}
	if (!top)
		spool_tops_add(spool, dir);
	spool_complain(spool, "directory %llu is lost; what is in it is in %s",
		(unsigned long long)number, top ? name : dir->inode.root);
	return 0;
}

static int parent_compare(const void *a, const void *b)
{
	const struct spool_place *left = *(struct spool_place *const *)a;
	const struct spool_place *right = *(struct spool_place *const *)b;

	return (left->parent > right->parent) - (left->parent < right->parent);
}

/* Only what a commit has made durable is worth a directory: a file that was
 * never closed is not. */
static size_t lost_find(struct spool *spool, struct spool_node *const *nodes,
	size_t count, struct spool_place **lost)
{
	size_t found = 0;

	for (size_t i = 0; i < count; i++) {
		if (!nodes[i]->durable || !nodes[i]->home)
			continue;
		for (size_t j = 0; j < nodes[i]->links.count; j++) {
			struct spool_place *place = nodes[i]->links.list[j];

			if (spool_node_of(spool, place->parent))
				continue;
			if (lost)
				lost[found] = place;
			found++;
		}
	}
	return found;
}

/* The oldest first: it is the top directory, if that is lost, too. */
int spool_rescue(
	struct spool *spool, struct spool_node *const *nodes, size_t count)
{
	size_t found = lost_find(spool, nodes, count, NULL);
	struct spool_place **lost;
	int err = 0;

	if (!found)
		return 0;
	lost = malloc(found * sizeof(*lost));
	if (!lost)
		return -ENOMEM;
	lost_find(spool, nodes, count, lost);
	qsort(lost, found, sizeof(*lost), parent_compare);
	for (size_t i = 0; !err && i < found; i++)
		if (!spool_node_of(spool, lost[i]->parent))
			err = dir_rescue(spool, lost[i]->node, lost[i]->parent);
	free(lost);
	return err;
}
