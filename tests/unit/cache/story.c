/* SPDX-License-Identifier: MIT */
/* tests/unit/cache/story.c - which caller gets which answer, as steps in time
 */
#include "cache/cache.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include <cmocka.h>
#include <uthash.h>

#include "tests/unit/cache/story.h"

#define BASE_MS UINT64_C(50000000)
#define CALLS_MAX 32
#define WAITERS_MAX 8
#define TEXT_MAX 512
#define STORIES (sizeof(stories) / sizeof(stories[0]))

struct api_call {
	enum api_endpoint endpoint;
	char id[64];
	enum api_priority priority;
	api_done *done;
	void *ctx;
	int64_t sent_ms;
	bool was_sent, was_cancelled;
};

struct waiter {
	char name[16];
	struct cache_wait *wait;
	const char *then[4];
};

static struct {
	struct cache *cache;
	char steps[2048];
	const char *step;
	uint64_t now_ms;
	struct api_call calls[CALLS_MAX];
	unsigned call_count;
	int refuse;
	struct waiter waiters[WAITERS_MAX];
	char told[TEXT_MAX];
	struct cache_answer last;
} world;

static const struct {
	const char *name;
	enum api_endpoint endpoint;
	bool has_id;
} keys[] = {
	{ "services", API_SERVICES, false },
	{ "service/", API_SERVICE, true },
	{ "env/", API_SERVICE_ENV, true },
	{ "snapshots", API_SNAPSHOTS, false },
	{ "languages", API_LANGUAGES, false },
	{ "health", API_HEALTH, false },
	{ "key", API_KEYS_VALIDATE, false },
	{ "jobs", API_JOBS, false },
	{ "job/", API_JOB, true },
	{ "run", API_RUN, false },
};

static const char *const priorities[] = { "person", "program", "reader",
	"poll" };

static void check(bool truth, const char *what)
{
	if (!truth)
		fail_msg("step `%s`: %s", world.step, what);
}

static void check_same(const char *got, const char *wanted)
{
	if (strcmp(got, wanted) != 0)
		fail_msg("step `%s`: got `%s`", world.step, got);
}

static int errno_of(const char *name)
{
	for (int number = 1; number <= EHWPOISON; number++) {
		const char *known = strerrorname_np(number);

		if (known && strcmp(known, name) == 0)
			return number;
	}
	check(false, "no such errno");
	return 0;
}

static enum api_endpoint key_of(const char *key, const char **id)
{
	for (size_t i = 0; i < sizeof(keys) / sizeof(keys[0]); i++) {
		size_t len = strlen(keys[i].name);

		if (keys[i].has_id ? strncmp(key, keys[i].name, len)
				   : strcmp(key, keys[i].name))
			continue;
		*id = keys[i].has_id ? key + len : NULL;
		return keys[i].endpoint;
	}
	check(false, "no such key");
	return API_ENDPOINTS;
}

static struct waiter *waiter_of(const char *name)
{
	for (unsigned i = 0; i < WAITERS_MAX; i++) {
		struct waiter *waiter = &world.waiters[i];

		if (waiter->name[0] == '\0')
			snprintf(
				waiter->name, sizeof(waiter->name), "%s", name);
		if (strcmp(waiter->name, name) == 0)
			return waiter;
	}
	check(false, "too many waiters");
	return NULL;
}

/* ---- the scripted API ---- */

int api_start(struct api *api, const struct api_request *request,
	uint64_t now_ms, api_done *done, void *ctx, struct api_call **out)
{
	struct api_call *call = &world.calls[world.call_count];
	int refuse = world.refuse;

	check(api == (struct api *)&world, "another api");
	check(!request->body && !request->query, "a body or a query");
	check(world.call_count < CALLS_MAX, "too many requests");
	world.refuse = 0;
	if (refuse)
		return -refuse;
	world.call_count++;
	*call = (struct api_call){ .endpoint = request->endpoint,
		.priority = request->priority,
		.done = done,
		.ctx = ctx,
		.sent_ms = now_ms };
	snprintf(call->id, sizeof(call->id), "%s",
		request->id ? request->id : "");
	*out = call;
	return 0;
}

void api_cancel(struct api_call *call)
{
	check(call->done && !call->was_cancelled, "cancelled a dead request");
	call->was_cancelled = true;
	call->done = NULL;
}

bool api_call_was_sent(const struct api_call *call)
{
	return call->was_sent;
}

void worker_drop(struct worker *worker, json_t *json)
{
	(void)worker;
	json_decref(json);
}

/* ---- the steps ---- */

static void run_step(const char *step);

static const char *outcome_of(
	const struct cache_answer *answer, char *text, size_t len)
{
	char *body;

	world.last = *answer;
	if (answer->err) {
		check(!answer->json, "an error and an answer");
		snprintf(text, len, "%s%s%s", strerrorname_np(-answer->err),
			answer->message[0] ? " " : "", answer->message);
		return text;
	}
	check(answer->json && answer->version, "no answer, or no version");
	body = json_dumps(answer->json, JSON_ENCODE_ANY | JSON_COMPACT);
	assert_non_null(body);
	snprintf(text, len, "%s%s v%d", answer->is_stale ? "stale " : "", body,
		(int)answer->version);
	free(body);
	return text;
}

static void ready(void *ctx, const struct cache_answer *answer)
{
	struct waiter *waiter = ctx;
	size_t len = strlen(world.told);
	char text[TEXT_MAX];

	check(waiter->wait != NULL, "answered twice, or not waiting");
	outcome_of(answer, text, sizeof(text));
	snprintf(world.told + len, sizeof(world.told) - len, "%s%s %s",
		len ? ", " : "", waiter->name, text);
	for (int i = 0; i < 4 && waiter->then[i]; i++)
		run_step(waiter->then[i]);
	/* The answer is still valid, whatever the steps did. */
	if (!answer->err)
		check(answer->json->refcount > 0, "the answer is gone");
	waiter->wait = NULL;
}

static void step_get(const char *args)
{
	char name[16], key[32], priority[16] = "person", wanted[TEXT_MAX];
	struct cache_answer answer = { 0 };
	struct cache_wait *wait = NULL;
	char text[TEXT_MAX] = "wait";
	enum api_endpoint endpoint;
	unsigned level = 0;
	const char *id;
	int err;

	check(sscanf(args, "%15s %31s %15[a-z] = %511[^\n]", name, key,
		      priority, wanted) == 4 ||
			sscanf(args, "%15s %31s = %511[^\n]", name, key,
				wanted) == 3,
		"get WHO KEY [PRIORITY] = OUTCOME");
	while (level < API_POLL && strcmp(priorities[level], priority) != 0)
		level++;
	endpoint = key_of(key, &id);
	err = cache_get(world.cache, endpoint, id, level, world.now_ms, &answer,
		ready, waiter_of(name), &wait);
	check((err == -EINPROGRESS) == !!wait, "-EINPROGRESS without a wait");
	if (err == -EINPROGRESS)
		waiter_of(name)->wait = wait;
	else if (err)
		snprintf(text, sizeof(text), "%s", strerrorname_np(-err));
	else
		outcome_of(&answer, text, sizeof(text));
	check_same(text, wanted);
}

static void step_peek(const char *args, bool is_stale_wanted)
{
	char key[32], wanted[TEXT_MAX], text[TEXT_MAX] = "nothing";
	struct cache_answer answer = { 0 };
	enum api_endpoint endpoint;
	const char *id;
	int err;

	check(sscanf(args, "%31s = %511[^\n]", key, wanted) == 2,
		"peek KEY = OUTCOME");
	endpoint = key_of(key, &id);
	if (is_stale_wanted)
		err = cache_peek_stale(world.cache, endpoint, id, &answer);
	else
		err = cache_peek(
			world.cache, endpoint, id, world.now_ms, &answer);
	check(err == 0 || err == -ENOENT, "neither 0 nor -ENOENT");
	if (!err)
		outcome_of(&answer, text, sizeof(text));
	check_same(text, wanted);
}

static void step_drop(const char *key)
{
	const char *id;
	enum api_endpoint endpoint = key_of(key, &id);

	cache_drop(world.cache, endpoint, id);
}

static void step_cancel(const char *name)
{
	struct waiter *waiter = waiter_of(name);

	check(waiter->wait != NULL, "does not wait");
	cache_wait_cancel(waiter->wait);
	if (!strstr(world.told, name))
		waiter->wait = NULL;
}

static struct api_call *call_of(int number)
{
	check(number > 0 && (unsigned)number <= world.call_count,
		"no such request");
	check(world.calls[number - 1].done != NULL, "it has ended");
	return &world.calls[number - 1];
}

static void step_sent(int number)
{
	struct api_call *call = call_of(number);

	call->was_sent = true;
	call->sent_ms = (int64_t)world.now_ms;
}

static void respond(struct api_call *call, struct api_answer *answer)
{
	api_done *done = call->done;

	if (answer->status)
		answer->sent_ms = call->sent_ms;
	call->done = NULL;
	done(call->ctx, answer);
	json_decref(answer->json);
}

static struct api_answer answer_of(const char *body)
{
	struct api_answer answer = { .status = 200,
		.text = body,
		.text_len = strlen(body),
		.json = json_loads(body, JSON_DECODE_ANY, NULL),
		.message = "",
		.code = "" };

	check(answer.json != NULL, "the body is no JSON");
	HASH_VALUE(body, answer.text_len, answer.text_hash);
	return answer;
}

static void step_reply(const char *args)
{
	struct api_answer answer = { .message = "", .code = "" };
	char word[32] = "", body[TEXT_MAX] = "";
	int number, status;

	check(sscanf(args, "%d %d %31s %511[^\n]", &number, &status, word,
		      body) >= 2,
		"reply N STATUS [ERRNO] [BODY]");
	if (word[0] == 'E') {
		answer.err = -errno_of(word);
		answer.message = body;
	} else if (word[0]) {
		answer = answer_of(word);
	}
	answer.status = status;
	respond(call_of(number), &answer);
}

static void put_ready(void *ctx, const struct cache_answer *answer)
{
	(void)ctx;
	check(!answer->err, "an error");
}

/* Its request is not counted in world.calls. */
static void step_put(const char *args)
{
	char key[32], body[TEXT_MAX];
	struct cache_answer answer;
	enum api_endpoint endpoint;
	struct api_answer reply;
	struct cache_wait *wait;
	const char *id;

	check(sscanf(args, "%31s %511s", key, body) == 2, "put KEY BODY");
	endpoint = key_of(key, &id);
	cache_drop(world.cache, endpoint, id);
	check(cache_get(world.cache, endpoint, id, API_PERSON, world.now_ms,
		      &answer, put_ready, NULL, &wait) == -EINPROGRESS,
		"put does not ask");
	reply = answer_of(body);
	respond(&world.calls[--world.call_count], &reply);
}

static void step_on(const char *args)
{
	char name[16];
	int len = 0, at = 0;
	struct waiter *waiter;

	check(sscanf(args, "%15[^:]: %n", name, &len) == 1 && len,
		"on WHO: STEP");
	waiter = waiter_of(name);
	while (waiter->then[at])
		at++;
	check(at < 3, "too many steps");
	waiter->then[at] = args + len;
}

static void step_request(const char *args)
{
	char wanted[64], got[128], key[32];
	struct api_call *call;
	int number;

	check(sscanf(args, "%d = %63[^\n]", &number, wanted) == 2,
		"request N = KEY PRIORITY");
	call = &world.calls[number - 1];
	for (size_t i = 0; i < sizeof(keys) / sizeof(keys[0]); i++) {
		if (keys[i].endpoint == call->endpoint)
			snprintf(key, sizeof(key), "%s", keys[i].name);
	}
	snprintf(got, sizeof(got), "%s%s %s", key, call->id,
		priorities[call->priority]);
	check_same(got, wanted);
}

static void step_cancelled(const char *wanted)
{
	char got[TEXT_MAX] = "";

	for (unsigned i = 0; i < world.call_count; i++) {
		size_t len = strlen(got);

		if (world.calls[i].was_cancelled)
			snprintf(got + len, sizeof(got) - len, "%s%u",
				len ? " " : "", i + 1);
	}
	check_same(got, wanted);
}

static void step_stats(const char *args)
{
	const struct cache_stats *stats = cache_stats(world.cache);
	const struct {
		const char *name;
		uint64_t value;
	} counters[] = {
		{ "hits", stats->hits },
		{ "misses", stats->misses },
		{ "joined", stats->joined },
		{ "stale", stats->stale },
		{ "negative", stats->negative },
		{ "evicted", stats->evicted },
		{ "entries", stats->entries },
	};
	char name[16];
	int value, len;
	unsigned i;

	while (sscanf(args, " %15[^=]=%d%n", name, &value, &len) == 2) {
		for (i = 0; strcmp(counters[i].name, name) != 0;)
			check(++i < sizeof(counters) / sizeof(counters[0]),
				"no such counter");
		if (counters[i].value != (uint64_t)value)
			fail_msg("step `%s`: %s is %d", world.step, name,
				(int)counters[i].value);
		args += len;
	}
}

static void step_told(const char *wanted)
{
	check_same(world.told, wanted);
	world.told[0] = '\0';
}

static void check_number(uint64_t got, const char *wanted)
{
	char text[32];

	snprintf(text, sizeof(text), "%lld", (long long)got);
	check_same(text, wanted);
}

static void run_step(const char *step)
{
	size_t len = strcspn(step, " ");
	const char *args = step[len] ? step + len + 1 : step + len;

#define IS(word) (len == strlen(word) && strncmp(step, word, len) == 0)
	world.step = step;
	if (IS("at"))
		world.now_ms = BASE_MS + strtoull(args, NULL, 10);
	else if (IS("time"))
		cache_set_time(world.cache, world.now_ms);
	else if (IS("get"))
		step_get(args);
	else if (IS("peek") || IS("peekstale"))
		step_peek(args, IS("peekstale"));
	else if (IS("put"))
		step_put(args);
	else if (IS("drop"))
		step_drop(args);
	else if (IS("dropall"))
		cache_drop_all(world.cache);
	else if (IS("cancel"))
		step_cancel(args);
	else if (IS("sent"))
		step_sent(atoi(args));
	else if (IS("reply"))
		step_reply(args);
	else if (IS("on"))
		step_on(args);
	else if (IS("told"))
		step_told(args);
	else if (IS("calls"))
		check_number(world.call_count, args);
	else if (IS("cancelled"))
		step_cancelled(args);
	else if (IS("request"))
		step_request(args);
	else if (IS("until"))
		check_number(world.last.fresh_until_ms - BASE_MS, args);
	else if (IS("fetched"))
		check_number(world.last.fetched_ms - BASE_MS, args);
	else if (IS("refuse"))
		world.refuse = errno_of(args);
	else if (IS("stats"))
		step_stats(args);
	else
		check(false, "no such step");
#undef IS
}

static void test_story(void **state)
{
	const struct story *story = *state;
	const struct cache_config config = {
		.api = (struct api *)&world,
		.max_bytes = 1 << 20,
		.ttl_ms = { [CACHE_LIST] = 10000,
			[CACHE_DETAIL] = 20000,
			[CACHE_STATIC] = 3600000,
			[CACHE_KEY] = 0,
			[CACHE_SYSTEM] = 5000,
			[CACHE_JOBS] = 1000 },
		.stale_ttl_ms = 300000,
		.negative_ttl_ms = 4000,
	};

	memset(&world, 0, sizeof(world));
	world.now_ms = BASE_MS;
	world.cache = cache_new(&config);
	assert_non_null(world.cache);
	check(strlen(story->steps) < sizeof(world.steps), "too long a story");
	strcpy(world.steps, story->steps);
	for (char *next, *step = world.steps; step; step = next) {
		next = strstr(step, "; ");
		if (next) {
			*next = '\0';
			next += 2;
		}
		run_step(step);
	}
	check_same(world.told, "");
	cache_free(world.cache);
}

int main(void)
{
	struct CMUnitTest tests[STORIES];

	for (size_t i = 0; i < STORIES; i++)
		tests[i] = (struct CMUnitTest){ .name = stories[i].name,
			.test_func = test_story,
			.initial_state = (void *)&stories[i] };
	return cmocka_run_group_tests(tests, NULL, NULL);
}
