/* SPDX-License-Identifier: MIT */
/* cache/cache.h - which answers may be served again, and to whom */
#ifndef CACHE_CACHE_H
#define CACHE_CACHE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "api/api.h"

/*
 * A read-through cache of the answers to reading requests. An entry is one
 * endpoint with one id (NULL for a list). Any number of callers that ask for an
 * entry while its request is in flight share that request. Within its time to
 * live an answer is served without a request. While the API is down (no
 * response, 429, 5xx) or its response is malformed (-EPROTO), the last answer
 * is served as a stale one, up to stale_ttl_ms after it was fetched.
 *
 * A failed request is followed by a pause of 1 s, doubling to 10 s, in which
 * stale answers are served without a request; an entry that holds no answer
 * returns the same error again for 1 s. If the API as a whole is down (no
 * response, 429, 502, 503, 504) the pause applies to all entries, and the first
 * response that shows it working ends it. A request that our own rate limit
 * kept from being sent starts no pause. After a time-out, callers that can be
 * served a stale answer do not wait: the retry is made in the background.
 *
 * A write has to drop the entries that it invalidates (cache_drop). The answer
 * to a request that was sent before the drop is given to the callers that were
 * waiting then, and is not kept; later callers share a new request.
 *
 * The vault is never cached: rules.c lists the endpoints that are, and
 * cache_get of any other is -EINVAL.
 *
 * No function reads the clock: the time is the latest now_ms that was passed
 * in. All of them may be called from inside a cache_ready, except cache_free.
 */

/* What kind of answer it is, which decides its time to live. */
enum cache_kind {
	CACHE_LIST,   /* collections */
	CACHE_DETAIL, /* one resource */
	CACHE_STATIC, /* languages and shells */
	CACHE_KEY,    /* what the API says about the key */
	CACHE_SYSTEM, /* health, cluster, pools, stats */
	CACHE_JOBS,   /* the list of jobs, and one job */
	CACHE_KINDS
};

struct cache_config {
	struct api *api; /* borrowed */
	/* Counts response bodies and some 200 bytes for each entry; the least
	 * recently used entries are evicted, except those with a request in
	 * flight. A larger body is passed on and not kept. Parsed JSON takes
	 * several times as much memory. */
	size_t max_bytes;
	uint64_t ttl_ms[CACHE_KINDS];
	uint64_t stale_ttl_ms;
	uint64_t negative_ttl_ms; /* of 404 */
	struct worker *worker;	  /* borrowed; frees answers; may be NULL */
};

struct cache_answer {
	int err;      /* 0, or -errno: there is not even a stale answer */
	json_t *json; /* borrowed until ready returns or, from the functions
			 below, until the next call; incref it to keep it */
	uint64_t fresh_until_ms; /* in the past for a stale answer */
	uint64_t fetched_ms;	 /* when the request was sent */
	/* Changes if and only if the answer differs from the previous one, also
	 * across drops; an evicted entry starts with a new one. Never 0. */
	uint64_t version;
	bool is_stale;
	/* What the API said, if ready is called with an error; else "".
	 * Borrowed like json. */
	const char *message;
};

typedef void cache_ready(void *ctx, const struct cache_answer *answer);

struct cache;
struct cache_wait;

/* NULL: out of memory. Owned by the caller. */
struct cache *cache_new(const struct cache_config *config);
/* Forgets all waits; their ready is not called. Call it before api_free and
 * worker_free, and not from inside a ready. NULL does nothing. */
void cache_free(struct cache *cache);

/* Sets the time. Call it before api_run, whose callbacks into the cache pass no
 * time. */
void cache_set_time(struct cache *cache, uint64_t now_ms);

/*
 * Gets an answer from the cache or from the API.
 *   0             *answer is filled; answer->err is 0, or the -errno of a 404
 *                 within negative_ttl_ms or of a failure in the last second
 *   -EINPROGRESS  ready will be called, exactly once, unless *wait (borrowed,
 *                 until ready returns) is cancelled
 *   -EINVAL       the endpoint is not cached, an id is missing, or given where
 *                 there is none, or refused by api_start
 *   -ENOMEM       out of memory
 */
int cache_get(struct cache *cache, enum api_endpoint endpoint, const char *id,
	enum api_priority priority, uint64_t now_ms,
	struct cache_answer *answer, cache_ready *ready, void *ctx,
	struct cache_wait **wait);

/* Stops waiting; other callers that wait for the same answer still get it. If
 * there are none, a queued request is cancelled, and one that was sent still
 * fills the entry. Does nothing for NULL or for a wait whose ready is being
 * called. */
void cache_wait_cancel(struct cache_wait *wait);

/* Gets a fresh answer without a request: 0 or -ENOENT. */
int cache_peek(struct cache *cache, enum api_endpoint endpoint, const char *id,
	uint64_t now_ms, struct cache_answer *answer);

/* Gets an answer of any age without a request: 0 or -ENOENT. */
int cache_peek_stale(struct cache *cache, enum api_endpoint endpoint,
	const char *id, struct cache_answer *answer);

/* The caller has all that the answer of this version says: the entry stays as
 * it is, but gives `true` as its json. */
void cache_forget_text(struct cache *cache, enum api_endpoint endpoint,
	const char *id, uint64_t version);

/* Discards what is known of one entry, which is exactly the one that cache_get
 * finds for endpoint and id. */
void cache_drop(
	struct cache *cache, enum api_endpoint endpoint, const char *id);
void cache_drop_all(struct cache *cache);

struct cache_stats {
	uint64_t hits;	   /* fresh answers served */
	uint64_t misses;   /* requests started */
	uint64_t joined;   /* callers that shared another's request */
	uint64_t stale;	   /* stale answers served */
	uint64_t negative; /* 404s served without a request */
	uint64_t evicted;
	uint64_t entries, bytes; /* now; bytes as in max_bytes */
};
/* Borrowed. */
const struct cache_stats *cache_stats(const struct cache *cache);

#endif
