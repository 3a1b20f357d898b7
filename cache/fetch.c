/* SPDX-License-Identifier: MIT */
/* cache/fetch.c - one request on its way, and who waits for it */
#include "cache/fetch.h"

#include <errno.h>
#include <stdlib.h>

static void call_done(void *ctx, const struct api_answer *reply)
{
	struct fetch *fetch = ctx;

	fetch->call = NULL;
	fetch->ended(fetch->ctx, fetch, reply);
}

int fetch_new(struct api *api, enum api_endpoint endpoint, const char *id,
	enum api_priority priority, uint64_t now_ms, fetch_ended *ended,
	void *ctx, struct fetch **out)
{
	struct api_request request = {
		.endpoint = endpoint,
		.priority = priority,
		.id = id,
	};
	struct fetch *fetch = calloc(1, sizeof(*fetch));
	int err;

	if (!fetch)
		return -ENOMEM;
	list_init(&fetch->others);
	list_init(&fetch->waits);
	fetch->asked_ms = now_ms;
	fetch->ended = ended;
	fetch->ctx = ctx;
	err = api_start(api, &request, now_ms, call_done, fetch, &fetch->call);
	if (err) {
		free(fetch);
		return err;
	}
	*out = fetch;
	return 0;
}

void fetch_free(struct fetch *fetch)
{
	if (fetch->call)
		api_cancel(fetch->call);
	list_remove(&fetch->others);
	while (!list_is_empty(&fetch->waits))
		wait_free(
			LIST_OWNER(fetch->waits.next, struct cache_wait, link));
	free(fetch);
}

struct cache_wait *fetch_join(
	struct fetch *fetch, cache_ready *ready, void *ctx)
{
	struct cache_wait *wait = malloc(sizeof(*wait));

	if (!wait)
		return NULL;
	wait->fetch = fetch;
	wait->ready = ready;
	wait->ctx = ctx;
	list_insert(&fetch->waits, &wait->link);
	return wait;
}

void wait_free(struct cache_wait *wait)
{
	list_remove(&wait->link);
	free(wait);
}

unsigned fetch_waiting(const struct fetch *fetch)
{
	unsigned count = 0;

	for (struct link *at = fetch->waits.next; at != &fetch->waits;
		at = at->next)
		count++;
	return count;
}

/* Each is taken off the list before it is called, and stays allocated until
 * it returned: it may cancel those behind it, and itself to no effect. */
void fetch_tell(struct fetch *fetch, const struct cache_answer *answer)
{
	while (!list_is_empty(&fetch->waits)) {
		struct cache_wait *wait =
			LIST_OWNER(fetch->waits.next, struct cache_wait, link);

		list_remove(&wait->link);
		wait->fetch = NULL;
		wait->ready(wait->ctx, answer);
		wait_free(wait);
	}
}
