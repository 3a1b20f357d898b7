/* SPDX-License-Identifier: MIT */
/* tests/unit/api/value.c - values of an answer, in any of their forms */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "api/api.h"

#define BYTES(s) (s), sizeof(s) - 1

struct value_case {
	const char *json;
	const char *text;
};

static const struct value_case values[] = {
	{ "true", "1" },
	{ "false", "0" },
	{ "null", "" },
	{ "42", "42" },
	{ "-9223372036854775808", "-9223372036854775808" },
	{ "99999999999999999999", "1e+20" },
	{ "0.1", "0.1" },
	{ "2.0", "2.0" },
	{ "12.345678901234567", "12.345678901234567" },
	{ "\"a b\"", "a b" },
	{ "\"\"", "" },
	{ "\"\xff\"", "\xff" },
	{ "[]", "" },
	{ "[80,443]", "80\n443" },
	{ "[\"a\",true,null,[1,2],{\"b\":1}]", "a\n1\n\n[1,2]\n{\"b\":1}" },
	{ "{\"a\":{\"b\":[1]}}", "{\"a\":{\"b\":[1]}}" },
};

static void values_are_text(void **state)
{
	size_t i, len;

	(void)state;
	for (i = 0; i < sizeof(values) / sizeof(values[0]); i++) {
		json_t *json =
			json_read(values[i].json, strlen(values[i].json));
		char *text = json_value_text(json, &len);

		if (!text || strcmp(text, values[i].text) != 0 ||
			len != strlen(values[i].text))
			fail_msg("%s: %s", values[i].json, text);
		free(text);
		json_decref(json);
	}
}

static void members_have_many_names(void **state)
{
	json_t *json = json_read(
		BYTES("{\"status\":\"a\",\"state\":null,\"id\":1,\"\":2}"));

	(void)state;
	assert_ptr_equal(json_member(json, "state|status"),
		json_object_get(json, "status"));
	assert_ptr_equal(
		json_member(json, "id|status"), json_object_get(json, "id"));
	assert_null(json_member(json, "state"));
	assert_null(json_member(json, "stat"));
	assert_null(json_member(json, "statuses"));
	assert_null(json_member(NULL, "a"));
	assert_null(json_member(json_object_get(json, "id"), "a"));
	json_decref(json);
}

struct integer_case {
	const char *json;
	int err;
	int64_t value;
};

static const struct integer_case integers[] = {
	{ "5", 0, 5 },
	{ "-5", 0, -5 },
	{ "5.9", 0, 5 },
	{ "\"5\"", 0, 5 },
	{ "\" 5 \"", 0, 5 },
	{ "\"9007199254740993\"", 0, 9007199254740993 },
	{ "\"5.5\"", 0, 5 },
	{ "\"1e3\"", 0, 1000 },
	{ "\"\"", -EPROTO, 0 },
	{ "\"5x\"", -EPROTO, 0 },
	{ "\"x\"", -EPROTO, 0 },
	{ "\"0x10\"", -EPROTO, 0 },
	{ "\"nan\"", -EPROTO, 0 },
	{ "\"inf\"", -EPROTO, 0 },
	{ "\"1e999\"", -EPROTO, 0 },
	{ "1e300", -EPROTO, 0 },
	{ "true", -EPROTO, 0 },
	{ "null", -EPROTO, 0 },
	{ "[5]", -EPROTO, 0 },
};

static void integers_come_in_three_forms(void **state)
{
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(integers) / sizeof(integers[0]); i++) {
		const struct integer_case *row = &integers[i];
		json_t *json = json_read(row->json, strlen(row->json));
		int64_t value = 0;
		int err = json_to_integer(json, &value);

		if (err != row->err || (!err && value != row->value))
			fail_msg("%s: %d, %lld", row->json, err,
				(long long)value);
		json_decref(json);
	}
	assert_int_equal(json_to_integer(NULL, &(int64_t){ 0 }), -EPROTO);
}

struct time_case {
	const char *json;
	int err;
	int64_t s;
	long ns;
};

/* The seconds are those of date(1): date -u -d ... +%s */
static const struct time_case times[] = {
	{ "\"2025-01-11T12:00:00Z\"", 0, 1736596800, 0 },
	{ "\"2025-01-11T12:00:00.5Z\"", 0, 1736596800, 500000000 },
	{ "\"2025-01-11T12:00:00.123456789123Z\"", 0, 1736596800, 123456789 },
	{ "\"2025-01-11T12:00:00,25z\"", 0, 1736596800, 250000000 },
	{ "\"2025-01-11 12:00:00\"", 0, 1736596800, 0 },
	{ "\"2025-01-11 12:00:00 UTC\"", 0, 1736596800, 0 },
	{ "\"2025-01-11T14:00:00+02:00\"", 0, 1736596800, 0 },
	{ "\"2025-01-11T08:30:00-0330\"", 0, 1736596800, 0 },
	{ "\"2025-01-11T14:00:00+02\"", 0, 1736596800, 0 },
	{ "\"2025-01-11T12:00Z\"", 0, 1736596800, 0 },
	{ "\"2025-01-11\"", 0, 1736553600, 0 },
	{ "\"1969-12-31T23:59:59.5Z\"", 0, -1, 500000000 },
	{ "\"2024-02-29T00:00:00Z\"", 0, 1709164800, 0 },
	{ "1736596800", 0, 1736596800, 0 },
	{ "1736596800.5", 0, 1736596800, 500000000 },
	{ "1736596800500", 0, 1736596800, 500000000 },
	{ "-1.5", 0, -2, 500000000 },
	{ "\"1736596800\"", 0, 1736596800, 0 },
	{ "\"1736596800.25\"", 0, 1736596800, 250000000 },
	{ "\"\"", -EPROTO, 0, 0 },
	{ "\"soon\"", -EPROTO, 0, 0 },
	{ "\"2025-13-01T00:00:00Z\"", -EPROTO, 0, 0 },
	{ "\"2025-01-32T00:00:00Z\"", -EPROTO, 0, 0 },
	{ "\"2025-01-11T24:00:00Z\"", -EPROTO, 0, 0 },
	{ "\"2025-01-11T12:60:00Z\"", -EPROTO, 0, 0 },
	{ "\"2025-01-11T1\"", -EPROTO, 0, 0 },
	{ "\"2025-01-11T12:00:00+\"", -EPROTO, 0, 0 },
	{ "\"2025-01-11T12:00:00+2:00\"", -EPROTO, 0, 0 },
	{ "\"2025-01-11T12:00:00Zjunk\"", -EPROTO, 0, 0 },
	{ "1e300", -EPROTO, 0, 0 },
	{ "true", -EPROTO, 0, 0 },
	{ "null", -EPROTO, 0, 0 },
	{ "{}", -EPROTO, 0, 0 },
};

static void times_come_in_three_forms(void **state)
{
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(times) / sizeof(times[0]); i++) {
		const struct time_case *row = &times[i];
		json_t *json = json_read(row->json, strlen(row->json));
		struct timespec ts = { 0 };
		int err = json_time(json, &ts);

		if (err != row->err ||
			(!err &&
				(ts.tv_sec != row->s || ts.tv_nsec != row->ns)))
			fail_msg("%s: %d, %lld.%09ld", row->json, err,
				(long long)ts.tv_sec, ts.tv_nsec);
		json_decref(json);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(values_are_text),
		cmocka_unit_test(members_have_many_names),
		cmocka_unit_test(integers_come_in_three_forms),
		cmocka_unit_test(times_come_in_three_forms),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
