/* SPDX-License-Identifier: MIT */
/* cache/response.c - what a response changes, and what its waiters are told */
#include <errno.h>

#include "cache/fetch.h"
#include "cache/rules.h"

/* How long an error is served again without asking. */
#define ERROR_TTL_MS 1000
/* Up to this size answers are compared value by value, so that an answer with
 * its members in another order is equal. Above it the hash of the text decides:
 * comparing tens of megabytes would block the loop. */
#define COMPARE_MAX (1024 * 1024)

#define STATUS_CODE_REQUIRED 428

static bool is_equal(const struct entry *entry, const struct api_answer *reply)
{
	if (entry->answer.json && entry->body_len <= COMPARE_MAX &&
		reply->text_len <= COMPARE_MAX)
		return json_equal(entry->answer.json, reply->json);
	return reply->text_hash == entry->text_hash;
}

static void keep_answer(struct cache *cache, struct entry *entry,
	const struct api_answer *reply, uint64_t fetched_ms)
{
	const struct cache_config *config = &cache->config;

	if (!is_equal(entry, reply))
		entry->answer.version = ++cache->last_version;
	store_set(cache, entry, reply->json, reply->text_len);
	entry->text_hash = reply->text_hash;
	entry->answer.fetched_ms = fetched_ms;
	entry->answer.fresh_until_ms = fetched_ms + config->ttl_ms[entry->kind];
	entry->stale_until_ms = fetched_ms + config->stale_ttl_ms;
}

static void keep_error(struct entry *entry, int err, uint64_t until_ms)
{
	entry->err = err;
	entry->err_until_ms = until_ms;
}

static void keep_absence(
	struct cache *cache, struct entry *entry, uint64_t fetched_ms)
{
	if (entry->err != -ENOENT)
		entry->answer.version = ++cache->last_version;
	store_set(cache, entry, NULL, 0);
	entry->text_hash = 0;
	entry->answer.fetched_ms = fetched_ms;
	keep_error(entry, -ENOENT, fetched_ms + cache->config.negative_ttl_ms);
}

/* Updates the entry, and *answer where its waiters get something other than the
 * response. */
static void keep(struct cache *cache, struct entry *entry,
	const struct api_answer *reply, enum result result,
	struct cache_answer *answer)
{
	uint64_t until_ms = cache->now_ms + ERROR_TTL_MS;

	switch (result) {
	case RESULT_GOOD:
		keep_answer(cache, entry, reply, answer->fetched_ms);
		*answer = entry->answer;
		break;
	case RESULT_ABSENT:
		keep_absence(cache, entry, answer->fetched_ms);
		answer->fresh_until_ms = entry->err_until_ms;
		break;
	case RESULT_REFUSED:
		/* Access was denied, so the old answer is not served either. */
		entry->stale_until_ms = 0;
		/* A person enters the code, and retries within a second. */
		if (reply->status != STATUS_CODE_REQUIRED)
			keep_error(entry, answer->err, until_ms);
		break;
	case RESULT_BROKEN:
		backoff_fail(&entry->backoff, false, cache->now_ms);
		/* fall through */
	case RESULT_DOWN:
		keep_error(entry, answer->err, until_ms);
		/* fall through */
	case RESULT_NOT_SENT:
		if (cache->now_ms < entry->stale_until_ms) {
			*answer = entry->answer;
			answer->is_stale = true;
		}
		break;
	case RESULT_NO_MEMORY:
		break;
	}
}

void response_handle(void *ctx, const struct api_answer *reply)
{
	struct fetch *fetch = ctx;
	struct cache *cache = fetch->cache;
	struct entry *entry = fetch->entry;
	uint64_t fetched_ms =
		reply->sent_ms > 0 ? (uint64_t)reply->sent_ms : cache->now_ms;
	struct cache_answer answer = { .json = reply->json,
		.fetched_ms = fetched_ms,
		.fresh_until_ms = fetched_ms,
		.message = reply->message };
	enum result result = result_of(reply, &answer.err);

	fetch->call = NULL;
	fetch_detach(fetch);
	if (result == RESULT_DOWN)
		backoff_fail(&cache->backoff, answer.err == -ETIMEDOUT,
			cache->now_ms);
	else if (result < RESULT_BROKEN)
		cache->backoff = (struct backoff){ 0 };
	if (answer.err)
		answer.json = NULL;
	else if (!entry)
		answer.version = ++cache->last_version;
	if (entry)
		keep(cache, entry, reply, result, &answer);
	json_incref(answer.json);
	if (entry) {
		store_touch(cache, entry);
		store_update(cache, entry);
		store_trim(cache);
	}
	/* From here on the entry may be gone. */
	fetch_tell(fetch, &answer);
	worker_drop(cache->config.worker, answer.json);
	fetch_free(fetch);
}
