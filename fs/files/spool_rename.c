/* SPDX-License-Identifier: MIT */
/* fs/files/spool_rename.c - one name for another, such that a kill loses
 * neither */
#include "fs/files/spool.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "fs/files/spool_private.h"

static bool is_within(
	const struct spool_inode *dir, const struct spool_node *node)
{
	while (dir && dir != &node->inode)
		dir = dir->parent;
	return dir != NULL;
}

/* What rename(2) refuses, in the kernel's order. */
static int rename_check(const struct spool_place *from,
	const struct spool_inode *new_dir, const struct spool_place *onto,
	unsigned flags)
{
	bool from_dir = spool_is_dir(&from->node->inode);
	bool onto_dir = onto && spool_is_dir(&onto->node->inode);

	if (onto && (flags & RENAME_NOREPLACE))
		return -EEXIST;
	if (!onto && (flags & RENAME_EXCHANGE))
		return -ENOENT;
	if (from_dir && is_within(new_dir, from->node))
		return -EINVAL;
	if (onto_dir && is_within(&from->dir->inode, onto->node))
		return flags & RENAME_EXCHANGE ? -EINVAL : -ENOTEMPTY;
	if (!onto || onto->node == from->node || (flags & RENAME_EXCHANGE))
		return 0;
	if (from_dir && !onto_dir)
		return -ENOTDIR;
	if (!from_dir && onto_dir)
		return -EISDIR;
	return onto->node->names.count ? -ENOTEMPTY : 0;
}

/* What `old` keeps on disk until `node` is durable: itself, if it was, and what
 * it replaced before. Taken over in two steps, as only the first can fail. */
static int doomed_reserve(struct spool_node *node, const struct spool_node *old)
{
	size_t count = node->doomed_count + old->doomed_count + 1;
	uint64_t *doomed = realloc(node->doomed, count * sizeof(*doomed));

	if (!doomed)
		return -ENOMEM;
	node->doomed = doomed;
	return 0;
}

static void doomed_take(struct spool_node *node, struct spool_node *old)
{
	if (old->doomed_count)
		memcpy(node->doomed + node->doomed_count, old->doomed,
			old->doomed_count * sizeof(*old->doomed));
	node->doomed_count += old->doomed_count;
	old->doomed_count = 0;
	if (old->durable) {
		node->doomed[node->doomed_count++] = old->inode.number;
		old->kept = true;
	}
}

static void replaced_leave(struct spool_node *node, struct spool_node *old,
	const struct timespec *now)
{
	old->inode.ctime = *now;
	if (old->inode.nlink) {
		spool_record_follow(old);
	} else {
		doomed_take(node, old);
		spool_record_remove(old);
	}
	spool_node_rest(old);
}

static void dirs_touch(struct spool_node *dir, struct spool_node *new_dir,
	const struct timespec *now)
{
	spool_record_touch(dir, now);
	if (new_dir != dir)
		spool_record_touch(new_dir, now);
}

/* The record that claims the new name is the rename. What comes after it on
 * disk, a start would do as well (spool_resolve). */
static int place_move(struct spool_place *from, struct spool_node *new_dir,
	struct spool_place *place, struct spool_place *onto,
	const struct timespec *now)
{
	struct spool_node *node = from->node, *dir = from->dir;
	struct timespec ctime = node->inode.ctime;
	struct spool_node *old = onto ? onto->node : NULL;
	int err;

	if (onto)
		spool_place_detach(onto);
	spool_place_detach(from);
	spool_place_add(new_dir, place);
	node->inode.ctime = *now;
	err = spool_record_place(node);
	if (err) {
		node->inode.ctime = ctime;
		spool_place_detach(place);
		spool_place_add(dir, from);
		if (onto)
			spool_place_add(new_dir, onto);
		free(place);
		return err;
	}
	free(from);
	free(onto);
	if (old)
		replaced_leave(node, old, now);
	dirs_touch(dir, new_dir, now);
	return 0;
}

static int rename_place(struct spool_place *from, struct spool_node *new_dir,
	const char *new_name, struct spool_place *onto,
	const struct timespec *now)
{
	struct spool_node *node = from->node;
	struct spool_place *place;
	int err;

	if (onto && onto->node == node)
		return 0;
	err = spool_secret_named(node, new_dir, new_name);
	if (err)
		return err;
	place = spool_place_new(node, new_dir->inode.number, new_name,
		strlen(new_name), onto ? onto->order : ++node->spool->sequence);
	if (!place || spool_names_reserve(new_dir) < 0 ||
		(onto && doomed_reserve(node, onto->node) < 0)) {
		free(place);
		return -ENOMEM;
	}
	return place_move(from, new_dir, place, onto, now);
}

static void places_swap(struct spool_place *a, struct spool_place *b)
{
	struct spool_node *a_dir = a->dir, *b_dir = b->dir;
	struct spool_node *node = a->node;

	spool_place_detach(a);
	spool_place_detach(b);
	a->node = b->node;
	b->node = node;
	spool_place_add(a_dir, a);
	spool_place_add(b_dir, b);
}

/* The first record tells of both (spool_record.c, "exchange"). */
static int rename_exchange(struct spool_place *from, struct spool_place *onto,
	const struct timespec *now)
{
	struct spool_node *node = from->node, *other = onto->node;
	struct timespec node_ctime = node->inode.ctime;
	struct timespec other_ctime = other->inode.ctime;
	uint64_t before = node->exchanged;
	int err;

	if (node == other)
		return 0;
	if (node->is_secret != other->is_secret)
		return -EPERM;
	places_swap(from, onto);
	if (!node->is_secret)
		node->exchanged = other->inode.number;
	node->inode.ctime = other->inode.ctime = *now;
	err = spool_record_place(node);
	if (err) {
		node->exchanged = before;
		node->inode.ctime = node_ctime;
		other->inode.ctime = other_ctime;
		places_swap(from, onto);
		return err;
	}
	if (!node->is_secret)
		other->exchanged = node->inode.number;
	spool_record_follow(other);
	dirs_touch(from->dir, onto->dir, now);
	return 0;
}

int spool_rename(struct spool *spool, struct spool_inode *dir, const char *name,
	struct spool_inode *new_dir, const char *new_name, unsigned flags,
	const struct timespec *now)
{
	struct spool_place *from, *onto;
	int err = spool_name_check(new_name, strlen(new_name));

	(void)spool;
	if (err)
		return err;
	if ((flags & ~(unsigned)(RENAME_NOREPLACE | RENAME_EXCHANGE)) ||
		flags == (RENAME_NOREPLACE | RENAME_EXCHANGE))
		return -EINVAL;
	if (!spool_is_dir(dir) || !spool_is_dir(new_dir))
		return -ENOTDIR;
	from = spool_place_find(spool_node(dir), name);
	if (!from || !new_dir->nlink)
		return -ENOENT;
	onto = spool_place_find(spool_node(new_dir), new_name);
	err = rename_check(from, new_dir, onto, flags);
	if (err)
		return err;
	if (flags & RENAME_EXCHANGE)
		return rename_exchange(from, onto, now);
	return rename_place(from, spool_node(new_dir), new_name, onto, now);
}
