/* SPDX-License-Identifier: MIT */
/* cache/cache.h - which answers may be served again, and to whom */
#ifndef CACHE_CACHE_H
#define CACHE_CACHE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "api/api.h"

/*
 * A read-through cache of answers to reading requests. An entry is one
 * endpoint with one id (NULL for lists). However many ask for it while it is
 * on its way, one request is sent. What is asked for again within its time to
 * live is not sent again. While the API cannot be reached, or says 5xx or 429,
 * what was known is served for stale_ttl_ms after its fetch.
 *
 * A write drops what it makes untrue (cache_drop); an answer to a request that
 * was sent before the drop is given to those who waited, and not kept.
 *
 * Vaults never come here: the rule of which endpoints may is a table in
 * cache.c, and cache_get of another is -EINVAL.
 */

/* How long an answer holds, by its kind. */
enum cache_kind {
	CACHE_LIST,    /* collections */
	CACHE_DETAIL,  /* one resource */
	CACHE_STATIC,  /* languages and shells */
	CACHE_KEY,     /* the key's own answer */
	CACHE_SYSTEM,  /* health, cluster, pools, stats */
	CACHE_KINDS
};

struct cache_config {
	struct api *api; /* borrowed */
	size_t max_bytes; /* of bodies as they came; least recently used go */
	uint64_t ttl_ms[CACHE_KINDS];
	uint64_t stale_ttl_ms;
	uint64_t negative_ttl_ms; /* of 404 */
};

struct cache_answer {
	int err;       /* 0, or -errno: no answer, not even a stale one */
	json_t *json;  /* borrowed, incref it to keep it */
	uint64_t fresh_until_ms; /* in the past for a stale one */
	uint64_t fetched_ms;
	uint64_t version; /* moves when the answer differs from the one before;
			     survives the entry's fetches, not its eviction */
	bool is_stale;
	const char *message; /* of err; "" */
};

typedef void cache_ready(void *ctx, const struct cache_answer *answer);

struct cache;
struct cache_wait;

struct cache *cache_new(const struct cache_config *config);
/* Waiters are forgotten, their ready is not called. */
void cache_free(struct cache *cache);

/*
 * 0: *answer is filled now (answer->err 0, or the negative entry's -errno).
 * -EINPROGRESS: ready is called later, exactly once, unless *wait is cancelled.
 * Other: -EINVAL, -ENOMEM.
 */
int cache_get(struct cache *cache, enum api_endpoint endpoint, const char *id,
		enum api_priority priority, uint64_t now_ms,
		struct cache_answer *answer, cache_ready *ready, void *ctx,
		struct cache_wait **wait);

/* The others who wait for the same answer still get it. */
void cache_wait_cancel(struct cache_wait *wait);

/* What is held and fresh, without asking: 0, or -ENOENT. */
int cache_peek(struct cache *cache, enum api_endpoint endpoint, const char *id,
		uint64_t now_ms, struct cache_answer *answer);

/* What is held, however old, without asking: 0, or -ENOENT. */
int cache_peek_stale(struct cache *cache, enum api_endpoint endpoint,
		const char *id, struct cache_answer *answer);

/* Puts an answer that another request brought (a write that answers with the
 * whole object). json is taken. */
void cache_put(struct cache *cache, enum api_endpoint endpoint, const char *id,
		json_t *json, size_t bytes, uint64_t now_ms);

/* Makes one entry untrue; id NULL: the list. Its stale value is kept for no
 * one. */
void cache_drop(struct cache *cache, enum api_endpoint endpoint,
		const char *id);
/* Makes every entry untrue. */
void cache_drop_all(struct cache *cache);

struct cache_stats {
	uint64_t hits, misses, joined, stale, negative, evicted;
	uint64_t entries, bytes;
};
const struct cache_stats *cache_stats(const struct cache *cache);

#endif
