/* SPDX-License-Identifier: MIT */
/* tests/unit/cache/fake_api.h - an API whose responses are the test's */
#ifndef TESTS_UNIT_CACHE_FAKE_API_H
#define TESTS_UNIT_CACHE_FAKE_API_H

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <sys/queue.h>

#include <cmocka.h>

#include "cache/cache.h"

struct api_call {
	LIST_ENTRY(api_call) link;
	api_done *done;
	void *ctx;
};

static LIST_HEAD(call_list, api_call) calls; /* the newest first */
static unsigned released; /* answers that the worker has freed */

int api_start(struct api *api, const struct api_request *request,
	uint64_t now_ms, api_done *done, void *ctx, struct api_call **out)
{
	struct api_call *call = malloc(sizeof(*call));

	(void)api, (void)request, (void)now_ms;
	if (!call)
		return -ENOMEM;
	call->done = done;
	call->ctx = ctx;
	LIST_INSERT_HEAD(&calls, call, link);
	*out = call;
	return 0;
}

void api_cancel(struct api_call *call)
{
	LIST_REMOVE(call, link);
	free(call);
}

bool api_call_was_sent(const struct api_call *call)
{
	(void)call;
	return true;
}

void worker_drop(struct worker *worker, json_t *json)
{
	if (worker && json && json->refcount == 1)
		released++;
	json_decref(json);
}

/* cache_get without its answer; returns the same. */
static inline int ask(struct cache *cache, enum api_endpoint endpoint,
	const char *id, uint64_t now_ms, cache_ready *ready, void *ctx)
{
	struct cache_answer answer;
	struct cache_wait *wait;
	int err = cache_get(cache, endpoint, id, API_PERSON, now_ms, &answer,
		ready, ctx, &wait);

	assert_int_equal(err == -EINPROGRESS, wait != NULL);
	return err;
}

/* Responds to the newest request; json is taken. */
static inline void respond(const struct api_answer *answer)
{
	struct api_call *call = LIST_FIRST(&calls);

	assert_non_null(call);
	LIST_REMOVE(call, link);
	call->done(call->ctx, answer);
	json_decref(answer->json);
	free(call);
}

#endif
