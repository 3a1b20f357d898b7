/* SPDX-License-Identifier: MIT */
/* fs/files/spool_resolve.c - which of the records on disk has which name */
#include "fs/files/spool.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "fs/files/spool_private.h"

struct nodes {
	struct spool_node **list;
	size_t count;
};

static int number_compare(const void *a, const void *b)
{
	const struct spool_node *left = *(struct spool_node *const *)a;
	const struct spool_node *right = *(struct spool_node *const *)b;

	return (left->inode.number > right->inode.number) -
		(left->inode.number < right->inode.number);
}

/* All nodes by number: the table changes while they are gone through. */
static int nodes_list(const struct spool *spool, struct nodes *nodes)
{
	nodes->count = 0;
	nodes->list = malloc((spool->count + 1) * sizeof(*nodes->list));
	if (!nodes->list)
		return -ENOMEM;
	for (size_t i = 0; i < spool->room; i++)
		for (struct spool_node *node = spool->table[i]; node;
			node = node->chain)
			nodes->list[nodes->count++] = node;
	qsort(nodes->list, nodes->count, sizeof(*nodes->list), number_compare);
	return 0;
}

static void links_clear(struct spool_node *node)
{
	while (node->links.count)
		free(node->links.list[--node->links.count]);
}

/* The killed half of an exchange: the other's record was not written, and is
 * older than the one that tells where it stands now. */
static int exchange_apply(struct spool_node *node)
{
	const json_t *number = json_array_get(node->exchange, 0);
	struct spool_node *other;
	int err;

	if (!json_is_integer(number))
		return 0;
	other = spool_node_of(
		node->spool, (uint64_t)json_integer_value(number));
	if (!other || other == node || other->sequence > node->sequence)
		return 0;
	links_clear(other);
	err = spool_links_read(other, json_array_get(node->exchange, 1));
	if (err == -EINVAL)
		links_clear(other);
	node->exchanged = other->inode.number;
	other->exchanged = node->inode.number;
	other->settle = true;
	return err == -EINVAL ? 0 : err;
}

static void tops_find(struct spool *spool, const struct nodes *nodes)
{
	for (size_t i = 0; i < nodes->count; i++)
		if (nodes->list[i]->inode.root) {
			if (!spool_top_of(spool, nodes->list[i]->inode.root))
				spool_tops_add(spool, nodes->list[i]);
		}
}

static int claim_compare(const void *a, const void *b)
{
	const struct spool_node *left = (*(struct spool_place *const *)a)->node;
	const struct spool_node *right =
		(*(struct spool_place *const *)b)->node;

	return left->sequence < right->sequence ? 1
		: left->sequence > right->sequence
		? -1
		: number_compare(&left, &right);
}

static int claim_decide(struct spool *spool, struct spool_place *place)
{
	struct spool_node *dir = spool_node_of(spool, place->parent);
	struct spool_place *holder;

	holder = dir ? spool_place_find(dir, place->name) : NULL;
	if (holder) {
		holder->node->settle = true;
		place->node->beaten = true;
	}
	if (!dir || !spool_is_dir(&dir->inode))
		place->node->dangles = true;
	if (holder || !dir || !spool_is_dir(&dir->inode)) {
		spool_links_remove(place);
		free(place);
		return 0;
	}
	if (spool_names_reserve(dir) < 0)
		return -ENOMEM;
	spool_names_append(dir, place);
	return 0;
}

static int claims_decide(struct spool *spool, const struct nodes *nodes)
{
	struct spool_place **claims;
	size_t count = 0;
	int err = 0;

	for (size_t i = 0; i < nodes->count; i++)
		count += nodes->list[i]->links.count;
	claims = malloc((count + 1) * sizeof(*claims));
	if (!claims)
		return -ENOMEM;
	count = 0;
	for (size_t i = 0; i < nodes->count; i++)
		for (size_t j = 0; j < nodes->list[i]->links.count; j++)
			claims[count++] = nodes->list[i]->links.list[j];
	qsort(claims, count, sizeof(*claims), claim_compare);
	for (size_t i = 0; !err && i < count; i++)
		err = claim_decide(spool, claims[i]);
	free(claims);
	for (size_t i = 0; i < nodes->count; i++)
		spool_names_sort(nodes->list[i]);
	return err;
}

/* Directories that stand in each other, not under any top, are not reached. */
static int tops_reach(struct spool *spool)
{
	struct spool_node **queue, *dir, *child;
	size_t first = 0, last = 0;

	queue = malloc((spool->count + 1) * sizeof(*queue));
	if (!queue)
		return -ENOMEM;
	for (dir = spool->tops; dir; dir = dir->next_top)
		queue[last++] = dir;
	while (first < last) {
		dir = queue[first++];
		dir->inode.nlink += 2;
		for (size_t i = 0; i < dir->names.count; i++) {
			child = dir->names.list[i]->node;
			if (!spool_is_dir(&child->inode)) {
				child->inode.nlink++;
				continue;
			}
			dir->inode.nlink++;
			child->inode.parent = &dir->inode;
			child->inode.top = dir->inode.top;
			queue[last++] = child;
		}
	}
	free(queue);
	return 0;
}

static void unreached_strip(struct spool_node *node)
{
	struct spool_place *place;

	for (size_t i = node->links.count; i-- > 0;) {
		place = node->links.list[i];
		if (!place->dir->inode.top) {
			node->dangles = true;
			spool_links_remove(place);
			free(place);
		}
	}
}

/* What lost its name to a newer record goes, once that one is durable; what
 * said itself that it has none goes; what hangs from nothing is set aside. */
static void nameless_drop(struct spool_node *node, bool is_settled)
{
	static const char *const endings[] = { "json", "next", "data" };
	struct spool *spool = node->spool;
	uint64_t number = node->inode.number;

	if (!node->claimed || (node->beaten && !node->dangles && is_settled)) {
		spool_files_remove(spool, number);
	} else if (node->dangles || !node->beaten) {
		spool_complain(spool,
			"inode %llu stands in no directory that is "
			"left; kept as %llu.*.damaged",
			(unsigned long long)number, (unsigned long long)number);
		for (size_t i = 0; i < sizeof(endings) / sizeof(*endings); i++)
			spool_set_aside(spool, number, endings[i]);
	}
	spool_node_free(node);
}

static bool nodes_settle(const struct nodes *nodes)
{
	struct spool_node *node;
	bool all = true;
	int err;

	for (size_t i = 0; i < nodes->count; i++) {
		node = nodes->list[i];
		if (!node->settle || !node->inode.nlink)
			continue;
		node->placed = node->sequence;
		err = spool_record_settle(node);
		node->settle = false;
		if (err) {
			all = false;
			spool_complain(node->spool, "inodes/%llu.json: %s",
				(unsigned long long)node->inode.number,
				strerror(-err));
		}
	}
	return all;
}

static void nodes_finish(const struct nodes *nodes)
{
	struct spool_node *node;
	bool is_settled;

	for (size_t i = 0; i < nodes->count; i++)
		unreached_strip(nodes->list[i]);
	is_settled = nodes_settle(nodes);
	for (size_t i = 0; i < nodes->count; i++) {
		node = nodes->list[i];
		json_decref(node->exchange);
		node->exchange = NULL;
		free(node->home);
		node->home = NULL;
		if (!node->inode.nlink)
			nameless_drop(node, is_settled);
	}
}

static int names_find(struct spool *spool, const struct nodes *nodes)
{
	int err = 0;

	for (size_t i = 0; !err && i < nodes->count; i++)
		err = exchange_apply(nodes->list[i]);
	if (err)
		return err;
	for (size_t i = 0; i < nodes->count; i++)
		nodes->list[i]->claimed = nodes->list[i]->inode.root ||
			nodes->list[i]->links.count;
	tops_find(spool, nodes);
	return spool_rescue(spool, nodes->list, nodes->count);
}

int spool_resolve(struct spool *spool)
{
	struct nodes nodes;
	int err = nodes_list(spool, &nodes);

	if (err)
		return err;
	err = names_find(spool, &nodes);
	free(nodes.list);
	if (!err)
		err = nodes_list(spool, &nodes);
	if (err)
		return err;
	err = claims_decide(spool, &nodes);
	if (!err)
		err = tops_reach(spool);
	if (!err)
		nodes_finish(&nodes);
	free(nodes.list);
	return err;
}
