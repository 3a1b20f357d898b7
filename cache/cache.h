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
 * live is not sent again. While the API cannot be reached, says 5xx or 429, or
 * answers what it does not promise (-EPROTO), what was known is served for
 * stale_ttl_ms after its fetch.
 *
 * A failed fetch is not repeated at once: for 1 s, doubling to 10 s, stale
 * answers are served without asking, and entries that hold none give the same
 * error again, for 1 s at most. Where the API itself is away (no answer, 429,
 * 502, 503, 504) that pause holds for all entries, and the first good answer
 * ends it. What our own rate limit left no time for was not even sent: there
 * is no pause. Where a fetch ran into its time limit, who has a stale answer is
 * not made to wait for the next one: it is fetched behind their back.
 *
 * A write drops what it makes untrue (cache_drop); an answer to a request that
 * was sent before the drop is given to those who waited before it, and not
 * kept. Who asks after the drop gets a request of their own.
 *
 * Vaults never come here: the rule of which endpoints may is a table in
 * kind.c, and cache_get of another is -EINVAL.
 *
 * Nothing here reads a clock; the latest now_ms that was passed in is the
 * time. Every function may be called from inside a cache_ready, but cache_free.
 */

/* How long an answer holds, by its kind. */
enum cache_kind {
	CACHE_LIST,   /* collections */
	CACHE_DETAIL, /* one resource */
	CACHE_STATIC, /* languages and shells */
	CACHE_KEY,    /* the key's own answer */
	CACHE_SYSTEM, /* health, cluster, pools, stats */
	CACHE_JOBS,   /* the list of jobs, and one job */
	CACHE_LOG,    /* a service's log */
	CACHE_KINDS
};

struct cache_config {
	struct api *api; /* borrowed */
	/* Of bodies as they came, and some 200 bytes for each entry; the least
	 * recently used go, but none that is just being fetched. A body past it
	 * is handed on and not kept. Parsed, JSON takes several times as much.
	 */
	size_t max_bytes;
	uint64_t ttl_ms[CACHE_KINDS];
	uint64_t stale_ttl_ms;
	uint64_t negative_ttl_ms; /* of 404 */
	/* Borrowed; frees long answers off the loop. NULL: in the loop. */
	struct worker *worker;
};

struct cache_answer {
	int err;      /* 0, or -errno: no answer, not even a stale one */
	json_t *json; /* borrowed until ready returns or, from the functions
			 below, until the next call; incref it to keep it */
	uint64_t fresh_until_ms; /* in the past for a stale one */
	uint64_t fetched_ms; /* when it was asked for: never later than true */
	uint64_t version; /* moves when the answer differs from the one before;
			     survives the entry's fetches and drops, not its
			     eviction, after which it moves. Never 0 */
	bool is_stale;
	const char *message; /* of err; ""; borrowed as json is */
};

typedef void cache_ready(void *ctx, const struct cache_answer *answer);

struct cache;
struct cache_wait;

/* NULL: no memory. */
struct cache *cache_new(const struct cache_config *config);
/* Waiters are forgotten, their ready is not called. To be called before
 * api_free and worker_free, and not from inside a ready. NULL does nothing. */
void cache_free(struct cache *cache);

/*
 * Tells the time. To be called before api_run, so that what ends there is
 * dated right; without it, its time is that of the last call that had one.
 */
void cache_set_time(struct cache *cache, uint64_t now_ms);

/*
 * 0: *answer is filled now (answer->err 0, or the -errno of the negative
 * entry or of the fetch that failed within the last second).
 * -EINPROGRESS: ready is called later, exactly once, unless *wait is
 * cancelled. *wait lives until ready returns.
 * Other: -EINVAL (an endpoint that is not kept, an id where there is none or
 * the other way round, what api_start refuses), -ENOMEM.
 */
int cache_get(struct cache *cache, enum api_endpoint endpoint, const char *id,
	enum api_priority priority, uint64_t now_ms,
	struct cache_answer *answer, cache_ready *ready, void *ctx,
	struct cache_wait **wait);

/* The others who wait for the same answer still get it. If there are none, a
 * request that is still queued is taken back; what was sent is kept when it
 * comes. wait may be NULL. */
void cache_wait_cancel(struct cache_wait *wait);

/* What is held and fresh, without asking: 0, or -ENOENT, also for a negative
 * entry. */
int cache_peek(struct cache *cache, enum api_endpoint endpoint, const char *id,
	uint64_t now_ms, struct cache_answer *answer);

/* What is held, however old, without asking: 0, or -ENOENT. */
int cache_peek_stale(struct cache *cache, enum api_endpoint endpoint,
	const char *id, struct cache_answer *answer);

/* Puts an answer that another request brought (a write that answers with the
 * whole object). json is taken. What is on its way for the entry is older, and
 * is treated as after a drop. An endpoint that may not be kept is ignored. */
void cache_put(struct cache *cache, enum api_endpoint endpoint, const char *id,
	json_t *json, size_t bytes, uint64_t now_ms);

/* Makes one entry untrue, exactly the one of cache_get with the same endpoint
 * and id; id NULL: the list. Its stale value is kept for no one. */
void cache_drop(
	struct cache *cache, enum api_endpoint endpoint, const char *id);
/* Makes every entry untrue. */
void cache_drop_all(struct cache *cache);

struct cache_stats {
	uint64_t hits;	   /* fresh answers served */
	uint64_t misses;   /* requests started */
	uint64_t joined;   /* who waited for a request of another */
	uint64_t stale;	   /* stale answers served */
	uint64_t negative; /* 404s served without asking */
	uint64_t errors;   /* other errors served again without asking */
	uint64_t evicted;
	uint64_t entries, bytes; /* now; bytes as in max_bytes */
};
const struct cache_stats *cache_stats(const struct cache *cache);

#endif
