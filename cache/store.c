/* SPDX-License-Identifier: MIT */
/* cache/store.c - the entries, by key and by how long ago they were used */
#include "cache/store.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "cache/digest.h"

#define FIRST_BUCKETS 64
/* Freeing the values of a longer answer takes milliseconds. */
#define FREE_ASIDE_MIN (256 * 1024)

int store_init(struct store *store, size_t max_bytes, struct worker *worker,
	struct cache_stats *stats)
{
	*store = (struct store){ .bucket_count = FIRST_BUCKETS,
		.max_bytes = max_bytes,
		.worker = worker,
		.stats = stats };
	store->buckets = calloc(FIRST_BUCKETS, sizeof(*store->buckets));
	if (!store->buckets)
		return -ENOMEM;
	list_init(&store->recent);
	/* Names come from users: nobody shall choose who shares a bucket. With
	 * no entropy the table is merely guessable. */
	if (getentropy(&store->seed, sizeof(store->seed)))
		store->seed = 0;
	return 0;
}

void store_clear(struct store *store)
{
	for (size_t i = 0; i < store->bucket_count; i++) {
		while (store->buckets[i])
			store_remove(store, store->buckets[i]);
	}
	free(store->buckets);
}

static uint64_t key_of(
	const struct store *store, enum api_endpoint endpoint, const char *id)
{
	return digest_of(id, id ? strlen(id) : 0, store->seed + endpoint);
}

static struct entry **bucket_of(const struct store *store, uint64_t key)
{
	return &store->buckets[key & (store->bucket_count - 1)];
}

struct entry *store_find(
	const struct store *store, enum api_endpoint endpoint, const char *id)
{
	uint64_t key = key_of(store, endpoint, id);
	struct entry *entry = *bucket_of(store, key);

	while (entry && (entry->key != key || !entry_is(entry, endpoint, id)))
		entry = entry->next;
	return entry;
}

/* Without memory for a larger one, the table stays as it is, with longer
 * buckets. */
static void grow(struct store *store)
{
	size_t old_count = store->bucket_count;
	struct entry **old = store->buckets;
	struct entry **buckets = calloc(old_count * 2, sizeof(*buckets));

	if (!buckets)
		return;
	store->buckets = buckets;
	store->bucket_count = old_count * 2;
	for (size_t i = 0; i < old_count; i++) {
		while (old[i]) {
			struct entry *entry = old[i];
			struct entry **bucket = bucket_of(store, entry->key);

			old[i] = entry->next;
			entry->next = *bucket;
			*bucket = entry;
		}
	}
	free(old);
}

static void charge(struct store *store, struct entry *entry, size_t cost)
{
	store->stats->bytes = store->stats->bytes - entry->cost + cost;
	entry->cost = cost;
}

struct entry *store_add(
	struct store *store, enum api_endpoint endpoint, const char *id)
{
	struct entry *entry = entry_new(endpoint, id);
	struct entry **bucket;

	if (!entry)
		return NULL;
	if (store->stats->entries >= store->bucket_count)
		grow(store);
	entry->key = key_of(store, endpoint, id);
	bucket = bucket_of(store, entry->key);
	entry->next = *bucket;
	*bucket = entry;
	store->stats->entries++;
	charge(store, entry, entry_cost(entry));
	return entry;
}

void store_remove(struct store *store, struct entry *entry)
{
	struct entry **at = bucket_of(store, entry->key);

	while (*at != entry)
		at = &(*at)->next;
	*at = entry->next;
	list_remove(&entry->recent);
	store->stats->entries--;
	charge(store, entry, 0);
	store_release(store, entry->json, entry->body_len);
	entry->json = NULL;
	entry_free(entry);
}

void store_touch(struct store *store, struct entry *entry)
{
	if (list_is_empty(&entry->recent))
		return;
	list_remove(&entry->recent);
	list_insert(store->recent.next, &entry->recent);
}

void store_pin(struct entry *entry)
{
	list_remove(&entry->recent);
}

/* An answer that would push out all others, and then itself, goes first. */
static void refuse_giant(struct store *store, struct entry *entry)
{
	size_t body_len = entry->body_len;
	json_t *json;

	if (entry_cost(entry) <= store->max_bytes || !entry->json)
		return;
	entry_empty(entry, &json);
	store_release(store, json, body_len);
	store->stats->evicted++;
}

void store_settle(struct store *store, struct entry *entry)
{
	if (entry_is_blank(entry)) {
		store_remove(store, entry);
		return;
	}
	refuse_giant(store, entry);
	charge(store, entry, entry_cost(entry));
	if (list_is_empty(&entry->recent))
		list_insert(store->recent.next, &entry->recent);
}

void store_trim(struct store *store)
{
	while (store->stats->bytes > store->max_bytes &&
		!list_is_empty(&store->recent)) {
		store_remove(store,
			LIST_OWNER(store->recent.prev, struct entry, recent));
		store->stats->evicted++;
	}
}

static void release_work(void *ctx)
{
	json_decref(ctx);
}

static void release_done(void *ctx)
{
	(void)ctx;
}

/* Where others hold it too it only loses a count here. */
void store_release(struct store *store, json_t *json, size_t body_len)
{
	if (store->worker && json && body_len >= FREE_ASIDE_MIN &&
		json->refcount == 1 &&
		worker_submit(
			store->worker, release_work, release_done, json) == 0)
		return;
	json_decref(json);
}

void store_each(struct store *store,
	void (*visit)(void *ctx, struct entry *entry), void *ctx)
{
	for (size_t i = 0; i < store->bucket_count; i++) {
		struct entry *entry = store->buckets[i];

		while (entry) {
			struct entry *next = entry->next;

			visit(ctx, entry);
			entry = next;
		}
	}
}
