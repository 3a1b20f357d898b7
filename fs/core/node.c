/* SPDX-License-Identifier: MIT */
/* fs/core/node.c - inode numbers of the tree's rows */
#include "fs/core/node.h"

#include <errno.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "fs/base/base.h"
#include "fs/core/edit.h"
#include "fs/core/row.h"

uint32_t node_hash(uint32_t seed, const void *bytes, size_t len)
{
	uint64_t hash = hash_words(HASH_START ^ seed, bytes, len);

	hash ^= hash >> 32;
	return (uint32_t)hash ? (uint32_t)hash : 1;
}

/* 62 bits: bit 62 is set for saved files (fs/files/inode.c). Above 2^40, unlike
 * the inode numbers of any disk. */
uint64_t node_ino(const struct row *row, const char *id, const char *name)
{
	uint64_t hash = HASH_START;

	if (row->path[0] == '/' && !row->path[1])
		return 1; /* FUSE_ROOT_ID */
	hash = hash_text(hash, row->path);
	hash = hash_text(hash, id ? id : "");
	hash = hash_text(hash, name ? name : "");
	hash ^= hash >> 29;
	hash *= 0xbf58476d1ce4e5b9;
	hash ^= hash >> 32;
	return (hash | (uint64_t)1 << 40) & (INT64_MAX >> 1);
}

enum { FIRST_BUCKETS = 1024 };

int nodes_init(struct nodes *nodes)
{
	memset(nodes, 0, sizeof(*nodes));
	nodes->bucket_count = nodes->room = FIRST_BUCKETS;
	nodes->mask = FIRST_BUCKETS - 1;
	nodes->buckets = calloc(nodes->room, sizeof(*nodes->buckets));
	return nodes->buckets ? 0 : -ENOMEM;
}

/* A bucket of the upper half may not exist yet: its nodes are still where they
 * were with one bit less. */
static struct node **bucket_of(const struct nodes *nodes, uint64_t ino)
{
	size_t at = ino & nodes->mask;

	if (at >= nodes->bucket_count)
		at &= nodes->mask >> 1;
	return &nodes->buckets[at];
}

static void node_free(struct node *node)
{
	edit_free(node->edit);
	free(node);
}

void nodes_clear(struct nodes *nodes)
{
	for (size_t i = 0; nodes->buckets && i < nodes->bucket_count; i++) {
		struct node *next;
		for (struct node *n = nodes->buckets[i]; n; n = next) {
			next = n->next;
			node_free(n);
		}
	}
	free(nodes->buckets);
	memset(nodes, 0, sizeof(*nodes));
}

static bool nodes_make_room(struct nodes *nodes)
{
	struct node **grown;

	if (nodes->bucket_count < nodes->room)
		return true;
	grown = realloc(nodes->buckets, nodes->room * 2 * sizeof(*grown));
	if (!grown)
		return false;
	nodes->buckets = grown;
	nodes->room *= 2;
	return true;
}

/* If out of memory, the table only gets slower. */
static void nodes_grow(struct nodes *nodes)
{
	size_t at = nodes->bucket_count;
	struct node **from, **to, *node;

	if (nodes->count < at || !nodes_make_room(nodes))
		return;
	if (at > nodes->mask)
		nodes->mask = nodes->mask * 2 + 1;
	from = &nodes->buckets[at & nodes->mask >> 1];
	to = &nodes->buckets[at];
	*to = NULL;
	nodes->bucket_count++;
	while ((node = *from)) {
		if ((node->ino & nodes->mask) != at) {
			from = &node->next;
			continue;
		}
		*from = node->next;
		node->next = *to;
		*to = node;
	}
}

struct node *node_find(const struct nodes *nodes, uint64_t ino)
{
	struct node *node = *bucket_of(nodes, ino);

	while (node && node->ino != ino)
		node = node->next;
	return node;
}

static int node_is(const struct node *node, const struct row *row,
	const char *id, const char *name)
{
	return node->row == row && !strcmp(node->id, id) &&
		!strcmp(node->name, name);
}

static struct node *node_new(
	const struct row *row, uint64_t ino, const char *id, const char *name)
{
	size_t id_size = strlen(id) + 1, name_size = strlen(name) + 1;
	struct node *node = calloc(1, sizeof(*node) + id_size + name_size);

	if (!node)
		return NULL;
	node->ino = ino;
	node->row = row;
	node->id = memcpy(node->words, id, id_size);
	node->name = memcpy(node->words + id_size, name, name_size);
	return node;
}

struct node *node_hold(struct nodes *nodes, const struct row *row,
	const char *id, const char *name)
{
	id = id ? id : "";
	name = name ? name : "";

	uint64_t ino = node_ino(row, id, name);
	struct node *node;

	while ((node = node_find(nodes, ino)) && !node_is(node, row, id, name))
		ino++; /* a collision in 63 bits: the later one moves */
	if (!node) {
		node = node_new(row, ino, id, name);
		if (!node)
			return NULL;
		nodes_grow(nodes);
		struct node **bucket = bucket_of(nodes, ino);
		node->next = *bucket;
		*bucket = node;
		nodes->count++;
	}
	node->holds++;
	return node;
}

static void node_release(struct nodes *nodes, struct node *node)
{
	if (node->holds || node->lookups)
		return;
	struct node **link = bucket_of(nodes, node->ino);
	while (*link != node)
		link = &(*link)->next;
	*link = node->next;
	nodes->count--;
	node_free(node);
}

void node_drop(struct nodes *nodes, struct node *node)
{
	if (!node)
		return;
	node->holds--;
	node_release(nodes, node);
}

void node_forget(struct nodes *nodes, struct node *node, uint64_t count)
{
	node->lookups -= count < node->lookups ? count : node->lookups;
	node_release(nodes, node);
}
