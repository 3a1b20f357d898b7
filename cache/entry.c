/* SPDX-License-Identifier: MIT */
/* cache/entry.c - what is known of one endpoint with one id */
#include "cache/entry.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

/* Up to here answers are compared member by member, so that an answer whose
 * members changed places is the same. Above, the digest of the text decides:
 * comparing tens of megabytes would hold the loop. */
#define COMPARE_MAX (1024 * 1024)
#define MESSAGE_MAX 255

struct entry *entry_new(enum api_endpoint endpoint, const char *id)
{
	size_t id_size = id ? strlen(id) + 1 : 0;
	struct entry *entry = calloc(1, sizeof(*entry) + id_size);

	if (!entry)
		return NULL;
	list_init(&entry->recent);
	entry->endpoint = endpoint;
	entry->has_id = id;
	if (id)
		memcpy(entry->id, id, id_size);
	return entry;
}

void entry_free(struct entry *entry)
{
	if (!entry)
		return;
	json_decref(entry->json);
	free(entry->message);
	free(entry);
}

bool entry_is(
	const struct entry *entry, enum api_endpoint endpoint, const char *id)
{
	if (entry->endpoint != endpoint || entry->has_id != !!id)
		return false;
	return !id || strcmp(entry->id, id) == 0;
}

size_t entry_cost(const struct entry *entry)
{
	size_t cost = sizeof(*entry) + entry->body_len;

	if (entry->has_id)
		cost += strlen(entry->id) + 1;
	if (entry->message)
		cost += strlen(entry->message) + 1;
	return cost;
}

bool entry_is_blank(const struct entry *entry)
{
	return !entry->version && !entry->err;
}

bool entry_is_fresh(const struct entry *entry, uint64_t now_ms)
{
	return entry->json && now_ms < entry->fresh_until_ms;
}

bool entry_is_usable(const struct entry *entry, uint64_t now_ms)
{
	return entry->json && now_ms < entry->stale_until_ms;
}

bool entry_has_error(const struct entry *entry, uint64_t now_ms)
{
	return entry->err && now_ms < entry->err_until_ms;
}

static bool is_same(const struct entry *entry, json_t *json, size_t body_len,
	uint64_t digest)
{
	if (digest && digest == entry->digest)
		return true;
	if (!entry->json)
		return false;
	if (body_len > COMPARE_MAX || entry->body_len > COMPARE_MAX)
		return false;
	return json_equal(entry->json, json);
}

static void forget_error(struct entry *entry)
{
	free(entry->message);
	entry->message = NULL;
	entry->err = 0;
	entry->err_until_ms = 0;
}

bool entry_fill(struct entry *entry, json_t *json, size_t body_len,
	uint64_t digest, json_t **old)
{
	bool same = is_same(entry, json, body_len, digest);

	entry_empty(entry, old);
	entry->json = json_incref(json);
	entry->body_len = body_len;
	entry->digest = digest;
	return same;
}

void entry_empty(struct entry *entry, json_t **old)
{
	forget_error(entry);
	outage_end(&entry->outage);
	*old = entry->json;
	entry->json = NULL;
	entry->body_len = 0;
}

/* At most MESSAGE_MAX bytes, cut between two characters. */
static char *message_copy(const char *message)
{
	size_t len = strlen(message);
	char *copy;

	if (len > MESSAGE_MAX) {
		len = MESSAGE_MAX;
		while (len > 0 && (message[len] & 0xc0) == 0x80)
			len--;
	}
	copy = malloc(len + 1);
	if (!copy)
		return NULL;
	memcpy(copy, message, len);
	copy[len] = '\0';
	return copy;
}

void entry_fail(
	struct entry *entry, int err, const char *message, uint64_t until_ms)
{
	forget_error(entry);
	entry->err = err;
	entry->err_until_ms = until_ms;
	if (message && message[0] != '\0')
		entry->message = message_copy(message);
}

void entry_answer(const struct entry *entry, struct cache_answer *answer)
{
	*answer = (struct cache_answer){
		.json = entry->json,
		.fresh_until_ms = entry->fresh_until_ms,
		.fetched_ms = entry->fetched_ms,
		.version = entry->version,
		.message = "",
	};
}

void entry_error(const struct entry *entry, struct cache_answer *answer)
{
	*answer = (struct cache_answer){
		.err = entry->err,
		.fresh_until_ms = entry->err_until_ms,
		.fetched_ms = entry->fetched_ms,
		.version = entry->version,
		.message = entry->message ? entry->message : "",
	};
}
