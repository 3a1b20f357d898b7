/* SPDX-License-Identifier: MIT */
/* cache/store.h - the entries, by key and by how long ago they were used */
#ifndef CACHE_STORE_H
#define CACHE_STORE_H

#include "cache/entry.h"

/* A hash table that doubles, and a list from the most recently used entry to
 * the least, from whose end store_trim evicts. An entry with a fetch on its
 * way is pinned: out of that list. */
struct store {
	struct entry **buckets;
	size_t bucket_count; /* a power of two */
	struct link recent;
	size_t max_bytes;
	uint64_t seed;
	struct worker *worker;
	struct cache_stats
		*stats; /* evicted, entries and bytes are kept here */
};

/* 0 or -ENOMEM. */
int store_init(struct store *store, size_t max_bytes, struct worker *worker,
	struct cache_stats *stats);
void store_clear(struct store *store);

struct entry *store_find(
	const struct store *store, enum api_endpoint endpoint, const char *id);
/* A new one, pinned. NULL: no memory. */
struct entry *store_add(
	struct store *store, enum api_endpoint endpoint, const char *id);
/* Frees it. */
void store_remove(struct store *store, struct entry *entry);

/* Makes it the most recently used one, unless it is pinned. */
void store_touch(struct store *store, struct entry *entry);
void store_pin(struct entry *entry);
/* To be called after each change of an entry: counts its bytes anew and ends
 * its pin. A blank one is removed, an answer too large to be kept let go. */
void store_settle(struct store *store, struct entry *entry);
/* Evicts what is too much, any entry that is not pinned. */
void store_trim(struct store *store);

/* Lets go of an answer of body_len bytes; NULL does nothing. */
void store_release(struct store *store, json_t *json, size_t body_len);

/* Visits all; visit may remove the entry it is at, and no other. */
void store_each(struct store *store,
	void (*visit)(void *ctx, struct entry *entry), void *ctx);

#endif
