/* SPDX-License-Identifier: MIT */
/* cache/cache.c - which answers may be served again, and to whom */
#include "cache/cache.h"

#include <errno.h>
#include <stdlib.h>

#include "cache/fetch.h"
#include "cache/intake.h"
#include "cache/kind.h"
#include "cache/state.h"

/*
 * Who may be given what, where asks (A, B), drops (D) and answers (a) cross:
 *
 *   A..a B     B is served what A's request brought.
 *   A B..a     B joins A's request: one request, two answers.
 *   A D..a     A is given its answer, which may be of before the write; it is
 *              not kept.
 *   A D B..a   B saw the write return, so A's answer is too old for it: B has
 *              a request of its own, and the entry is B's.
 *
 * An entry and its fetch therefore point at each other until the fetch ends or
 * the entry is dropped. A fetch without an entry is one that was overtaken: it
 * has its waiters, and changes nothing.
 */

struct cache *cache_new(const struct cache_config *config)
{
	struct cache *cache = calloc(1, sizeof(*cache));

	if (!cache)
		return NULL;
	cache->config = *config;
	list_init(&cache->fetches);
	if (store_init(&cache->store, config->max_bytes, config->worker,
		    &cache->stats)) {
		free(cache);
		return NULL;
	}
	return cache;
}

void cache_free(struct cache *cache)
{
	if (!cache)
		return;
	while (!list_is_empty(&cache->fetches))
		fetch_free(
			LIST_OWNER(cache->fetches.next, struct fetch, others));
	store_clear(&cache->store);
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

/* ---- what is asked for ---- */

/* Sends a request for the entry, which has none on its way. */
static int ask(struct cache *cache, struct entry *entry, enum cache_kind kind,
	enum api_priority priority, uint64_t now_ms)
{
	struct fetch *fetch;
	int err = fetch_new(cache->config.api, entry->endpoint,
		entry->has_id ? entry->id : NULL, priority, now_ms,
		intake_reply, cache, &fetch);

	if (err)
		return err;
	fetch->kind = kind;
	fetch->entry = entry;
	entry->fetch = fetch;
	list_insert(&cache->fetches, &fetch->others);
	store_pin(entry);
	cache->stats.misses++;
	return 0;
}

/* Takes back a request that nobody waits for. */
static void abandon(struct cache *cache, struct fetch *fetch)
{
	struct entry *entry = fetch->entry;

	fetch_free(fetch);
	if (!entry)
		return;
	entry->fetch = NULL;
	store_settle(&cache->store, entry);
}

static int wait_for(struct cache *cache, struct entry *entry,
	enum cache_kind kind, enum api_priority priority, uint64_t now_ms,
	cache_ready *ready, void *ctx, struct cache_wait **wait)
{
	bool is_first = !entry->fetch;
	int err;

	if (is_first) {
		err = ask(cache, entry, kind, priority, now_ms);
		if (err) {
			store_settle(&cache->store, entry);
			return err;
		}
	}
	*wait = fetch_join(entry->fetch, ready, ctx);
	if (!*wait) {
		if (is_first)
			abandon(cache, entry->fetch);
		return -ENOMEM;
	}
	if (!is_first)
		cache->stats.joined++;
	return -EINPROGRESS;
}

/*
 * A stale answer that is still usable is served while there is a pause. The
 * first to come after it tries the API, and waits for what comes; unless the
 * last try took all of its time, when it is better served than kept waiting.
 */
static bool serve_usable(struct cache *cache, struct entry *entry,
	enum cache_kind kind, enum api_priority priority, uint64_t now_ms,
	struct cache_answer *answer)
{
	bool is_served = outage_is_paused(&cache->outage, now_ms) ||
		outage_is_paused(&entry->outage, now_ms);

	if (!is_served) {
		is_served = cache->outage.is_slow;
		if (!entry->fetch) {
			outage_try(&cache->outage, now_ms);
			outage_try(&entry->outage, now_ms);
			/* If it cannot be sent, another will try. */
			if (is_served)
				ask(cache, entry, kind, priority, now_ms);
		}
	}
	if (!is_served)
		return false;
	entry_answer(entry, answer);
	answer->is_stale = true;
	cache->stats.stale++;
	return true;
}

/* Where what the entry holds will do, without a request to wait for. */
static bool serve(struct cache *cache, struct entry *entry,
	enum cache_kind kind, enum api_priority priority, uint64_t now_ms,
	struct cache_answer *answer)
{
	if (entry_is_fresh(entry, now_ms)) {
		entry_answer(entry, answer);
		cache->stats.hits++;
		return true;
	}
	if (entry_is_usable(entry, now_ms))
		return serve_usable(
			cache, entry, kind, priority, now_ms, answer);
	if (!entry_has_error(entry, now_ms))
		return false;
	entry_error(entry, answer);
	if (answer->err == -ENOENT)
		cache->stats.negative++;
	else
		cache->stats.errors++;
	return true;
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
	entry = store_find(&cache->store, endpoint, id);
	if (entry) {
		store_touch(&cache->store, entry);
		if (serve(cache, entry, kind, priority, now_ms, answer))
			return 0;
	} else {
		entry = store_add(&cache->store, endpoint, id);
		if (!entry)
			return -ENOMEM;
	}
	return wait_for(cache, entry, kind, priority, now_ms, ready, ctx, wait);
}

void cache_wait_cancel(struct cache_wait *wait)
{
	struct fetch *fetch;

	if (!wait || !wait->fetch)
		return;
	fetch = wait->fetch;
	wait_free(wait);
	/* Without a call, its answer is just being handed out. */
	if (!fetch->call || !list_is_empty(&fetch->waits))
		return;
	if (!fetch->entry || !api_call_was_sent(fetch->call))
		abandon(fetch->ctx, fetch);
}

/* ---- what is held ---- */

static struct entry *find_answer(
	struct cache *cache, enum api_endpoint endpoint, const char *id)
{
	struct entry *entry = store_find(&cache->store, endpoint, id);

	return entry && entry->json ? entry : NULL;
}

int cache_peek(struct cache *cache, enum api_endpoint endpoint, const char *id,
	uint64_t now_ms, struct cache_answer *answer)
{
	struct entry *entry = find_answer(cache, endpoint, id);

	cache_set_time(cache, now_ms);
	if (!entry || !entry_is_fresh(entry, now_ms))
		return -ENOENT;
	store_touch(&cache->store, entry);
	entry_answer(entry, answer);
	return 0;
}

int cache_peek_stale(struct cache *cache, enum api_endpoint endpoint,
	const char *id, struct cache_answer *answer)
{
	struct entry *entry = find_answer(cache, endpoint, id);

	if (!entry)
		return -ENOENT;
	store_touch(&cache->store, entry);
	entry_answer(entry, answer);
	answer->is_stale = !entry_is_fresh(entry, cache->now_ms);
	return 0;
}

/* What is on its way for the entry will not be its answer. */
static void overtake(struct cache *cache, struct entry *entry)
{
	struct fetch *fetch = entry->fetch;

	if (!fetch)
		return;
	entry->fetch = NULL;
	fetch->entry = NULL;
	if (list_is_empty(&fetch->waits))
		abandon(cache, fetch);
}

static void drop_entry(void *ctx, struct entry *entry)
{
	struct cache *cache = ctx;

	overtake(cache, entry);
	intake_empty(cache, entry);
	store_settle(&cache->store, entry);
}

void cache_drop(struct cache *cache, enum api_endpoint endpoint, const char *id)
{
	struct entry *entry = store_find(&cache->store, endpoint, id);

	if (entry)
		drop_entry(cache, entry);
}

void cache_drop_all(struct cache *cache)
{
	store_each(&cache->store, drop_entry, cache);
}

void cache_put(struct cache *cache, enum api_endpoint endpoint, const char *id,
	json_t *json, size_t bytes, uint64_t now_ms)
{
	struct entry *entry = NULL;
	enum cache_kind kind;

	cache_set_time(cache, now_ms);
	if (kind_of(endpoint, id, &kind) == 0) {
		entry = store_find(&cache->store, endpoint, id);
		/* Its caller had no memory for the answer. */
		if (entry && !json)
			drop_entry(cache, entry);
		else if (!entry && json)
			entry = store_add(&cache->store, endpoint, id);
	}
	if (entry && json) {
		overtake(cache, entry);
		store_touch(&cache->store, entry);
		intake_fill(cache, entry, kind, json, bytes, 0, now_ms);
		store_settle(&cache->store, entry);
		store_trim(&cache->store);
	}
	json_decref(json);
}
