/* SPDX-License-Identifier: MIT */
/* tests/fuzz/json.c - an answer that is written is read the same */
#include <string.h>
#include <strings.h>

#include "api/api.h"
#include "api/json.h"
#include "tests/fuzz/fuzz.h"

static void check_again(const json_t *json, char *text, size_t len)
{
	json_t *again;

	HOLDS(text);
	again = json_read(text, len);
	HOLDS(again);
	HOLDS(json_equal(again, json));
	json_decref(again);
	free(text);
}

static void check_values(const json_t *json)
{
	static const char *const names[] = { "stdout|output", "status", "a",
		NULL };
	struct timespec time;
	int64_t integer;
	size_t len;
	char *text;

	for (int i = 0; names[i]; i++) {
		const json_t *value = json_member(json, names[i]);

		json_to_integer(value, &integer);
		if (json_time(value, &time) == 0)
			HOLDS(time.tv_nsec >= 0 && time.tv_nsec < 1000000000);
		text = json_value_text(value, &len);
		HOLDS(text);
		HOLDS(text[len] == '\0');
		free(text);
		text = json_to_bytes(value, &len);
		HOLDS(!text || text[len] == '\0');
		free(text);
	}
	json_time(json, &time);
	json_to_integer(json, &integer);
}

/* Text between quotes that comes in two pieces gives these bytes. */
static void check_decoded(
	const char *text, size_t text_len, const char *bytes, size_t len)
{
	struct json_decoded out = { .bytes = malloc(
					    text_len + JSON_DECODE_SPARE) };
	size_t first = (unsigned char)text[text_len / 2] % (text_len + 1);
	size_t used = json_string_decode(text, first, false, &out);

	used += json_string_decode(text + used, text_len - used, true, &out);
	HOLDS(used == text_len && !out.is_malformed);
	HOLDS(out.len == len && !memcmp(out.bytes, bytes, len));
	HOLDS(out.escaped_len == text_len);
	free(out.bytes);
}

/* Any bytes round-trip through JSON. */
static void check_bytes(const uint8_t *bytes, size_t len)
{
	json_t *string = json_from_bytes(bytes, len), *again;
	size_t text_len, back_len;
	char *text, *back;

	HOLDS(string);
	text = json_write(string, &text_len);
	HOLDS(text);
	again = json_read(text, text_len);
	HOLDS(again);
	back = json_to_bytes(again, &back_len);
	HOLDS(back && back_len == len && !memcmp(back, bytes, len));
	check_decoded(text + 1, text_len - 2, back, len);
	json_decref(string);
	json_decref(again);
	free(text);
	free(back);
}

/* json_parse_list accepts the same texts, and each item parses. */
static void check_list(const char *text, size_t len, bool is_json)
{
	json_t *list, *item, *object;
	size_t i;

	json_parse_list(text, len, &list);
	HOLDS(is_json == (list != NULL));
	json_array_foreach (list, i, item) {
		object = json_list_item(item);
		HOLDS(json_is_null(item) || json_is_object(object));
		json_decref(object);
	}
	json_decref(list);
}

/* Compares with jansson's own reader if both accept the text: jansson has
 * another limit of depth, and does not escape bytes. */
static void check_same(const json_t *json, const char *text, size_t len)
{
	size_t nests = 0;
	bool has_escapes = false;
	json_t *other =
		json_loadb(text, len, JSON_ALLOW_NUL | JSON_DECODE_ANY, NULL);

	for (size_t i = 0; i < len; i++) {
		nests += text[i] == '[' || text[i] == '{';
		has_escapes |= text[i] == '\xf4' ||
			(len - i > 5 && !strncasecmp(text + i, "\\udbff", 6));
	}
	/* jansson ignores a NUL after a number */
	if (other && nests <= 256 && !memchr(text, '\0', len))
		HOLDS(json && (has_escapes || json_equal(json, other)));
	json_decref(other);
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len)
{
	json_t *json = json_read((const char *)bytes, len);
	size_t out_len;
	char *text;

	check_bytes(bytes, len);
	check_same(json, (const char *)bytes, len);
	check_list((const char *)bytes, len, json);
	if (!json)
		return 0;
	text = json_write(json, &out_len);
	check_again(json, text, out_len);
	text = json_write_pretty(json, &out_len);
	check_again(json, text, out_len);
	check_values(json);
	json_decref(json);
	return 0;
}
