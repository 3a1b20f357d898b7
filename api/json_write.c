/* SPDX-License-Identifier: MIT */
/* api/json_write.c - JSON as text, held bytes put back as they were */
#include "api/json.h"

#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "api/api.h"
#include "api/bytes.h"

struct writer {
	struct text text;
	bool is_pretty;
	int depth;
	int err; /* the first; what comes after it is not written */
};

static void put(struct writer *writer, const char *bytes, size_t len)
{
	if (!writer->err)
		writer->err = text_add(&writer->text, bytes, len);
}

static bool is_special(char c)
{
	return (unsigned char)c < 0x20 || c == '"' || c == '\\' || c == '\xf4';
}

static void put_control(struct writer *writer, char c)
{
	static const char letters[] = "\bb\ff\nn\rr\tt\"\"\\\\";
	const char *letter = letters;
	char text[8];
	int n;

	while (*letter && *letter != c)
		letter += 2;
	if (c && *letter)
		n = snprintf(text, sizeof(text), "\\%c", letter[1]);
	else
		n = snprintf(text, sizeof(text), "\\u%04x", (unsigned)c);
	put(writer, text, (size_t)n);
}

static void put_string(struct writer *writer, const char *s, size_t len)
{
	const char *end = s + len, *run;
	char byte;

	put(writer, "\"", 1);
	while (s < end) {
		for (run = s; s < end && !is_special(*s); s++)
			;
		put(writer, run, (size_t)(s - run));
		if (s == end)
			break;
		if (bytes_is_held(s, (size_t)(end - s))) {
			byte = bytes_let_go(s);
			put(writer, &byte, 1);
			s += 4;
		} else if (*s == '\xf4') {
			put(writer, s++, 1);
		} else {
			put_control(writer, *s++);
		}
	}
	put(writer, "\"", 1);
}

static void put_line(struct writer *writer)
{
	int i;

	if (!writer->is_pretty)
		return;
	put(writer, "\n", 1);
	for (i = 0; i < writer->depth; i++)
		put(writer, "  ", 2);
}

static void put_value(struct writer *writer, const json_t *value);

static void put_object(struct writer *writer, const json_t *object)
{
	json_t *members = (json_t *)object; /* jansson's iterators want it */
	void *at = json_object_iter(members);
	bool is_empty = !at;

	put(writer, "{", 1);
	writer->depth++;
	while (at) {
		const char *key = json_object_iter_key(at);

		put_line(writer);
		put_string(writer, key, json_object_iter_key_len(at));
		put(writer, ": ", writer->is_pretty ? 2 : 1);
		put_value(writer, json_object_iter_value(at));
		at = json_object_iter_next(members, at);
		if (at)
			put(writer, ",", 1);
	}
	writer->depth--;
	if (!is_empty)
		put_line(writer);
	put(writer, "}", 1);
}

static void put_array(struct writer *writer, const json_t *array)
{
	size_t count = json_array_size(array), i;

	put(writer, "[", 1);
	writer->depth++;
	for (i = 0; i < count; i++) {
		put_line(writer);
		put_value(writer, json_array_get(array, i));
		if (i + 1 < count)
			put(writer, ",", 1);
	}
	writer->depth--;
	if (count)
		put_line(writer);
	put(writer, "]", 1);
}

int json_add_real(struct text *text, double real)
{
	char digits[40], *c;
	int precision = 15;

	do {
		snprintf(digits, sizeof(digits) - 2, "%.*g", precision, real);
	} while (strtod(digits, NULL) != real && ++precision <= 17);
	for (c = digits; *c; c++)
		if (!strchr("0123456789+-einfa", *c))
			*c = '.'; /* a locale's comma */
	if (!strpbrk(digits, ".eina"))
		strcat(digits, ".0");
	return text_add_string(text, digits);
}

static void put_integer(struct writer *writer, json_int_t integer)
{
	char digits[32];
	int n = snprintf(
		digits, sizeof(digits), "%" JSON_INTEGER_FORMAT, integer);

	put(writer, digits, (size_t)n);
}

static void put_value(struct writer *writer, const json_t *value)
{
	if (writer->err)
		return;
	switch (value ? json_typeof(value) : JSON_NULL) {
	case JSON_OBJECT:
		put_object(writer, value);
		break;
	case JSON_ARRAY:
		put_array(writer, value);
		break;
	case JSON_STRING:
		put_string(writer, json_string_value(value),
			json_string_length(value));
		break;
	case JSON_INTEGER:
		put_integer(writer, json_integer_value(value));
		break;
	case JSON_REAL:
		writer->err =
			json_add_real(&writer->text, json_real_value(value));
		break;
	case JSON_TRUE:
		put(writer, "true", 4);
		break;
	case JSON_FALSE:
		put(writer, "false", 5);
		break;
	case JSON_NULL:
		put(writer, "null", 4);
		break;
	}
}

int json_add(struct text *text, const json_t *value)
{
	struct writer writer = { .text = *text };

	put_value(&writer, value);
	*text = writer.text;
	return writer.err;
}

static char *write_all(const json_t *value, bool is_pretty, size_t *len)
{
	struct writer writer = { .is_pretty = is_pretty };

	put_value(&writer, value);
	if (is_pretty)
		put(&writer, "\n", 1);
	if (!writer.err)
		return text_take(&writer.text, len);
	text_clear(&writer.text);
	return NULL;
}

char *json_write(const json_t *value, size_t *len)
{
	return write_all(value, false, len);
}

char *json_write_pretty(const json_t *value, size_t *len)
{
	return write_all(value, true, len);
}
