/* SPDX-License-Identifier: MIT */
/* fs/node.c - inode numbers of the tree's rows */
#include "fs/node.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "fs/handle.h"
#include "fs/tree.h"

static uint64_t hash_text(uint64_t hash, const char *text)
{
	/* FNV-1a, the NUL included: it keeps "a","b" and "ab","" apart. */
	do {
		hash ^= (unsigned char)*text;
		hash *= 0x100000001b3;
	} while (*text++);
	return hash;
}

uint32_t node_digest(uint32_t seed, const void *bytes, size_t len)
{
	const unsigned char *byte = bytes;
	uint64_t hash = 0xcbf29ce484222325 ^ seed;

	for (size_t i = 0; i < len; i++) {
		hash ^= byte[i];
		hash *= 0x100000001b3;
	}
	hash ^= hash >> 32;
	return (uint32_t)hash ? (uint32_t)hash : 1;
}

/* 63 bits, and above 2^32, where no disk's inode numbers are. */
uint64_t node_ino(const struct row *row, const char *id, const char *name)
{
	uint64_t hash = 0xcbf29ce484222325;

	if (row->path[0] == '/' && !row->path[1])
		return 1; /* FUSE_ROOT_ID */
	hash = hash_text(hash, row->path);
	hash = hash_text(hash, id ? id : "");
	hash = hash_text(hash, name ? name : "");
	hash ^= hash >> 29;
	hash *= 0xbf58476d1ce4e5b9;
	hash ^= hash >> 32;
	return (hash | (uint64_t)1 << 40) & INT64_MAX;
}

int nodes_init(struct nodes *nodes)
{
	nodes->bucket_count = 1024;
	nodes->count = 0;
	nodes->buckets = calloc(nodes->bucket_count, sizeof(*nodes->buckets));
	return nodes->buckets ? 0 : -ENOMEM;
}

static struct node **bucket_of(const struct nodes *nodes, uint64_t ino)
{
	return &nodes->buckets[ino & (nodes->bucket_count - 1)];
}

static void node_free(struct node *node)
{
	if (node->edit)
		free(node->edit->bytes);
	free(node->edit);
	free(node->id);
	free(node->name);
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

/* A table that cannot grow only gets slower. */
static void nodes_grow(struct nodes *nodes)
{
	struct nodes grown = { .bucket_count = nodes->bucket_count * 4 };

	if (nodes->count < nodes->bucket_count * 2)
		return;
	grown.buckets = calloc(grown.bucket_count, sizeof(*grown.buckets));
	if (!grown.buckets)
		return;
	for (size_t i = 0; i < nodes->bucket_count; i++) {
		struct node *next;
		for (struct node *n = nodes->buckets[i]; n; n = next) {
			struct node **bucket = bucket_of(&grown, n->ino);
			next = n->next;
			n->next = *bucket;
			*bucket = n;
		}
	}
	free(nodes->buckets);
	grown.count = nodes->count;
	*nodes = grown;
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

struct node *node_hold(struct nodes *nodes, const struct row *row,
	const char *id, const char *name)
{
	id = id ? id : "";
	name = name ? name : "";

	uint64_t ino = node_ino(row, id, name);
	struct node *node;

	while ((node = node_find(nodes, ino)) && !node_is(node, row, id, name))
		ino++; /* two of 2^63 met: the later one steps aside */
	if (node) {
		node->holds++;
		return node;
	}
	nodes_grow(nodes);
	node = calloc(1, sizeof(*node));
	if (!node)
		return NULL;
	node->ino = ino;
	node->row = row;
	node->holds = 1;
	node->id = strdup(id);
	node->name = strdup(name);
	if (!node->id || !node->name) {
		node_free(node);
		return NULL;
	}
	struct node **bucket = bucket_of(nodes, ino);
	node->next = *bucket;
	*bucket = node;
	nodes->count++;
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
