/* SPDX-License-Identifier: MIT */
/* tests/unit/fs/base/json.c - times in records */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "fs/base/json.h"

static void test_round_trip(void **state)
{
	static const struct timespec times[] = {
		{ 0, 0 },
		{ 1, 999999999 },
		{ -1, 5 },
		{ INT64_MAX, 1 },
		{ INT64_MIN, 0 },
	};
	(void)state;

	for (size_t i = 0; i < sizeof(times) / sizeof(*times); i++) {
		struct timespec at = { 7, 7 };
		json_t *pair = json_from_timespec(&times[i]);

		assert_int_equal(json_to_timespec(pair, &at), 0);
		assert_true(at.tv_sec == times[i].tv_sec);
		assert_int_equal(at.tv_nsec, times[i].tv_nsec);
		json_decref(pair);
	}
}

static void test_damaged(void **state)
{
	static const char *const texts[] = { "null", "[]", "{}", "[1]", "7",
		"[\"1\",2]", "[1,\"2\"]", "[1,-1]", "[1,1000000000]",
		"[1.5,0]" };
	(void)state;

	for (size_t i = 0; i < sizeof(texts) / sizeof(*texts); i++) {
		struct timespec at = { 7, 8 };
		json_t *pair = json_loads(texts[i], JSON_DECODE_ANY, NULL);

		assert_non_null(pair);
		assert_int_equal(json_to_timespec(pair, &at), -EINVAL);
		assert_int_equal(at.tv_sec, 7);
		assert_int_equal(at.tv_nsec, 8);
		json_decref(pair);
	}
	assert_int_equal(
		json_to_timespec(NULL, &(struct timespec){ 0 }), -EINVAL);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_round_trip),
		cmocka_unit_test(test_damaged),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
