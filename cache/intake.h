/* SPDX-License-Identifier: MIT */
/* cache/intake.h - what an answer changes, and what its waiters are told */
#ifndef CACHE_INTAKE_H
#define CACHE_INTAKE_H

#include "cache/entry.h"
#include "cache/fetch.h"

/* The fetch_ended of all fetches; ctx is the struct cache. */
void intake_reply(
	void *ctx, struct fetch *fetch, const struct api_answer *reply);

/* The entry holds json (borrowed) as of fetched_ms. digest 0: unknown. To be
 * settled afterwards. */
void intake_fill(struct cache *cache, struct entry *entry, enum cache_kind kind,
	json_t *json, size_t body_len, uint64_t digest, uint64_t fetched_ms);

/* The entry holds nothing. To be settled afterwards. */
void intake_empty(struct cache *cache, struct entry *entry);

#endif
