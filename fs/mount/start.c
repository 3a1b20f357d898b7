/* SPDX-License-Identifier: MIT */
/* fs/mount/start.c - has the mount come up, and does the API accept the key? */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "fs/core/core.h"
#include "fs/mount/parts.h"

/* How long a start waits for an API that hangs. */
enum { KEY_WAIT_MS = 10000 };

void mount_tell(
	struct mount *mount, enum exit_status status, const char *message)
{
	if (mount->is_told)
		return;
	mount->is_told = true;
	mount->ready(mount->ready_ctx, status, message);
}

static void tell_when_ready(struct mount *mount)
{
	struct core *core = &mount->core;

	if (core->is_initialised && mount->is_key_tried)
		mount_tell(mount, EXIT_OK, mount->status_message);
}

static unsigned member_number(const json_t *json, const char *names)
{
	int64_t value;

	if (json_to_integer(json_member(json, names), &value) || value < 0 ||
		value > 1000000)
		return 0;
	return value;
}

/* a free key is allowed 1.43 requests a minute */
static double member_rate(const json_t *json, const char *names)
{
	const json_t *value = json_member(json, names);
	double rate = json_is_string(value)
		? strtod(json_string_value(value), NULL)
		: json_number_value(value);

	return rate > 0 && rate <= 1000000 ? rate : 0;
}

static void key_learn(struct mount *mount, const json_t *json)
{
	struct core *core = &mount->core;

	mount->jobs.runs.limit =
		member_number(json, "concurrency_limit|concurrency");
	api_set_rate(core->api, member_rate(json, "rate_per_minute|rate_limit"),
		member_number(json, "burst"), core->now_ms);
	runs_send(core);
}

static void key_refusal_tell(struct mount *mount, const char *message)
{
	const struct core *core = &mount->core;
	const char *advice = json_string_value(
		json_member(core->key_refusal.answer, "advice"));

	snprintf(mount->status_message, sizeof(mount->status_message),
		"the API rejects the key %s (%.200s): %s%s%s",
		core->credentials->public_key, core->credentials->source,
		message, advice ? "; " : "", advice ? advice : "");
}

static void key_answered(void *ctx, const struct cache_answer *answer)
{
	struct mount *mount = ctx;
	struct core *core = &mount->core;

	mount->key_wait = NULL;
	mount->is_key_tried = true;
	timer_disarm(&core->timers, &mount->key_timer);
	if (!answer->err) {
		core->key_refusal.is_last = false;
		key_learn(mount, answer->json);
	} else if (key_is_refused(answer->err) && !mount->is_told) {
		mount->status = EXIT_CREDENTIALS;
		mount->is_stopping = true;
		key_refusal_tell(mount, answer->message);
		return;
	} else {
		snprintf(mount->status_message, sizeof(mount->status_message),
			"%s: %s; mounted anyway, but requests to the API fail "
			"until it answers",
			core->options->url,
			*answer->message ? answer->message
					 : strerror(-answer->err));
	}
	tell_when_ready(mount);
}

static void key_is_late(void *ctx)
{
	struct mount *mount = ctx;
	struct core *core = &mount->core;

	mount->is_key_tried = true;
	snprintf(mount->status_message, sizeof(mount->status_message),
		"%s does not answer; mounted anyway", core->options->url);
	tell_when_ready(mount);
}

void key_try(struct mount *mount)
{
	struct core *core = &mount->core;
	struct cache_answer answer;
	int err = cache_get(core->cache, API_KEYS_VALIDATE, NULL, API_PERSON,
		core->now_ms, &answer, key_answered, mount, &mount->key_wait);

	if (err != -EINPROGRESS) {
		answer.err = err ? err : answer.err;
		answer.message = "";
		key_answered(mount, &answer);
		return;
	}
	mount->key_timer.fire = key_is_late;
	mount->key_timer.ctx = mount;
	timer_arm(&core->timers, &mount->key_timer, core->now_ms + KEY_WAIT_MS);
}
