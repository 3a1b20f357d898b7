/* SPDX-License-Identifier: MIT */
/* tests/unit/cache/memory.c - the 1st, 2nd, ... allocation fails */
#include "tests/unit/cache/fake_api.h"

#include <stdio.h>
#include <string.h>

/* The Makefile wraps what is called __wrap_ here. */
void *__real_malloc(size_t size);
void *__real_calloc(size_t count, size_t size);
void *__real_realloc(void *old, size_t size);
void *__wrap_malloc(size_t size);
void *__wrap_calloc(size_t count, size_t size);
void *__wrap_realloc(void *old, size_t size);

static int until_failure; /* 0: none fails */
static bool has_failed;

static bool must_fail(void)
{
	if (until_failure == 0 || --until_failure > 0)
		return false;
	has_failed = true;
	return true;
}

void *__wrap_malloc(size_t size)
{
	return must_fail() ? NULL : __real_malloc(size);
}

void *__wrap_calloc(size_t count, size_t size)
{
	return must_fail() ? NULL : __real_calloc(count, size);
}

void *__wrap_realloc(void *old, size_t size)
{
	return must_fail() ? NULL : __real_realloc(old, size);
}

static const struct cache_config config = {
	.max_bytes = 10 << 20,
	.ttl_ms = { 1000, 1000, 1000, 1000, 1000, 1000 },
	.stale_ttl_ms = 100000,
	.negative_ttl_ms = 1000,
};

struct memory_case {
	const char *name;
	int status, err;
	const char *body;
};

static void ready(void *ctx, const struct cache_answer *answer)
{
	const struct memory_case *row = ctx;

	assert_int_equal(answer->err, row->err);
	assert_int_equal(!answer->json, !!row->err);
	assert_string_equal(answer->message, row->err ? "said by the API" : "");
}

static void reply(const struct memory_case *row)
{
	const struct api_answer answer = { .err = row->err,
		.status = row->status,
		.text = row->body,
		.text_len = row->body ? strlen(row->body) : 0,
		.text_hash = 1,
		.json = row->body ? json_pack("[i]", 7) : NULL,
		.sent_ms = 1,
		.message = row->err ? "said by the API" : "",
		.code = "" };

	respond(&answer);
}

/* Uses a cache from cache_new to cache_free; at most one call fails. */
static void use_cache(const struct memory_case *row)
{
	struct cache *cache = cache_new(&config);
	int err;

	if (!cache) {
		assert_true(has_failed);
		return;
	}
	for (uint64_t now_ms = 1; now_ms < 10000; now_ms += 3000) {
		for (int attempt = 0;; attempt++) {
			err = ask(cache, API_SERVICE, "web", now_ms, ready,
				(void *)row);
			if (err != -ENOMEM)
				break;
			assert_true(has_failed && attempt == 0);
			/* Nothing waits, so no request may be in flight. */
			assert_true(LIST_EMPTY(&calls));
		}
		assert_int_equal(err, -EINPROGRESS);
		reply(row);
	}
	cache_drop(cache, API_SERVICE, "web");
	cache_free(cache);
}

static void test_memory(void **state)
{
	int at = 0;

	do {
		has_failed = false;
		until_failure = ++at;
		use_cache(*state);
	} while (has_failed);
	until_failure = 0;
	print_message("%d allocations\n", at - 1);
	assert_true(at > 8);
}

/* The second allocation for each new entry fails; for some entries that is a
 * larger table. Each entry is added when it is asked for again. */
static void test_growth(void **state)
{
	struct memory_case row = { .status = 200, .body = "[7]" };
	struct cache *cache = cache_new(&config);
	struct cache_answer answer;
	char id[16];

	(void)state;
	assert_non_null(cache);
	for (int i = 0; i < 1000; i++) {
		snprintf(id, sizeof(id), "%d", i);
		until_failure = 2;
		assert_int_equal(
			ask(cache, API_SERVICE, id, 1, ready, &row), -ENOMEM);
		until_failure = 0;
		assert_int_equal(cache_stats(cache)->entries, i);
		assert_int_equal(ask(cache, API_SERVICE, id, 1, ready, &row),
			-EINPROGRESS);
		reply(&row);
	}
	for (int i = 0; i < 1000; i++) {
		snprintf(id, sizeof(id), "%d", i);
		assert_int_equal(
			cache_peek(cache, API_SERVICE, id, 1, &answer), 0);
	}
	cache_free(cache);
}

static const struct memory_case cases[] = {
	{ "an answer", 200, 0, "[7]" },
	{ "404", 404, -ENOENT, NULL },
	{ "500", 500, -EREMOTEIO, NULL },
	{ "403", 403, -EACCES, NULL },
};

#define CASES (sizeof(cases) / sizeof(cases[0]))

int main(void)
{
	struct CMUnitTest tests[CASES + 1] = {
		{ .name = "a larger table", .test_func = test_growth },
	};

	for (size_t i = 0; i < CASES; i++)
		tests[i + 1] = (struct CMUnitTest){ .name = cases[i].name,
			.test_func = test_memory,
			.initial_state = (void *)&cases[i] };
	return cmocka_run_group_tests(tests, NULL, NULL);
}
