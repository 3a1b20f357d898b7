/* SPDX-License-Identifier: MIT */
/* tests/unit/api/json.c - answers with any bytes in them, read and written */
#include <errno.h>
#include <malloc.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "api/api.h"
#include "api/json.h"
#include "tests/unit/alloc_fail.h"

#define BYTES(s) (s), sizeof(s) - 1
#define MB ((size_t)1 << 20)

struct read_case {
	const char *name;
	const char *text;
	size_t len;
	const char *bytes; /* the string that is read; NULL: not JSON */
	size_t bytes_len;
};

static const struct read_case reads[] = {
	{ "plain", BYTES("\"abc\""), BYTES("abc") },
	{ "empty", BYTES("\"\""), BYTES("") },
	{ "escapes", BYTES("\"a\\n\\t\\\"\\\\\\/\\u0041\""),
		BYTES("a\n\t\"\\/A") },
	{ "a byte order mark", BYTES("\xef\xbb\xbf\"a\""), BYTES("a") },
	{ "raw UTF-8", BYTES("\"\xc3\xa4\xe2\x82\xac\xf0\x9f\x98\x80\""),
		BYTES("\xc3\xa4\xe2\x82\xac\xf0\x9f\x98\x80") },
	{ "escaped pair", BYTES("\"\\ud83d\\ude00\""),
		BYTES("\xf0\x9f\x98\x80") },
	{ "NUL", BYTES("\"a\\u0000b\""), BYTES("a\0b") },
	{ "invalid bytes", BYTES("\"a\xff\xfe\x80z\""),
		BYTES("a\xff\xfe\x80z") },
	{ "cut off sequence", BYTES("\"\xe2\x82\""), BYTES("\xe2\x82") },
	{ "overlong", BYTES("\"\xc0\xaf\xe0\x80\xaf\""),
		BYTES("\xc0\xaf\xe0\x80\xaf") },
	{ "raw surrogate", BYTES("\"\xed\xa0\x80\""), BYTES("\xed\xa0\x80") },
	{ "above U+10FFFF", BYTES("\"\xf4\x90\x80\x80\""),
		BYTES("\xf4\x90\x80\x80") },
	{ "cut off code point of escaped bytes", BYTES("\"\xf4\x8f\xbf\""),
		BYTES("\xf4\x8f\xbf") },
	{ "the same before other bytes", BYTES("\"\xf4\x8f\xbe}\xbf\""),
		BYTES("\xf4\x8f\xbe}\xbf") },
	{ "lone high surrogate", BYTES("\"\\ud800x\""),
		BYTES("\xed\xa0\x80x") },
	{ "lone low surrogate", BYTES("\"\\udc00\""), BYTES("\xed\xb0\x80") },
	{ "two high surrogates", BYTES("\"\\uD800\\uD83D\\uDE00\""),
		BYTES("\xed\xa0\x80\xf0\x9f\x98\x80") },
	{ "the first code point of escaped bytes",
		BYTES("\"\xf4\x8f\xbe\x80\""), BYTES("\xf4\x8f\xbe\x80") },
	{ "the last code point", BYTES("\"\xf4\x8f\xbf\xbf\""),
		BYTES("\xf4\x8f\xbf\xbf") },
	{ "the one before them", BYTES("\"\xf4\x8f\xbd\xbf\""),
		BYTES("\xf4\x8f\xbd\xbf") },
	{ "cut off by the end", BYTES("\"\xf4\x8f\xbf\""),
		BYTES("\xf4\x8f\xbf") },
	{ "cut off by another",
		BYTES("\"\xf4\x8f\xbe"
		      "a\\n\""),
		BYTES("\xf4\x8f\xbe"
		      "a\n") },
	{ "the same, escaped", BYTES("\"\\udbff\\udf80\\udbff\\udfff\""),
		BYTES("\xf4\x8f\xbe\x80\xf4\x8f\xbf\xbf") },
	{ "the one before them, escaped", BYTES("\"\\udbff\\udf7f\""),
		BYTES("\xf4\x8f\xbd\xbf") },
	{ "backslash before a quote", BYTES("\"a\\\\\""), BYTES("a\\") },
	{ "escaped backslash and u", BYTES("\"\\\\ud800\""), BYTES("\\ud800") },
	{ "nothing", BYTES(""), NULL, 0 },
	{ "white space", BYTES("  \n"), NULL, 0 },
	{ "open string", BYTES("\"abc"), NULL, 0 },
	{ "open escape", BYTES("\"abc\\"), NULL, 0 },
	{ "open unit", BYTES("\"abc\\ud8"), NULL, 0 },
	{ "bad unit", BYTES("\"\\uZZZZ\""), NULL, 0 },
	{ "HTML", BYTES("<html></html>"), NULL, 0 },
	{ "two values", BYTES("\"a\" \"b\""), NULL, 0 },
	{ "raw control byte", BYTES("\"a\nb\""), NULL, 0 },
	{ "invalid byte outside", BYTES("\xff\"a\""), NULL, 0 },
	{ "closed too often", BYTES("]"), NULL, 0 },
	{ "NUL after it", BYTES("\"a\"\0"), NULL, 0 },
	{ "NUL in a key", BYTES("{\"a\\u0000b\":1}"), NULL, 0 },
};

static void all_bytes_are_read(void **state)
{
	size_t i, len;

	(void)state;
	for (i = 0; i < sizeof(reads) / sizeof(reads[0]); i++) {
		const struct read_case *row = &reads[i];
		/* an exact copy, so that a sanitizer sees reads past it */
		char *copy = memcpy(
			malloc(row->len + !row->len), row->text, row->len);
		json_t *json = json_read(copy, row->len);
		char *bytes = json_to_bytes(json, &len);

		free(copy);
		if (!row->bytes && !json)
			continue;
		if (!row->bytes || !json || len != row->bytes_len ||
			memcmp(bytes, row->bytes, len) != 0 || bytes[len])
			fail_msg("%s", row->name);
		free(bytes);
		json_decref(json);
	}
}

static void bytes_round_trip(void **state)
{
	size_t i, len, text_len, back_len;

	(void)state;
	for (i = 0; i < sizeof(reads) / sizeof(reads[0]); i++) {
		const struct read_case *row = &reads[i];
		json_t *json, *again;
		char *bytes, *text;

		if (!row->bytes)
			continue;
		json = json_from_bytes(row->bytes, row->bytes_len);
		bytes = json_to_bytes(json, &len);
		text = json_write(json, &text_len);
		again = json_read(text, text_len);
		if (len != row->bytes_len ||
			memcmp(bytes, row->bytes, len) != 0)
			fail_msg("%s", row->name);
		/* the text has the bytes themselves, not their escapes */
		if (row->bytes_len > 1 && !memchr(row->bytes, '\n', len) &&
			!memchr(row->bytes, '\\', len) &&
			!memchr(row->bytes, '\0', len) &&
			!memmem(text, text_len, row->bytes, len))
			fail_msg("%s: not raw", row->name);
		free(bytes);
		bytes = json_to_bytes(again, &back_len);
		if (back_len != len || memcmp(bytes, row->bytes, len) != 0)
			fail_msg("%s: the text", row->name);
		free(bytes);
		free(text);
		json_decref(again);
		json_decref(json);
	}
}

/* Every byte next to every other one. */
static void all_pairs_of_bytes_round_trip(void **state)
{
	char *all = malloc(3 * 65536), *bytes, *text;
	size_t i, len, text_len;
	json_t *json, *again;

	(void)state;
	for (i = 0; i < 65536; i++) {
		all[3 * i] = (char)(i >> 8);
		all[3 * i + 1] = (char)i;
		all[3 * i + 2] = '\xf4';
	}
	json = json_from_bytes(all, 3 * 65536);
	text = json_write(json, &text_len);
	assert_int_equal(json_escaped_len(all, 3 * 65536), text_len - 2);
	again = json_read(text, text_len);
	bytes = json_to_bytes(again, &len);
	assert_int_equal(len, 3 * 65536);
	assert_memory_equal(bytes, all, len);
	free(all);
	free(bytes);
	free(text);
	json_decref(json);
	json_decref(again);
}

static void write_is_compact_and_in_order(void **state)
{
	static const char text[] =
		"{\"z\":1,\"a\":[true,false,null,-5,1.5,0.1,1e30,[],{}],"
		"\"s\":\"q\\\"\\\\\\n\\u0001\xc3\xa4\xff/\x7f\"}";
	static const char pretty[] = "{\n"
				     "  \"a\": [\n"
				     "    1,\n"
				     "    {}\n"
				     "  ],\n"
				     "  \"b\": []\n"
				     "}\n";
	json_t *json = json_read(BYTES(text));
	size_t len;
	char *out = json_write(json, &len);

	(void)state;
	assert_string_equal(out,
		"{\"z\":1,\"a\":[true,false,null,-5,1.5,0.1,1e+30,[],{}],"
		"\"s\":\"q\\\"\\\\\\n\\u0001\xc3\xa4\xff/\x7f\"}");
	assert_int_equal(len, strlen(out));
	free(out);
	json_decref(json);
	json = json_read(BYTES("{\"a\":[1,{}],\"b\":[]}"));
	out = json_write_pretty(json, &len);
	assert_string_equal(out, pretty);
	assert_int_equal(len, sizeof(pretty) - 1);
	free(out);
	json_decref(json);
}

static void depth_is_limited(void **state)
{
	char text[1200];
	json_t *json;

	(void)state;
	memset(text, '[', 64);
	memset(text + 64, ']', 64);
	json = json_read(text, 128);
	assert_non_null(json);
	json_decref(json);
	memset(text, '[', 65);
	memset(text + 65, ']', 65);
	assert_int_equal(json_parse(text, 130, &json), -EMSGSIZE);
	assert_null(json);
	/* in a string they do not nest */
	memset(text, '[', sizeof(text));
	text[0] = text[sizeof(text) - 1] = '"';
	json = json_read(text, sizeof(text));
	assert_non_null(json);
	json_decref(json);
}

/* An array of about size bytes that repeats the unit. */
static char *repeated(const char *unit, size_t size, size_t *len)
{
	size_t unit_len = strlen(unit), count = size / (unit_len + 1), i;
	char *text = malloc(size + 2), *at = text;

	for (i = 0; i < count; i++) {
		*at++ = i ? ',' : '[';
		at = mempcpy(at, unit, unit_len);
	}
	*at++ = ']';
	*len = (size_t)(at - text);
	return text;
}

static size_t allocated(void)
{
	struct mallinfo2 info = mallinfo2();

	return info.uordblks + info.hblkhd;
}

/* A parsed text takes at most nine times its size plus 16 MB, and at most its
 * size plus 128 MB; denser ones are rejected. */
static void memory_is_limited(void **state)
{
	static const struct {
		const char *unit;
		size_t size;
		bool is_read;
	} rows[] = {
		{ "[]", 100000, true },
		{ "{}", 90000, true },
		{ "[]", 4 * MB, false },
		{ "[]", 64 * MB, false },
		{ "{}", 64 * MB, false },
		{ "1", 8 * MB, false },
		{ "\"\"", 8 * MB, false },
		{ "{\"\":0}", 8 * MB, false },
		{ "[[[[[[[[[[]]]]]]]]]]", 8 * MB, false },
		{ "null", 8 * MB, true },
		/* like real answers */
		{ "\"this is line 17 of an output, sixty bytes, and no more\"",
			64 * MB, true },
		{ "{\"job_id\":\"0d2b49d6-0d2b-49d6-0d2b-0d2b49d60d2b\","
		  "\"status\":\"completed\",\"language\":\"python\","
		  "\"network_mode\":\"zerotrust\",\"exit_code\":0,"
		  "\"created_at\":\"2026-11-29T08:00:00.000000Z\"}",
			8 * MB, true },
	};
	size_t i, len, before, used;
	json_t *json;
	char *text;
	int err;

	(void)state;
	for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		text = repeated(rows[i].unit, rows[i].size, &len);
		before = allocated();
		err = json_parse(text, len, &json);
		used = allocated() - before;
		if (err != (rows[i].is_read ? 0 : -EMSGSIZE))
			fail_msg("%s, %zu bytes: %d", rows[i].unit, len, err);
		assert_true(used <= 9 * len + 16 * MB);
		assert_true(used <= len + 128 * MB);
		json_decref(json);
		free(text);
	}
}

/* A text that would be mostly indentation is not indented. */
static void pretty_is_limited(void **state)
{
	size_t len, compact_len, i;
	char *text = malloc(8 * MB), *at = text, *pretty, *compact;
	json_t *json;

	(void)state;
	at = (char *)memset(at, '[', 60) + 60;
	for (i = 0; i < 20000; i++)
		at = mempcpy(at, i ? ",1" : "1", i ? 2 : 1);
	at = (char *)memset(at, ']', 60) + 60;
	json = json_read(text, (size_t)(at - text));
	assert_non_null(json);
	pretty = json_write_pretty(json, &len);
	compact = json_write(json, &compact_len);
	assert_int_equal(len, compact_len + 1);
	assert_memory_equal(pretty, compact, compact_len);
	assert_int_equal(pretty[compact_len], '\n');
	free(pretty);
	free(compact);
	free(text);
	json_decref(json);
}

static void long_strings_are_read(void **state)
{
	size_t size = 50 * 1024 * 1024, len, i;
	char *text = malloc(size + 2), *bytes;
	json_t *json;

	(void)state;
	text[0] = '"';
	for (i = 0; i < size; i++)
		text[i + 1] = "0123456789abcde\xc3\xa4\xff"[i % 18];
	text[size + 1] = '"';
	json = json_read(text, size + 2);
	bytes = json_to_bytes(json, &len);
	assert_int_equal(len, size);
	assert_memory_equal(bytes, text + 1, size);
	free(bytes);
	free(text);
	json_decref(json);
}

/* The API gives a log as `log` and as `logs`: one that is repeated takes memory
 * once. */
static void repeated_strings_are_shared(void **state)
{
	static const struct {
		const char *format;
		bool is_shared;
	} rows[] = {
		{ "{\"log\":\"%s\",\"logs\":\"%s\"}", true },
		{ "{\"log\":\"%s\",\"a\":\"b\",\"logs\":\"%s\"}", true },
		{ "{\"log\":\"%s\",\"logs\":\"%s.\"}", false },
		{ "{\"log\":\"%s\",\"logs\":\".%s\"}", false },
		{ "{\"log\":\"%s.\",\"logs\":\"%s\"}", false },
	};
	char line[5001], *text;
	json_t *json, *log, *logs;

	(void)state;
	memset(line, 'x', 5000);
	line[5000] = '\0';
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		int len = asprintf(&text, rows[i].format, line, line);

		assert_true(len > 0);
		json = json_read(text, len);
		log = json_object_get(json, "log");
		logs = json_object_get(json, "logs");
		assert_non_null(logs);
		assert_true((log == logs) == rows[i].is_shared);
		assert_true(json_equal(log, logs) == rows[i].is_shared);
		free(text);
		json_decref(json);
	}
}

/* Each allocation in turn fails, jansson's too; nothing leaks or crashes. */
static void out_of_memory(void **state)
{
	static const char text[] =
		"{\"a\":[1,2.5,\"x\xff\\ud800\",\"a string of more than a "
		"hundred bytes, all of them to be there in the end, for it "
		"is read as a whole or not at all\\n\"],\"b\":null,\"a key "
		"of more than the sixty-four bytes that need no memory of "
		"their own\":{}}";
	int failures = 0, err = -ENOMEM;
	json_t *json = NULL;
	size_t len;
	long n;

	(void)state;
	for (n = 1; err; n++) {
		alloc_fail_at = n;
		err = json_parse(BYTES(text), &json);
		alloc_fail_at = 0;
		if (err) {
			assert_null(json);
			assert_int_equal(err, -ENOMEM);
			failures++;
		}
	}
	assert_true(failures >= 15);
	for (n = 1, failures = 0;; n++, failures++) {
		char *out;

		alloc_fail_at = n;
		out = json_write(json, &len);
		alloc_fail_at = 0;
		free(out);
		if (out)
			break;
	}
	assert_true(failures >= 1);
	json_decref(json);
	for (n = 1, failures = 0;; n++, failures++) {
		alloc_fail_at = n;
		json = json_from_bytes("\xff", 1);
		alloc_fail_at = 0;
		json_decref(json);
		if (json)
			break;
	}
	assert_true(failures >= 2);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(all_bytes_are_read),
		cmocka_unit_test(bytes_round_trip),
		cmocka_unit_test(all_pairs_of_bytes_round_trip),
		cmocka_unit_test(write_is_compact_and_in_order),
		cmocka_unit_test(depth_is_limited),
		cmocka_unit_test(memory_is_limited),
		cmocka_unit_test(pretty_is_limited),
		cmocka_unit_test(long_strings_are_read),
		cmocka_unit_test(repeated_strings_are_shared),
		cmocka_unit_test(out_of_memory),
	};

	json_set_alloc_funcs(__wrap_malloc, free);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
