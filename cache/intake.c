/* SPDX-License-Identifier: MIT */
/* cache/intake.c - what an answer changes, and what its waiters are told */
#include "cache/intake.h"

#include <errno.h>

#include "cache/digest.h"
#include "cache/state.h"
#include "cache/verdict.h"

/* How long an error is given again without asking. */
#define ERROR_TTL_MS 1000

#define STATUS_CODE_WANTED 428

static uint64_t later(uint64_t time_ms, uint64_t span_ms)
{
	return span_ms > UINT64_MAX - time_ms ? UINT64_MAX : time_ms + span_ms;
}

void intake_fill(struct cache *cache, struct entry *entry, enum cache_kind kind,
	json_t *json, size_t body_len, uint64_t digest, uint64_t fetched_ms)
{
	const struct cache_config *config = &cache->config;
	size_t old_len = entry->body_len;
	json_t *old;

	if (!entry_fill(entry, json, body_len, digest, &old))
		entry->version = ++cache->versions;
	store_release(&cache->store, old, old_len);
	entry->fetched_ms = fetched_ms;
	entry->fresh_until_ms = later(fetched_ms, config->ttl_ms[kind]);
	entry->stale_until_ms = later(fetched_ms, config->stale_ttl_ms);
}

void intake_empty(struct cache *cache, struct entry *entry)
{
	size_t old_len = entry->body_len;
	json_t *old;

	entry_empty(entry, &old);
	store_release(&cache->store, old, old_len);
}

static void take_good(struct cache *cache, struct entry *entry,
	const struct fetch *fetch, const struct api_answer *reply,
	uint64_t fetched_ms)
{
	uint64_t digest = 0;

	if (reply->text)
		digest = digest_of(
			reply->text, reply->text_len, cache->store.seed);
	intake_fill(cache, entry, fetch->kind, reply->json, reply->text_len,
		digest, fetched_ms);
}

static void take_absent(struct cache *cache, struct entry *entry,
	const char *message, uint64_t fetched_ms)
{
	bool was_absent = entry->err == -ENOENT;

	intake_empty(cache, entry);
	entry->digest = 0;
	if (!was_absent)
		entry->version = ++cache->versions;
	entry->fetched_ms = fetched_ms;
	entry_fail(entry, -ENOENT, message,
		later(fetched_ms, cache->config.negative_ttl_ms));
}

/* Sets down in the entry what the API said. */
static void take(struct cache *cache, struct entry *entry,
	const struct fetch *fetch, const struct api_answer *reply,
	enum verdict verdict, int err, uint64_t fetched_ms)
{
	uint64_t until_ms = later(cache->now_ms, ERROR_TTL_MS);

	switch (verdict) {
	case VERDICT_GOOD:
		take_good(cache, entry, fetch, reply, fetched_ms);
		break;
	case VERDICT_ABSENT:
		take_absent(cache, entry, reply->message, fetched_ms);
		break;
	case VERDICT_REFUSED:
		/* Whom the API refuses is not served what it said before. */
		entry->stale_until_ms = 0;
		/* The one who types the code tries again within a second. */
		if (reply->status != STATUS_CODE_WANTED)
			entry_fail(entry, err, reply->message, until_ms);
		break;
	case VERDICT_BROKEN:
		outage_fail(&entry->outage, false, cache->now_ms);
		entry_fail(entry, err, reply->message, until_ms);
		break;
	case VERDICT_AWAY:
		entry_fail(entry, err, reply->message, until_ms);
		break;
	case VERDICT_LATE:
	case VERDICT_NO_MEMORY:
		break;
	}
}

/* What those who wait are told; json is theirs to borrow from the reply or
 * from the entry. */
static void answer_those(struct cache *cache, const struct entry *entry,
	const struct api_answer *reply, enum verdict verdict, int err,
	uint64_t fetched_ms, struct cache_answer *answer)
{
	const char *message = reply->message ? reply->message : "";

	*answer = (struct cache_answer){ .err = err,
		.fetched_ms = fetched_ms,
		.fresh_until_ms = fetched_ms,
		.message = message };
	if (verdict == VERDICT_GOOD && entry) {
		entry_answer(entry, answer);
	} else if (verdict == VERDICT_GOOD) {
		answer->json = reply->json;
		answer->version = ++cache->versions;
	} else if (entry &&
		(verdict == VERDICT_BROKEN || verdict == VERDICT_AWAY ||
			verdict == VERDICT_LATE) &&
		entry_is_usable(entry, cache->now_ms)) {
		entry_answer(entry, answer);
		answer->is_stale = true;
	} else if (entry && entry->err == err) {
		entry_error(entry, answer);
		answer->message = message;
	}
}

static void note_health(struct cache *cache, enum verdict verdict, int err)
{
	if (verdict == VERDICT_AWAY)
		outage_fail(&cache->outage, err == -ETIMEDOUT, cache->now_ms);
	else if (verdict < VERDICT_BROKEN)
		outage_end(&cache->outage);
}

void intake_reply(
	void *ctx, struct fetch *fetch, const struct api_answer *reply)
{
	struct cache *cache = ctx;
	struct entry *entry = fetch->entry;
	uint64_t fetched_ms = fetch->asked_ms;
	struct cache_answer answer;
	enum verdict verdict;
	int err;

	list_remove(&fetch->others);
	if (reply->sent_ms > 0)
		fetched_ms = reply->sent_ms;
	cache_set_time(cache, fetched_ms);
	verdict = verdict_of(reply, &err);
	note_health(cache, verdict, err);
	if (entry) {
		entry->fetch = NULL;
		fetch->entry = NULL;
		take(cache, entry, fetch, reply, verdict, err, fetched_ms);
	}
	answer_those(cache, entry, reply, verdict, err, fetched_ms, &answer);
	json_incref(answer.json);
	if (entry) {
		store_settle(&cache->store, entry);
		store_trim(&cache->store);
	}
	if (answer.is_stale)
		cache->stats.stale += fetch_waiting(fetch);
	/* From here on the entry may be gone, and the store be another. */
	fetch_tell(fetch, &answer);
	store_release(&cache->store, answer.json, reply->text_len);
	fetch_free(fetch);
}
