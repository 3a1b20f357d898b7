/* SPDX-License-Identifier: MIT */
/* cache/fetch.h - one request on its way, and who waits for it */
#ifndef CACHE_FETCH_H
#define CACHE_FETCH_H

#include "cache/cache.h"
#include "cache/list.h"

struct entry;
struct fetch;

/* The request has ended; call is NULL. The fetch is the callee's to free. */
typedef void fetch_ended(
	void *ctx, struct fetch *fetch, const struct api_answer *reply);

struct fetch {
	struct link others;  /* the cache's list of all that are on their way */
	struct link waits;   /* in the order in which they came */
	struct entry *entry; /* NULL: dropped since it was asked for */
	struct api_call *call;
	enum cache_kind kind;
	uint64_t asked_ms;
	fetch_ended *ended;
	void *ctx;
};

struct cache_wait {
	struct link link;
	struct fetch *fetch; /* NULL: its ready is being called */
	cache_ready *ready;
	void *ctx;
};

/* 0, -ENOMEM, or what api_start says. */
int fetch_new(struct api *api, enum api_endpoint endpoint, const char *id,
	enum api_priority priority, uint64_t now_ms, fetch_ended *ended,
	void *ctx, struct fetch **out);
/* Forgets who waits, and takes the request back. */
void fetch_free(struct fetch *fetch);

/* NULL: no memory. */
struct cache_wait *fetch_join(
	struct fetch *fetch, cache_ready *ready, void *ctx);
void wait_free(struct cache_wait *wait);

/* How many wait. */
unsigned fetch_waiting(const struct fetch *fetch);
/* Gives all who wait the answer, in order. They may do anything meanwhile. */
void fetch_tell(struct fetch *fetch, const struct cache_answer *answer);

#endif
