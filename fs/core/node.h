/* SPDX-License-Identifier: MIT */
/* fs/core/node.h - inode numbers of the tree's rows */
#ifndef FS_CORE_NODE_H
#define FS_CORE_NODE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct edit;
struct row;

/*
 * A node is one file of the tree: a row of a table, and what fills the row's
 * placeholders: the id of a resource, the name of one thing in it. Its inode
 * number is a hash of these three, so it is the same after a remount.
 */
struct node {
	struct node *next; /* in its bucket */
	uint64_t ino;
	uint64_t lookups;    /* references that the kernel holds */
	unsigned holds;	     /* references that we hold */
	bool is_name_cached; /* by the kernel, as far as it was last told */
	/* A value that programs move away or remove (fs/ops/moves.c): the
	 * kernel looks up its name each time. */
	bool is_moved;
	const struct row *row;
	/*
	 * What the kernel has cached of it. Contents are known by their hash;
	 * 0: none. content_hash is of the content that was rendered last;
	 * attr_hash of the content whose attributes the kernel caches until
	 * attr_until_ms; page_hash of the content whose pages, or names, it may
	 * cache: `users` handles have that content open.
	 */
	uint64_t attr_until_ms;
	uint32_t content_hash, attr_hash, page_hash, users;
	const char *id;	  /* "" where the row has none */
	const char *name; /* "" where the row has none */
	/* For ROW_UNSIZED: the length of what was last read or saved, or of
	 * what was last fetched of a log; 0: unknown. */
	size_t known_len;
	/* A name of it, or of its directory, has gone, which the kernel may
	 * still have cached; until it is looked up again. */
	uint64_t expiry;   /* its number; 0: none */
	struct edit *edit; /* what is being written; NULL: nothing */
	char words[];	   /* id and name */
};

/*
 * A table with linear hashing: each new node adds one bucket and splits one
 * other, so that a million nodes are never rehashed in one turn of the loop.
 * (uthash doubles its table at once: 0.2 s at 2 million nodes.)
 */
struct nodes {
	struct node **buckets;
	size_t bucket_count, count;
	size_t room; /* for buckets */
	size_t mask; /* which bits of a number choose its bucket */
};

int nodes_init(struct nodes *nodes);
void nodes_clear(struct nodes *nodes);

/* The node of a row, created if there is none. The caller holds it until
 * node_drop. id and name may be NULL. NULL if out of memory. */
struct node *node_hold(struct nodes *nodes, const struct row *row,
	const char *id, const char *name);
/* NULL if there is none. Borrowed. */
struct node *node_find(const struct nodes *nodes, uint64_t ino);
void node_drop(struct nodes *nodes, struct node *node);
/* The kernel has dropped count of its references. */
void node_forget(struct nodes *nodes, struct node *node, uint64_t count);

/* The inode number of a row's node, without creating one. */
uint64_t node_ino(const struct row *row, const char *id, const char *name);

/* The hash of a content; never 0. seed: 0, or the hash of what comes before
 * it. */
uint32_t node_hash(uint32_t seed, const void *bytes, size_t len);

#endif
