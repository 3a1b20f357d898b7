/* SPDX-License-Identifier: MIT */
/* cache/store.h - the entries of a cache, by key and by last use */
#ifndef CACHE_STORE_H
#define CACHE_STORE_H

#include <sys/queue.h>

/* If out of memory, hh.tbl is NULL; uthash's default is to exit. */
#define HASH_NONFATAL_OOM 1
#include <uthash.h>

#include "cache/backoff.h"
#include "cache/cache.h"

/*
 * What is known of one endpoint with one id: an answer, or an error, or both
 * (after a failed fetch: the error and the stale answer), or neither. One that
 * was dropped holds neither, and stays, so that its version does not change if
 * the next answer is equal.
 */
struct entry {
	UT_hash_handle hh;
	TAILQ_ENTRY(entry) by_use;
	enum api_endpoint endpoint;
	enum cache_kind kind;
	struct fetch *fetch; /* in flight and not overtaken, or NULL */

	struct cache_answer answer; /* json is owned, or NULL; version may be 0;
				       fresh_until_ms is 0 without json */
	uint64_t stale_until_ms;    /* may be served until then; likewise */
	size_t body_len;
	uint64_t text_hash; /* of the last answer, also after a drop */

	int err; /* of the last fetch, or 0 */
	uint64_t err_until_ms;
	struct backoff backoff; /* of this resource only */

	size_t cost; /* the bytes that are counted for it */
	char id[];   /* "" for a list */
};

struct cache {
	struct cache_config config;
	struct cache_stats stats;
	struct entry *entries[API_ENDPOINTS]; /* uthash tables, by id */
	TAILQ_HEAD(entry_list, entry) by_use; /* the least recent one first */
	LIST_HEAD(fetch_list, fetch) fetches; /* all that are in flight */
	struct backoff backoff;		      /* of the API as a whole */
	uint64_t last_version;		      /* none is given twice */
	uint64_t now_ms;
};

/* NULL: there is none. id NULL: the list. */
struct entry *store_find(
	const struct cache *cache, enum api_endpoint endpoint, const char *id);
/* Adds an empty entry. NULL: out of memory. */
struct entry *store_add(
	struct cache *cache, enum api_endpoint endpoint, const char *id);
/* Removes and frees an entry, which has no fetch. */
void store_remove(struct cache *cache, struct entry *entry);

/* Makes it the most recently used one. */
void store_touch(struct cache *cache, struct entry *entry);

/* Replaces the answer by json (borrowed; NULL: none), not yet fresh, and clears
 * the error. */
void store_set(struct cache *cache, struct entry *entry, json_t *json,
	size_t body_len);

/* Its answer's json becomes `true`. */
void store_forget_text(struct cache *cache, struct entry *entry);

/* Call it after an entry has changed, when it has no fetch. Counts its bytes,
 * discards an answer that is over the limit on its own, and frees an entry that
 * holds nothing worth keeping. */
void store_update(struct cache *cache, struct entry *entry);

/* Evicts the least recently used entries until the rest is within the limit;
 * those with a fetch stay. */
void store_trim(struct cache *cache);

#endif
