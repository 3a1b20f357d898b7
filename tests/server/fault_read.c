/* SPDX-License-Identifier: MIT */
/* tests/server/fault_read.c - reads a fault rule from JSON */
#include "fault.h"

#include <errno.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base64.h"

/*
 * One row for each member of a rule: the reader for its type stores the value
 * at its offset, and returns false if the value is invalid.
 */
struct member {
	const char *name;
	bool (*read)(void *place, const json_t *value);
	size_t offset;
};

static bool read_point(void *place, const json_t *value)
{
	static const char *const words[] = { "before", "headers", "body" };
	const char *word = json_string_value(value);
	int i;

	for (i = 0; word && i < 3; i++) {
		if (strcmp(word, words[i]))
			continue;
		*(enum fault_point *)place = FAULT_BEFORE + i;
		return true;
	}
	return false;
}

static bool read_word(void *place, const json_t *value)
{
	char **word = place;

	if (!json_is_string(value))
		return false;
	free(*word);
	*word = strdup(json_string_value(value));
	return *word;
}

static bool read_number(void *place, const json_t *value)
{
	*(long long *)place = json_integer_value(value);
	return json_is_integer(value) && json_integer_value(value) >= 0;
}

static bool read_times(void *place, const json_t *value)
{
	json_int_t number = json_integer_value(value);

	*(long long *)place = number ? number : -1;
	return json_is_integer(value) && number >= 0;
}

static bool read_status(void *place, const json_t *value)
{
	json_int_t number = json_integer_value(value);

	*(int *)place = number;
	return number >= 100 && number <= 999;
}

static bool read_bool(void *place, const json_t *value)
{
	*(bool *)place = json_is_true(value);
	return json_is_boolean(value);
}

/* A body is a string, or any other JSON, which is sent as it is. */
static bool read_body(void *place, const json_t *value)
{
	struct text *body = place;
	char *dump;

	text_clear(body);
	text_puts(body, "");
	if (json_is_string(value)) {
		text_add(body, json_string_value(value),
			json_string_length(value));
		return true;
	}
	dump = json_dumps(value, JSON_COMPACT);
	if (!dump)
		return false;
	text_puts(body, dump);
	free(dump);
	return true;
}

/* A JSON object of this many bytes. */
static bool read_fill(void *place, const json_t *value)
{
	static const char head[] = "{\"filler\":\"", tail[] = "\"}";
	const json_int_t frame = sizeof(head) - 1 + sizeof(tail) - 1;
	json_int_t len = json_integer_value(value) - frame;
	struct text *body = place;
	char *filler;

	if (len < 0 || len > 1LL << 30)
		return false;
	text_clear(body);
	text_puts(body, head);
	filler = text_room(body, len);
	if (!filler)
		return false;
	memset(filler, 'x', len);
	body->len += len;
	text_puts(body, tail);
	return true;
}

static bool read_base64(void *place, const json_t *value)
{
	text_clear(place);
	return json_is_string(value) &&
		base64_decode(place, json_string_value(value),
			json_string_length(value)) == 0;
}

static bool read_headers(void *place, const json_t *value)
{
	json_t **headers = place;
	const char *name;
	json_t *each;

	json_object_foreach ((json_t *)value, name, each) {
		if (!json_is_string(each))
			return false;
	}
	json_decref(*headers);
	*headers = json_deep_copy(value);
	return json_is_object(value) && *headers;
}

static const struct member members[] = {
	{ "method", read_word, offsetof(struct fault, method) },
	{ "path", read_word, offsetof(struct fault, path) },
	{ "times", read_times, offsetof(struct fault, times) },
	{ "after", read_bool, offsetof(struct fault, is_after) },
	{ "delay_ms", read_number, offsetof(struct fault, delay_ms) },
	{ "status", read_status, offsetof(struct fault, status) },
	{ "body", read_body, offsetof(struct fault, body) },
	{ "body_base64", read_base64, offsetof(struct fault, body) },
	{ "fill", read_fill, offsetof(struct fault, body) },
	{ "headers", read_headers, offsetof(struct fault, headers) },
	{ "hang", read_point, offsetof(struct fault, hang) },
	{ "close", read_point, offsetof(struct fault, close) },
	{ "reset", read_bool, offsetof(struct fault, is_reset) },
	{ "truncate", read_number, offsetof(struct fault, truncate) },
	{ "content_length", read_number,
		offsetof(struct fault, content_length) },
	{ "endless", read_bool, offsetof(struct fault, is_endless) },
	{ "garbage", read_bool, offsetof(struct fault, is_garbage) },
	{ "drip_ms", read_number, offsetof(struct fault, drip_ms) },
	{ "raw_base64", read_base64, offsetof(struct fault, raw) },
};

static bool read_member(
	struct fault *fault, const char *name, const json_t *value)
{
	size_t i;

	for (i = 0; i < sizeof(members) / sizeof(*members); i++)
		if (!strcmp(members[i].name, name))
			return members[i].read(
				(char *)fault + members[i].offset, value);
	return false;
}

int fault_read(struct fault *fault, const json_t *rule, struct reply *reply)
{
	const char *name;
	json_t *value;
	char message[128];

	fault->times = -1;
	fault->truncate = -1;
	fault->content_length = -1;
	fault->method = strdup("*");
	fault->path = strdup("*");
	if (!json_is_object(rule)) {
		reply_error(reply, 400, "BAD_RULE", "a rule is an object");
		return -EINVAL;
	}
	json_object_foreach ((json_t *)rule, name, value) {
		if (read_member(fault, name, value))
			continue;
		snprintf(message, sizeof(message), "not understood: %.80s",
			name);
		reply_error(reply, 400, "BAD_RULE", message);
		return -EINVAL;
	}
	if (fault->body.data && !fault->status)
		fault->status = 200;
	return 0;
}
