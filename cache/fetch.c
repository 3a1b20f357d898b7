/* SPDX-License-Identifier: MIT */
/* cache/fetch.c - one request in flight, and the callers that wait for it */
#include "cache/fetch.h"

#include <errno.h>
#include <stdlib.h>

int fetch_start(struct cache *cache, struct entry *entry,
	enum api_priority priority, api_done *done)
{
	struct api_request request = {
		.endpoint = entry->endpoint,
		.priority = priority,
		.id = entry->id[0] ? entry->id : NULL,
		.hashes_text = true,
	};
	struct fetch *fetch = calloc(1, sizeof(*fetch));
	int err;

	if (!fetch)
		return -ENOMEM;
	err = api_start(cache->config.api, &request, cache->now_ms, done, fetch,
		&fetch->call);
	if (err) {
		free(fetch);
		return err;
	}
	TAILQ_INIT(&fetch->waits);
	LIST_INSERT_HEAD(&cache->fetches, fetch, link);
	fetch->cache = cache;
	fetch->entry = entry;
	entry->fetch = fetch;
	cache->stats.misses++;
	return 0;
}

void fetch_detach(struct fetch *fetch)
{
	if (fetch->entry)
		fetch->entry->fetch = NULL;
	fetch->entry = NULL;
}

void fetch_free(struct fetch *fetch)
{
	if (fetch->call)
		api_cancel(fetch->call);
	fetch_detach(fetch);
	while (!TAILQ_EMPTY(&fetch->waits))
		wait_free(TAILQ_FIRST(&fetch->waits));
	LIST_REMOVE(fetch, link);
	free(fetch);
}

int fetch_join(struct fetch *fetch, cache_ready *ready, void *ctx,
	struct cache_wait **wait)
{
	struct cache_wait *joined = malloc(sizeof(*joined));

	if (!joined)
		return -ENOMEM;
	joined->fetch = fetch;
	joined->ready = ready;
	joined->ctx = ctx;
	TAILQ_INSERT_TAIL(&fetch->waits, joined, link);
	*wait = joined;
	return 0;
}

void wait_free(struct cache_wait *wait)
{
	TAILQ_REMOVE(&wait->fetch->waits, wait, link);
	free(wait);
}

/* Each wait leaves the list before its ready is called, and is freed after it:
 * ready may cancel those behind it, and its own, which has no effect. */
void fetch_tell(struct fetch *fetch, const struct cache_answer *answer)
{
	struct cache_wait *wait;

	while ((wait = TAILQ_FIRST(&fetch->waits))) {
		TAILQ_REMOVE(&fetch->waits, wait, link);
		wait->fetch = NULL;
		fetch->cache->stats.stale += answer->is_stale;
		wait->ready(wait->ctx, answer);
		free(wait);
	}
}
