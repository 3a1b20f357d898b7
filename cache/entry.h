/* SPDX-License-Identifier: MIT */
/* cache/entry.h - what is known of one endpoint with one id */
#ifndef CACHE_ENTRY_H
#define CACHE_ENTRY_H

#include "cache/cache.h"
#include "cache/list.h"
#include "cache/outage.h"

struct fetch;

/*
 * An entry holds an answer, or an error, or both (a fetch failed, the answer
 * before it is stale), or neither: that one was dropped, and stays so that the
 * version does not move when the next answer is the same.
 */
struct entry {
	struct link recent;  /* of the store */
	struct entry *next;  /* of the store: same bucket */
	uint64_t key;	     /* of the store: digest of endpoint and id */
	struct fetch *fetch; /* on its way, not dropped since; or NULL */

	json_t *json;
	size_t body_len;
	uint64_t digest;  /* of the text of the last answer; 0: unknown */
	uint64_t version; /* 0: there was no answer yet */
	uint64_t fetched_ms;
	uint64_t fresh_until_ms;
	uint64_t stale_until_ms;

	int err; /* of the last fetch; -ENOENT: a negative entry */
	uint64_t err_until_ms;
	char *message;

	struct outage outage; /* of this resource alone */

	size_t cost; /* of the store: what it was charged with */
	enum api_endpoint endpoint;
	bool has_id;
	char id[];
};

/* NULL: no memory. */
struct entry *entry_new(enum api_endpoint endpoint, const char *id);
void entry_free(struct entry *entry);
bool entry_is(
	const struct entry *entry, enum api_endpoint endpoint, const char *id);

/* Bytes, for the bound. */
size_t entry_cost(const struct entry *entry);

/* Nothing is worth keeping: no version that could be compared with. */
bool entry_is_blank(const struct entry *entry);
bool entry_is_fresh(const struct entry *entry, uint64_t now_ms);
bool entry_is_usable(const struct entry *entry, uint64_t now_ms);
bool entry_has_error(const struct entry *entry, uint64_t now_ms);

/*
 * Holds json (borrowed) from now on, and no error. digest 0: unknown. True
 * where it is the same answer as the last one. The answer before is given
 * back in *old, to be let go by the caller, or NULL.
 */
bool entry_fill(struct entry *entry, json_t *json, size_t body_len,
	uint64_t digest, json_t **old);

/* Holds neither answer nor error; as above. */
void entry_empty(struct entry *entry, json_t **old);

/* Remembers an error beside what is held. Without memory for it, the message
 * is lost. */
void entry_fail(
	struct entry *entry, int err, const char *message, uint64_t until_ms);

/* What is held as an answer; is_stale is the caller's to say. */
void entry_answer(const struct entry *entry, struct cache_answer *answer);
void entry_error(const struct entry *entry, struct cache_answer *answer);

#endif
