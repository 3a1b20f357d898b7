/* SPDX-License-Identifier: MIT */
/* tests/unit/fs/mount/wire.h - a scripted API, instead of api/transfer.c */
#ifndef TESTS_UNIT_FS_MOUNT_WIRE_H
#define TESTS_UNIT_FS_MOUNT_WIRE_H

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "api/client.h"

/*
 * Requests come here instead of to curl, and are answered when the test says
 * so. The rest of the client (rate limit, retries, reading answers) is the real
 * one.
 */

enum { WIRE_MAX = 512, SAYS_MAX = 64 };

/* An answer of the script, for whichever request is next. */
struct say {
	int status; /* 0: no answer, but the CURLcode `lost` */
	CURLcode lost;
	char *header; /* one header line, or NULL */
	char *body;
	size_t len;
};

static struct {
	struct api_call *calls[WIRE_MAX];
	unsigned count;
	struct say says[SAYS_MAX];
	unsigned say_count;
	uint64_t answered;
} wire;

#define SESSION                                                                \
	"{\"session_id\":\"s1\",\"id\":\"s1\",\"status\":\"running\","         \
	"\"name\":\"\",\"shell\":\"bash\",\"vcpu\":1,\"locked\":false,"        \
	"\"network_mode\":\"zerotrust\",\"remaining_ttl\":60,"                 \
	"\"created_at\":\"2026-11-22T06:45:48Z\"}"
#define SERVICE                                                                \
	"{\"service_id\":\"w1\",\"id\":\"w1\",\"name\":\"web\","               \
	"\"state\":\"running\",\"url\":\"https://web.example\","               \
	"\"locked\":false,\"vcpu\":1,\"ports\":[80],\"domains\":[\"a.b\"],"    \
	"\"unfreeze_on_demand\":true,\"bootstrap\":\"#!/bin/sh\\n\","          \
	"\"created_at\":\"2026-11-22T06:45:48Z\"}"
#define SNAPSHOT                                                               \
	"{\"snapshot_id\":\"p1\",\"id\":\"p1\",\"name\":\"a\","                \
	"\"source_type\":\"service\",\"source_id\":\"w1\",\"locked\":false,"   \
	"\"size_bytes\":7,\"created_at\":1795329948}"
#define IMAGE                                                                  \
	"{\"image_id\":\"i1\",\"id\":\"i1\",\"name\":\"im\","                  \
	"\"visibility\":\"private\",\"locked\":false,\"trusted_keys\":"        \
	"[\"unsb-pk-aaaa-bbbb-cccc-dddd\"],\"created_at\":1795329948.5}"
#define IMAGES "{\"images\":[" IMAGE "]}"
#define RUN                                                                    \
	"{\"job_id\":\"r1\",\"status\":\"completed\",\"success\":true,"        \
	"\"exit_code\":0,\"stdout\":\"hi\\n\",\"stderr\":\"\","                \
	"\"language\":\"bash\",\"artifacts\":[{\"filename\":\"out\","          \
	"\"content_base64\":\"aGk=\"}]}"
#define SUBMITTED "{\"job_id\":\"j1\",\"status\":\"pending\"}"

/* The answers for an account that has one of each resource; default: {}. */
static const char *const wire_bodies[API_ENDPOINTS] = {
	[API_KEYS_VALIDATE] = "{\"valid\":true,\"tier\":3,\"burst\":1000,"
			      "\"rate_per_minute\":100000,"
			      "\"concurrency_limit\":5}",
	[API_HEALTH] = "{\"status\":\"ok\"}",
	[API_EXECUTE] = RUN,
	[API_RUN] = RUN,
	[API_SERVICE_EXECUTE] = RUN,
	[API_SESSION_EXECUTE] = RUN,
	[API_EXECUTE_ASYNC] = SUBMITTED,
	[API_RUN_ASYNC] = SUBMITTED,
	[API_JOBS] = "{\"jobs\":[{\"job_id\":\"j9\",\"status\":\"running\"}]}",
	[API_JOB] = RUN,
	[API_LANGUAGES] = "{\"languages\":[\"bash\",\"python\"],"
			  "\"aliases\":{\"py\":\"python\"}}",
	[API_SHELLS] = "{\"shells\":[\"bash\"],\"categories\":{}}",
	[API_CLUSTER] = "{\"mode\":\"pooled\",\"pool_size\":10}",
	[API_SESSIONS] = "{\"sessions\":[" SESSION "]}",
	[API_SESSION] = SESSION,
	[API_SESSION_CREATE] = SESSION,
	[API_SESSION_DELETE] = "{\"artifacts\":[{\"filename\":\"log\","
			       "\"data\":\"bG9n\"}]}",
	[API_SESSION_SNAPSHOT] = SNAPSHOT,
	[API_SERVICES] = "{\"services\":[" SERVICE "]}",
	[API_SERVICE] = SERVICE,
	[API_SERVICE_CREATE] = SERVICE,
	[API_SERVICE_SNAPSHOT] = SNAPSHOT,
	[API_SERVICE_LOGS] = "{\"log\":\"one\\ntwo\\n\"}",
	[API_SERVICE_ENV_EXPORT] = "{\"env\":\"A=1\\n\"}",
	[API_SNAPSHOTS] = "{\"snapshots\":[" SNAPSHOT "]}",
	[API_SNAPSHOT] = SNAPSHOT,
	[API_SNAPSHOT_CLONE] = SESSION,
	[API_IMAGES] = IMAGES,
	[API_IMAGES_OWNED] = IMAGES,
	[API_IMAGES_SHARED] = "{\"images\":[]}",
	[API_IMAGES_PUBLIC] = "[" IMAGE "]",
	[API_IMAGE] = IMAGE,
	[API_IMAGE_PUBLISH] = IMAGE,
	[API_IMAGE_SPAWN] = SERVICE,
	[API_IMAGE_CLONE] = IMAGE,
	[API_IMAGE_TRUSTED] = IMAGE,
};

#undef SESSION
#undef SERVICE
#undef SNAPSHOT
#undef IMAGE
#undef IMAGES
#undef RUN
#undef SUBMITTED

int transfer_start(struct api_call *call)
{
	if (wire.count == WIRE_MAX)
		return -ENOMEM;
	text_clear(&call->reply.text);
	call->reply = (struct reply){ .requests = 1 };
	headers_init(&call->reply.headers);
	call->curl_error[0] = '\0';
	call->was_sent = true;
	call->api->stats.sent[call->endpoint]++;
	wire.calls[wire.count++] = call;
	return 0;
}

void transfer_stop(struct api_call *call)
{
	for (unsigned i = 0; i < wire.count; i++) {
		if (wire.calls[i] != call)
			continue;
		memmove(wire.calls + i, wire.calls + i + 1,
			(--wire.count - i) * sizeof(*wire.calls));
		return;
	}
}

/* Adds an answer to the script; body and header are copied. */
static inline void wire_say(const struct say *say)
{
	struct say *next = &wire.says[wire.say_count];

	if (wire.say_count == SAYS_MAX)
		return;
	*next = *say;
	next->body = malloc(say->len + 1);
	next->header = say->header ? strdup(say->header) : NULL;
	if (next->body)
		memcpy(next->body, say->body ? say->body : "", say->len);
	wire.say_count++;
}

static inline void wire_forget_says(void)
{
	for (unsigned i = 0; i < wire.say_count; i++) {
		free(wire.says[i].header);
		free(wire.says[i].body);
	}
	wire.say_count = 0;
}

static inline void wire_reply(struct api_call *call, const struct say *say)
{
	struct reply *reply = &call->reply;

	wire.answered++;
	if (!say->status) {
		call_ended(call, say->lost);
		return;
	}
	reply->headers.status = say->status;
	if (say->header)
		headers_line(&reply->headers, say->header, strlen(say->header));
	reply->headers.is_whole = true;
	if (say->len && text_add(&reply->text, say->body, say->len)) {
		call_ended(call, CURLE_WRITE_ERROR);
		return;
	}
	call_ended(call, CURLE_OK);
}

/* Answers the oldest request; false if there is none. */
static inline bool wire_answer(void)
{
	struct api_call *call = wire.calls[0];
	struct say say = { .status = 200 };

	if (!wire.count)
		return false;
	if (!wire.say_count) {
		const char *body = wire_bodies[call->endpoint];
		say.body = (char *)(body ? body : "{}");
		say.len = strlen(say.body);
		wire_reply(call, &say);
		return true;
	}
	say = wire.says[0];
	memmove(wire.says, wire.says + 1,
		--wire.say_count * sizeof(*wire.says));
	wire_reply(call, &say);
	free(say.header);
	free(say.body);
	return true;
}

#endif
