/* SPDX-License-Identifier: MIT */
/* api/json_write.c - JSON as text, with the bytes that its strings stand for */
#include <limits.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/param.h>

#include "api/api.h"
#include "api/bytes.h"
#include "api/text.h"

/*
 * jansson's own writer takes eight times as long for a long output. It cannot
 * write the bytes that strings stand for, and writes 0.1 as
 * 0.10000000000000001.
 */
struct writer {
	struct text text;
	bool is_pretty;
	size_t blank;  /* bytes of indentation */
	bool is_blank; /* too much of the text is indentation */
};

/* Sixty levels of empty lists would have thirty blanks for each byte. */
#define BLANK_FREE 65536
#define BLANK_MAX(len) (BLANK_FREE + 3 * ((len) / 4))

enum { COPY_MIN = 64 };

static void write_escape(struct text *text, unsigned char byte)
{
	static const char names[UCHAR_MAX + 1] = { ['"'] = '"',
		['\\'] = '\\',
		['\b'] = 'b',
		['\f'] = 'f',
		['\n'] = 'n',
		['\r'] = 'r',
		['\t'] = 't' };
	char escape[8] = { '\\', names[byte] };

	if (!names[byte])
		snprintf(escape, sizeof(escape), "\\u%04X", byte);
	text_add_string(text, escape);
}

static size_t beyond_ascii(const char *s, size_t len)
{
	size_t at = 0;

	while (at < len && s[at] & 0x80)
		at++;
	return at;
}

static void write_string(struct text *text, const char *s, size_t len)
{
	size_t room, n;

	text_add(text, "\"", 1);
	text_reserve(text, len);
	while (len && !text_reserve(text, COPY_MIN)) {
		room = MIN(len, text->size - text->len - 1);
		n = bytes_copy_plain(text->data + text->len, s, room);
		text->len += n;
		if (n < room && s[n] & 0x80) {
			s += n;
			len -= n;
			n = beyond_ascii(s, len);
			if (!text_reserve(text, n))
				text->len += bytes_unescape(
					text->data + text->len, s, n);
		} else if (n < room) {
			write_escape(text, s[n++]);
		}
		s += n;
		len -= n;
	}
	text_add(text, "\"", 1);
}

/* Finds the fewest digits that read back as the same number. */
static void write_real(struct text *text, double real)
{
	char number[40];
	int precision = 15;

	do {
		snprintf(number, sizeof(number) - 2, "%.*g", precision, real);
	} while (strtod(number, NULL) != real && ++precision <= 17);
	if (!strpbrk(number, ".e"))
		strcat(number, ".0");
	text_add_string(text, number);
}

static void write_value(
	struct writer *writer, const json_t *value, unsigned depth);

static void write_line(struct writer *writer, unsigned depth)
{
	if (!writer->is_pretty)
		return;
	writer->blank += 1 + 2 * depth;
	writer->is_blank |= writer->blank > BLANK_MAX(writer->text.len);
	text_add(&writer->text, "\n", 1);
	for (; depth && !writer->is_blank; depth--)
		text_add(&writer->text, "  ", 2);
}

static void write_array(
	struct writer *writer, const json_t *array, unsigned depth)
{
	const json_t *item;
	size_t i;

	text_add(&writer->text, "[", 1);
	json_array_foreach (array, i, item) {
		text_add(&writer->text, ",", i > 0);
		write_line(writer, depth + 1);
		if (writer->is_blank)
			return;
		write_value(writer, item, depth + 1);
	}
	if (i)
		write_line(writer, depth);
	text_add(&writer->text, "]", 1);
}

static void write_object(
	struct writer *writer, const json_t *object, unsigned depth)
{
	struct text *text = &writer->text;
	const char *name;
	json_t *value;
	bool is_first = true;

	text_add(text, "{", 1);
	json_object_foreach ((json_t *)object, name, value) {
		text_add(text, ",", !is_first);
		write_line(writer, depth + 1);
		if (writer->is_blank)
			return;
		write_string(text, name, strlen(name));
		text_add(text, ": ", 1 + writer->is_pretty);
		write_value(writer, value, depth + 1);
		is_first = false;
	}
	if (!is_first)
		write_line(writer, depth);
	text_add(text, "}", 1);
}

static void write_value(
	struct writer *writer, const json_t *value, unsigned depth)
{
	struct text *text = &writer->text;
	char number[24];

	if (json_is_object(value)) {
		write_object(writer, value, depth);
	} else if (json_is_array(value)) {
		write_array(writer, value, depth);
	} else if (json_is_string(value)) {
		write_string(text, json_string_value(value),
			json_string_length(value));
	} else if (json_is_real(value)) {
		write_real(text, json_real_value(value));
	} else if (json_is_integer(value)) {
		snprintf(number, sizeof(number), "%" JSON_INTEGER_FORMAT,
			json_integer_value(value));
		text_add_string(text, number);
	} else {
		text_add_string(text,
			json_is_true(value)	       ? "true"
				: json_is_false(value) ? "false"
						       : "null");
	}
}

static char *write_json(
	const json_t *value, bool is_pretty, const char *end, size_t *len)
{
	/* it may become the body of a request */
	struct writer writer = { .text.is_secret = true,
		.is_pretty = is_pretty };

	write_value(&writer, value, 0);
	text_add_string(&writer.text, end);
	if (!writer.is_blank)
		return text_take(&writer.text, len);
	text_clear(&writer.text);
	return write_json(value, false, end, len);
}

char *json_write(const json_t *value, size_t *len)
{
	return write_json(value, false, "", len);
}

char *json_write_pretty(const json_t *value, size_t *len)
{
	return write_json(value, true, "\n", len);
}
