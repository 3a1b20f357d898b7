/* SPDX-License-Identifier: MIT */
/* fs/core/node.h - inode numbers of the tree's rows */
#ifndef FS_CORE_NODE_H
#define FS_CORE_NODE_H

#include <stddef.h>
#include <stdint.h>

struct edit;
struct row;

/*
 * A file of the tree is a row of its table, and what stands for the row's
 * placeholders: the id of a resource, the name of one thing in it. Its inode
 * number is a hash of these three, so that it is the same after a remount.
 */
struct node {
	struct node *next; /* in its bucket */
	uint64_t ino;
	uint64_t lookups; /* references that the kernel holds */
	unsigned holds;	  /* references that we hold */
	const struct row *row;
	/*
	 * What the kernel has of it. Contents are known by a digest, 0: none.
	 * `drawn` was put together last, `told` is the one whose size the
	 * kernel was told, which it believes until then; `paged` is the one
	 * whose pages, or names, it may keep, and `users` have it open.
	 */
	uint64_t told_until_ms;
	uint32_t drawn, told, paged, users;
	const char *id;	   /* "" where the row has none */
	const char *name;  /* "" where the row has none */
	struct edit *edit; /* what is being written; NULL: nothing */
	char words[];	   /* id and name */
};

/*
 * With each node that comes a bucket is added, and takes from one other what
 * belongs to it (linear hashing): a million nodes are never gone through at
 * once.
 */
struct nodes {
	struct node **buckets;
	size_t bucket_count, count;
	size_t room; /* for buckets */
	size_t mask; /* of the bits of a number that tell its bucket */
};

int nodes_init(struct nodes *nodes);
void nodes_clear(struct nodes *nodes);

/* The node of a row, made if need be, held once for the caller until
 * node_drop. id and name may be NULL. NULL: no memory. */
struct node *node_hold(struct nodes *nodes, const struct row *row,
	const char *id, const char *name);
/* NULL: none such. Borrowed. */
struct node *node_find(const struct nodes *nodes, uint64_t ino);
void node_drop(struct nodes *nodes, struct node *node);
/* The kernel forgot count of its references. */
void node_forget(struct nodes *nodes, struct node *node, uint64_t count);

/* The inode number of a row's node, without making one. */
uint64_t node_ino(const struct row *row, const char *id, const char *name);

/* The digest of a content; never 0. seed: 0, or the digest of what is before
 * it. */
uint32_t node_digest(uint32_t seed, const void *bytes, size_t len);

#endif
