/* SPDX-License-Identifier: MIT */
/* cache/store.c - the entries of a cache, by key and by last use */
#include "cache/store.h"

#include <stdlib.h>
#include <string.h>

/*
 * The hash of the tables is not seeded, so colliding ids can be chosen. But
 * each costs a request, and a key allows a few hundred a minute.
 */
struct entry *store_find(
	const struct cache *cache, enum api_endpoint endpoint, const char *id)
{
	const char *key = id ? id : "";
	struct entry *entry;

	HASH_FIND_STR(cache->entries[endpoint], key, entry);
	return entry;
}

static size_t cost_of(const struct entry *entry)
{
	return sizeof(*entry) + strlen(entry->id) + 1 + entry->body_len;
}

static void charge(struct cache *cache, struct entry *entry, size_t cost)
{
	cache->stats.bytes += cost - entry->cost;
	entry->cost = cost;
}

struct entry *store_add(
	struct cache *cache, enum api_endpoint endpoint, const char *id)
{
	size_t id_len = id ? strlen(id) : 0;
	struct entry *entry = calloc(1, sizeof(*entry) + id_len + 1);

	if (!entry)
		return NULL;
	if (id)
		memcpy(entry->id, id, id_len);
	entry->endpoint = endpoint;
	entry->answer.message = "";
	HASH_ADD_STR(cache->entries[endpoint], id, entry);
	if (!entry->hh.tbl) {
		free(entry);
		return NULL;
	}
	TAILQ_INSERT_TAIL(&cache->by_use, entry, by_use);
	cache->stats.entries++;
	charge(cache, entry, cost_of(entry));
	return entry;
}

void store_remove(struct cache *cache, struct entry *entry)
{
	HASH_DEL(cache->entries[entry->endpoint], entry);
	TAILQ_REMOVE(&cache->by_use, entry, by_use);
	cache->stats.entries--;
	charge(cache, entry, 0);
	worker_drop(cache->config.worker, entry->answer.json);
	free(entry);
}

void store_touch(struct cache *cache, struct entry *entry)
{
	TAILQ_REMOVE(&cache->by_use, entry, by_use);
	TAILQ_INSERT_TAIL(&cache->by_use, entry, by_use);
}

void store_set(
	struct cache *cache, struct entry *entry, json_t *json, size_t body_len)
{
	worker_drop(cache->config.worker, entry->answer.json);
	entry->answer.json = json_incref(json);
	entry->answer.fresh_until_ms = 0;
	entry->stale_until_ms = 0;
	entry->body_len = body_len;
	entry->err = 0;
	entry->err_until_ms = 0;
	entry->backoff = (struct backoff){ 0 };
}

void store_forget_text(struct cache *cache, struct entry *entry)
{
	worker_drop(cache->config.worker, entry->answer.json);
	entry->answer.json = json_true();
	entry->body_len = 0;
	charge(cache, entry, cost_of(entry));
}

void store_update(struct cache *cache, struct entry *entry)
{
	if (!entry->answer.version && !entry->err) {
		store_remove(cache, entry);
		return;
	}
	/* It would evict all others first, and then itself. */
	if (entry->answer.json && cost_of(entry) > cache->config.max_bytes) {
		store_set(cache, entry, NULL, 0);
		cache->stats.evicted++;
	}
	charge(cache, entry, cost_of(entry));
}

void store_trim(struct cache *cache)
{
	struct entry *entry = TAILQ_FIRST(&cache->by_use), *next;

	for (; entry && cache->stats.bytes > cache->config.max_bytes;
		entry = next) {
		next = TAILQ_NEXT(entry, by_use);
		if (entry->fetch)
			continue;
		store_remove(cache, entry);
		cache->stats.evicted++;
	}
}
