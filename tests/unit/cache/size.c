/* SPDX-License-Identifier: MIT */
/* tests/unit/cache/size.c - the byte limit, long answers, 100,000 entries */
#include "tests/unit/cache/fake_api.h"

#include <stdio.h>
#include <string.h>
#include <time.h>

#include <uthash.h>

static struct cache *cache;

static int set_up(size_t max_bytes, struct worker *worker)
{
	struct cache_config config = { .max_bytes = max_bytes,
		.stale_ttl_ms = 300000,
		.negative_ttl_ms = 5000,
		.worker = worker };

	for (int kind = 0; kind < CACHE_KINDS; kind++)
		config.ttl_ms[kind] = 10000;
	released = 0;
	cache = cache_new(&config);
	return cache ? 0 : -1;
}

static void ready(void *ctx, const struct cache_answer *answer)
{
	uint64_t *version = ctx;

	assert_int_equal(answer->err, 0);
	assert_non_null(answer->json);
	*version = answer->version;
}

static void respond_with(
	const char *text, size_t len, json_t *json, uint64_t now_ms)
{
	struct api_answer answer = { .status = 200,
		.json = json,
		.text = text,
		.text_len = len,
		.sent_ms = (int64_t)now_ms,
		.message = "",
		.code = "" };

	assert_non_null(json);
	HASH_VALUE(text, len, answer.text_hash);
	respond(&answer);
}

/* Asks at now_ms and responds with text. Returns the version. */
static uint64_t fetch(
	enum api_endpoint endpoint, const char *text, uint64_t now_ms)
{
	uint64_t version = 0;

	assert_int_equal(ask(cache, endpoint, NULL, now_ms, ready, &version),
		-EINPROGRESS);
	respond_with(text, strlen(text), json_loads(text, 0, NULL), now_ms);
	assert_true(version > 0);
	return version;
}

/* Makes the cache hold an answer of this many bytes. */
static void put(const char *id, size_t bytes, uint64_t now_ms)
{
	static const char text[8192];
	uint64_t version;

	assert_true(bytes <= sizeof(text));
	cache_drop(cache, API_SERVICE, id);
	assert_int_equal(ask(cache, API_SERVICE, id, now_ms, ready, &version),
		-EINPROGRESS);
	respond_with(text, bytes, json_string(id), now_ms);
}

static bool is_held(const char *id)
{
	struct cache_answer answer;

	if (cache_peek_stale(cache, API_SERVICE, id, &answer))
		return false;
	assert_string_equal(json_string_value(answer.json), id);
	return true;
}

/* ---- the limit ---- */

static void use_by_get(const char *id)
{
	assert_int_equal(ask(cache, API_SERVICE, id, 2, ready, NULL), 0);
}

static void use_by_peek(const char *id)
{
	struct cache_answer answer;

	assert_int_equal(cache_peek(cache, API_SERVICE, id, 2, &answer), 0);
}

static void use_by_peek_stale(const char *id)
{
	assert_true(is_held(id));
}

static void use_by_fetch(const char *id)
{
	put(id, 2500, 2);
}

/* Of a, b, c and d, those that were used last are kept. */
static void test_least_recent(void **state)
{
	void (*const uses[])(const char *id) = { use_by_get, use_by_peek,
		use_by_peek_stale, use_by_fetch };

	(void)state;
	for (size_t i = 0; i < sizeof(uses) / sizeof(uses[0]); i++) {
		assert_int_equal(set_up(12000, NULL), 0);
		put("a", 2500, 1);
		put("b", 2500, 1);
		put("c", 2500, 1);
		put("d", 2500, 1);
		assert_int_equal(cache_stats(cache)->evicted, 0);
		uses[i]("a");
		uses[i]("c");
		put("e", 5000, 3);
		assert_int_equal(cache_stats(cache)->evicted, 2);
		assert_int_equal(cache_stats(cache)->entries, 3);
		assert_true(cache_stats(cache)->bytes <= 12000);
		assert_false(is_held("b") || is_held("d"));
		assert_true(is_held("a") && is_held("c") && is_held("e"));
		cache_free(cache);
	}
}

static void test_bytes_are_counted(void **state)
{
	uint64_t empty, with_body;

	(void)state;
	assert_int_equal(set_up(1 << 20, NULL), 0);
	put("a", 5000, 1);
	with_body = cache_stats(cache)->bytes;
	put("a", 4000, 1);
	assert_int_equal(with_body - cache_stats(cache)->bytes, 1000);
	cache_drop(cache, API_SERVICE, "a");
	empty = cache_stats(cache)->bytes;
	assert_int_equal(with_body - empty, 5000);
	assert_true(empty > 0 && empty < 400);
	/* A longer name takes more. */
	put("abcdefghij", 5000, 1);
	assert_int_equal(cache_stats(cache)->bytes - empty, with_body + 9);
	cache_free(cache);
}

static void test_over_the_limit(void **state)
{
	char *text = malloc(20000);
	uint64_t version;

	(void)state;
	assert_non_null(text);
	assert_int_equal(set_up(10000, NULL), 0);
	put("a", 2500, 1);
	snprintf(text, 20000, "[\"%015000d\"]", 7);
	version = fetch(API_SERVICES, text, 1);
	assert_true(is_held("a"));
	assert_int_equal(cache_stats(cache)->evicted, 1);
	/* The answer is passed on, and has the same version the next time. */
	assert_int_equal(fetch(API_SERVICES, text, 2), version);
	text[10] = '1';
	assert_int_not_equal(fetch(API_SERVICES, text, 3), version);
	free(text);
	cache_free(cache);
}

static void test_in_flight(void **state)
{
	uint64_t version;

	(void)state;
	assert_int_equal(set_up(10000, NULL), 0);
	put("a", 4000, 1);
	assert_int_equal(ask(cache, API_SERVICE, "a", 20000, ready, &version),
		-EINPROGRESS);
	for (int i = 0; i < 10; i++)
		put("b", 8000 - i, 20000);
	put("c", 8000, 20000);
	assert_true(is_held("a"));
	assert_false(is_held("c"));
	cache_free(cache);
}

static void absent(void *ctx, const struct cache_answer *answer)
{
	(void)ctx;
	assert_int_equal(answer->err, -ENOENT);
}

static void test_missing_names(void **state)
{
	const struct api_answer reply = { .err = -ENOENT,
		.status = 404,
		.sent_ms = 1,
		.message = "there is no such service",
		.code = "" };

	(void)state;
	assert_int_equal(set_up(100000, NULL), 0);
	for (int i = 0; i < 10000; i++) {
		char id[16];

		snprintf(id, sizeof(id), "no%d", i);
		assert_int_equal(ask(cache, API_SERVICE, id, 1, absent, NULL),
			-EINPROGRESS);
		respond(&reply);
	}
	assert_true(cache_stats(cache)->bytes <= 100000);
	assert_true(cache_stats(cache)->entries < 1000);
	cache_free(cache);
}

static void test_no_bytes(void **state)
{
	(void)state;
	assert_int_equal(set_up(0, NULL), 0);
	fetch(API_SERVICES, "[1]", 1);
	fetch(API_SERVICES, "[1]", 1);
	put("a", 1, 1);
	assert_int_equal(cache_stats(cache)->entries, 0);
	assert_int_equal(cache_stats(cache)->bytes, 0);
	cache_free(cache);
}

/* ---- long answers ---- */

/* A list of about len bytes; one of the bytes is `mark`. */
static char *long_list(size_t len, char mark)
{
	char *text = malloc(len + 16);
	size_t at = 0;

	assert_non_null(text);
	text[at++] = '[';
	while (at < len) {
		memcpy(text + at, "\"abcdef\",", 9);
		at += 9;
	}
	text[len / 9 / 2 * 9 + 4] = mark;
	memcpy(text + at, "0]", 3);
	return text;
}

static void check_versions(size_t len, const char *what)
{
	char *one = long_list(len, '1'), *two = long_list(len, '2');
	uint64_t first, second;

	print_message("%s\n", what);
	first = fetch(API_SERVICES, one, 10000);
	assert_int_equal(fetch(API_SERVICES, one, 20000), first);
	second = fetch(API_SERVICES, two, 30000);
	assert_int_not_equal(second, first);
	cache_drop(cache, API_SERVICES, NULL);
	assert_int_equal(fetch(API_SERVICES, two, 30000), second);
	assert_int_not_equal(fetch(API_SERVICES, one, 40000), second);
	cache_drop(cache, API_SERVICES, NULL);
	free(one);
	free(two);
}

static void test_versions(void **state)
{
	(void)state;
	assert_int_equal(set_up(100 << 20, NULL), 0);
	check_versions(100, "short");
	check_versions((1 << 20) - 100, "below COMPARE_MAX");
	check_versions((1 << 20) + 100, "above COMPARE_MAX");
	check_versions(8 << 20, "long");
	cache_free(cache);
}

static void test_white_space(void **state)
{
	char *one = long_list(2 << 20, '1');
	size_t len = strlen(one);
	uint64_t version;

	(void)state;
	assert_int_equal(set_up(100 << 20, NULL), 0);
	version = fetch(API_SERVICES, "[1, 2]", 10000);
	assert_int_equal(fetch(API_SERVICES, "[1,2]", 20000), version);
	version = fetch(API_SERVICES, one, 30000);
	one[len - 1] = ' ';
	memcpy(one + len, "]", 2);
	assert_int_not_equal(fetch(API_SERVICES, one, 40000), version);
	free(one);
	cache_free(cache);
}

static void test_worker_frees(void **state)
{
	struct cache_answer answer;
	json_t *held;

	(void)state;
	assert_int_equal(set_up(3000, (struct worker *)&released), 0);
	fetch(API_SERVICES, "[1]", 1);
	assert_int_equal(released, 0);
	fetch(API_SERVICES, "[2]", 10001);
	assert_int_equal(released, 1);
	/* Answers with another reference are not freed. */
	assert_int_equal(
		cache_peek_stale(cache, API_SERVICES, NULL, &answer), 0);
	held = json_incref(answer.json);
	cache_drop(cache, API_SERVICES, NULL);
	assert_int_equal(released, 1);
	assert_int_equal(held->refcount, 1);
	json_decref(held);
	fetch(API_SERVICES, "[3]", 20001);
	put("a", 2700, 20001);
	assert_int_equal(cache_stats(cache)->evicted, 1);
	assert_int_equal(released, 2);
	cache_free(cache);
	assert_int_equal(released, 3);
}

/* ---- many ---- */

static double seconds(void)
{
	struct timespec now;

	clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &now);
	return (double)now.tv_sec + (double)now.tv_nsec / 1e9;
}

#define MANY 100000

/* With a linear search a million look-ups would take an hour; the limit leaves
 * time for valgrind on a slow machine. */
static void test_many(void **state)
{
	double start = seconds();

	(void)state;
	assert_int_equal(set_up(256 << 20, NULL), 0);
	for (int round = 0; round < 10; round++) {
		for (int i = 0; i < MANY; i++) {
			char id[16];

			snprintf(id, sizeof(id), "s%d", i);
			if (round == 0)
				put(id, 100, 1);
			else
				assert_true(is_held(id));
		}
	}
	assert_int_equal(cache_stats(cache)->entries, MANY);
	cache_drop_all(cache);
	assert_int_equal(cache_stats(cache)->entries, MANY);
	assert_false(is_held("s77"));
	cache_free(cache);
	print_message("%d entries, ten times each: %.2f s\n", MANY,
		seconds() - start);
	assert_true(seconds() - start < 60);
}

static void test_many_evicted(void **state)
{
	double start = seconds();

	(void)state;
	assert_int_equal(set_up(10 << 20, NULL), 0);
	for (int i = 0; i < MANY; i++) {
		char id[16];

		snprintf(id, sizeof(id), "s%d", i);
		put(id, 1000, 1);
		assert_true(is_held(id));
	}
	assert_int_equal(
		cache_stats(cache)->evicted + cache_stats(cache)->entries,
		MANY);
	assert_true(cache_stats(cache)->bytes <= 10 << 20);
	assert_true(cache_stats(cache)->entries > 8000);
	cache_free(cache);
	assert_true(seconds() - start < 60);
}

#define NAMED(name, function)                                                  \
	{                                                                      \
		name, function, NULL, NULL, NULL                               \
	}

int main(void)
{
	const struct CMUnitTest tests[] = {
		NAMED("the least recently used is evicted", test_least_recent),
		NAMED("bytes are counted", test_bytes_are_counted),
		NAMED("an answer over the limit is passed on",
			test_over_the_limit),
		NAMED("an entry with a request in flight is not evicted",
			test_in_flight),
		NAMED("names that do not exist are limited",
			test_missing_names),
		NAMED("a limit of no bytes", test_no_bytes),
		NAMED("versions at every length", test_versions),
		NAMED("white space changes the version of long ones only",
			test_white_space),
		NAMED("the worker frees answers", test_worker_frees),
		NAMED("100,000 entries", test_many),
		NAMED("100,000 entries, room for a tenth", test_many_evicted),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
