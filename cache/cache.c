/* SPDX-License-Identifier: MIT */
/* cache/cache.c - which answers may be served again, and to whom */
#include "cache/cache.h"

#include <errno.h>
#include <stdlib.h>

#include "cache/fetch.h"
#include "cache/rules.h"

/*
 * Which answer may be given to whom, if callers (A, B), drops (D) and responses
 * (a) interleave:
 *
 *   A..a B     B is served the response to A's request.
 *   A B..a     B joins A's request: one request, two answers.
 *   A D..a     A is given the response, which may be older than the write; it
 *              is not kept.
 *   A D B..a   B may have seen the write return, so the response to A is too
 *              old for B. B has a request of its own, whose response is kept.
 *
 * So an entry and its fetch point at each other until the response arrives or
 * the entry is dropped. A fetch without an entry was overtaken by a drop: it
 * has waits, and changes nothing.
 */

struct cache *cache_new(const struct cache_config *config)
{
	struct cache *cache = calloc(1, sizeof(*cache));

	if (!cache)
		return NULL;
	cache->config = *config;
	TAILQ_INIT(&cache->by_use);
	return cache;
}

void cache_free(struct cache *cache)
{
	if (!cache)
		return;
	while (!LIST_EMPTY(&cache->fetches))
		fetch_free(LIST_FIRST(&cache->fetches));
	while (!TAILQ_EMPTY(&cache->by_use))
		store_remove(cache, TAILQ_FIRST(&cache->by_use));
	free(cache);
}

void cache_set_time(struct cache *cache, uint64_t now_ms)
{
	if (now_ms > cache->now_ms)
		cache->now_ms = now_ms;
}

const struct cache_stats *cache_stats(const struct cache *cache)
{
	return &cache->stats;
}

/* ---- getting answers ---- */

/*
 * A stale answer is served during a pause. The first caller after it retries,
 * and waits for the response; but after a time-out, which would make it wait
 * for long, it is served the stale answer and the retry is in the background.
 */
static bool serve_stale(struct cache *cache, struct entry *entry,
	enum api_priority priority, struct cache_answer *answer)
{
	uint64_t now_ms = cache->now_ms;
	bool is_paused = backoff_is_paused(&cache->backoff, now_ms) ||
		backoff_is_paused(&entry->backoff, now_ms);
	bool is_served = is_paused || cache->backoff.was_timeout;

	if (!is_paused && !entry->fetch) {
		backoff_retry(&cache->backoff, now_ms);
		backoff_retry(&entry->backoff, now_ms);
		/* On an error, the first caller after this pause retries. */
		if (is_served)
			fetch_start(cache, entry, priority, response_handle);
	}
	if (!is_served)
		return false;
	*answer = entry->answer;
	answer->is_stale = true;
	cache->stats.stale++;
	return true;
}

/* Fills *answer from the entry, if that is possible without waiting. */
static bool serve(struct cache *cache, struct entry *entry,
	enum api_priority priority, struct cache_answer *answer)
{
	uint64_t now_ms = cache->now_ms;

	if (now_ms < entry->answer.fresh_until_ms) {
		*answer = entry->answer;
		cache->stats.hits++;
		return true;
	}
	if (now_ms < entry->stale_until_ms)
		return serve_stale(cache, entry, priority, answer);
	if (now_ms >= entry->err_until_ms)
		return false;
	*answer = (struct cache_answer){ .err = entry->err,
		.fresh_until_ms = entry->err_until_ms,
		.fetched_ms = entry->answer.fetched_ms,
		.message = "" };
	cache->stats.negative += entry->err == -ENOENT;
	return true;
}

/* Cancels the entry's request, if there is one and nobody waits for it. */
static void abandon(struct cache *cache, struct entry *entry)
{
	if (entry->fetch)
		fetch_free(entry->fetch);
	store_update(cache, entry);
}

static int wait_for(struct cache *cache, struct entry *entry,
	enum api_priority priority, cache_ready *ready, void *ctx,
	struct cache_wait **wait)
{
	bool is_shared = entry->fetch;
	int err = 0;

	if (!is_shared)
		err = fetch_start(cache, entry, priority, response_handle);
	if (!err)
		err = fetch_join(entry->fetch, ready, ctx, wait);
	if (err && !is_shared)
		abandon(cache, entry);
	if (err)
		return err;
	cache->stats.joined += is_shared;
	return -EINPROGRESS;
}

int cache_get(struct cache *cache, enum api_endpoint endpoint, const char *id,
	enum api_priority priority, uint64_t now_ms,
	struct cache_answer *answer, cache_ready *ready, void *ctx,
	struct cache_wait **wait)
{
	struct entry *entry;
	enum cache_kind kind;
	int err = kind_of(endpoint, id, &kind);

	*wait = NULL;
	if (err)
		return err;
	cache_set_time(cache, now_ms);
	entry = store_find(cache, endpoint, id);
	if (!entry)
		entry = store_add(cache, endpoint, id);
	if (!entry)
		return -ENOMEM;
	entry->kind = kind;
	store_touch(cache, entry);
	if (serve(cache, entry, priority, answer))
		return 0;
	return wait_for(cache, entry, priority, ready, ctx, wait);
}

void cache_wait_cancel(struct cache_wait *wait)
{
	struct fetch *fetch = wait ? wait->fetch : NULL;

	if (!fetch)
		return;
	wait_free(wait);
	/* Without a call, its waits are being notified right now. */
	if (!fetch->call || !TAILQ_EMPTY(&fetch->waits))
		return;
	if (!fetch->entry)
		fetch_free(fetch);
	else if (!api_call_was_sent(fetch->call))
		abandon(fetch->cache, fetch->entry);
}

/* ---- answers in the cache ---- */

static int peek(struct cache *cache, enum api_endpoint endpoint, const char *id,
	bool may_be_stale, struct cache_answer *answer)
{
	struct entry *entry = store_find(cache, endpoint, id);
	bool is_stale = entry && cache->now_ms >= entry->answer.fresh_until_ms;

	if (!entry || !entry->answer.json || (is_stale && !may_be_stale))
		return -ENOENT;
	store_touch(cache, entry);
	*answer = entry->answer;
	answer->is_stale = is_stale;
	return 0;
}

int cache_peek(struct cache *cache, enum api_endpoint endpoint, const char *id,
	uint64_t now_ms, struct cache_answer *answer)
{
	cache_set_time(cache, now_ms);
	return peek(cache, endpoint, id, false, answer);
}

int cache_peek_stale(struct cache *cache, enum api_endpoint endpoint,
	const char *id, struct cache_answer *answer)
{
	return peek(cache, endpoint, id, true, answer);
}

void cache_forget_text(struct cache *cache, enum api_endpoint endpoint,
	const char *id, uint64_t version)
{
	struct entry *entry = store_find(cache, endpoint, id);

	if (entry && entry->answer.json && entry->answer.version == version)
		store_forget_text(cache, entry);
}

/* Detaches the request, and forgets all but the version and the hash, with
 * which the next answer is compared. */
static void drop(struct cache *cache, struct entry *entry)
{
	struct fetch *fetch = entry->fetch;

	if (fetch) {
		fetch_detach(fetch);
		if (TAILQ_EMPTY(&fetch->waits))
			fetch_free(fetch);
	}
	store_set(cache, entry, NULL, 0);
	store_update(cache, entry);
}

void cache_drop(struct cache *cache, enum api_endpoint endpoint, const char *id)
{
	struct entry *entry = store_find(cache, endpoint, id);

	if (entry)
		drop(cache, entry);
}

void cache_drop_all(struct cache *cache)
{
	struct entry *entry = TAILQ_FIRST(&cache->by_use), *next;

	for (; entry; entry = next) {
		next = TAILQ_NEXT(entry, by_use);
		drop(cache, entry);
	}
}
