/* SPDX-License-Identifier: MIT */
/* cache/fetch.h - one request in flight, and the callers that wait for it */
#ifndef CACHE_FETCH_H
#define CACHE_FETCH_H

#include "cache/store.h"

struct fetch {
	LIST_ENTRY(fetch) link;
	TAILQ_HEAD(wait_list, cache_wait) waits; /* in the order of arrival */
	struct cache *cache;
	struct entry *entry;   /* NULL: overtaken or answered */
	struct api_call *call; /* NULL: answered */
};

struct cache_wait {
	TAILQ_ENTRY(cache_wait) link;
	struct fetch *fetch; /* NULL: its ready is being called */
	cache_ready *ready;
	void *ctx;
};

/* Sends a request for entry, which has no fetch, and sets entry->fetch. `done`
 * is called with the fetch, and has to set call to NULL and free the fetch.
 * Returns 0, -ENOMEM, or the error of api_start. */
int fetch_start(struct cache *cache, struct entry *entry,
	enum api_priority priority, api_done *done);
/* Detaches the fetch from its entry, if it has one. */
void fetch_detach(struct fetch *fetch);
/* Forgets its waits, cancels the request and detaches the entry. */
void fetch_free(struct fetch *fetch);

/* Sets *wait. Returns 0 or -ENOMEM. */
int fetch_join(struct fetch *fetch, cache_ready *ready, void *ctx,
	struct cache_wait **wait);
void wait_free(struct cache_wait *wait);

/* Calls ready of all waits, in order; each may call any function of cache.h but
 * cache_free. */
void fetch_tell(struct fetch *fetch, const struct cache_answer *answer);

/* ---- response.c: what a response changes, and what its waiters are told ----
 */

/* The api_done of every fetch, which is ctx and is freed here. */
void response_handle(void *ctx, const struct api_answer *reply);

#endif
