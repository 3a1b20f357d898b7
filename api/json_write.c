/* SPDX-License-Identifier: MIT */
/* api/json_write.c - JSON as text, with the bytes that its strings stand for */
#include <errno.h>
#include <limits.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "api/api.h"
#include "api/bytes.h"
#include "api/text.h"

/*
 * jansson passes the text piece by piece. The pieces of strings are unescaped,
 * and real numbers are shortened: jansson writes 0.1 as 0.10000000000000001.
 */
struct writer {
	struct text text;
	size_t blank; /* bytes of indentation */
	bool is_in_string;
	bool is_blank; /* too much of the text is indentation */
};

/* Sixty levels of empty lists would have thirty blanks for each byte. */
#define BLANK_FREE 65536
#define BLANK_MAX(len) (BLANK_FREE + 3 * ((len) / 4))

/* Finds the fewest digits that read back as the same number. */
static void shorten_real(char *out, size_t size, const char *number)
{
	double real = strtod(number, NULL);
	int precision = 15;

	do {
		snprintf(out, size, "%.*g", precision, real);
	} while (strtod(out, NULL) != real && ++precision <= 17);
	if (!strpbrk(out, ".e"))
		strcat(out, ".0");
}

static bool is_real(const char *piece, size_t len)
{
	return len > 0 && strchr("-0123456789", piece[0]) &&
		(memchr(piece, '.', len) || memchr(piece, 'e', len));
}

/* jansson writes a quote by itself only where a string begins or ends, and
 * blanks only to indent. */
static bool has_room(struct writer *writer, const char *piece, size_t len)
{
	if (len == 1 && piece[0] == '"')
		writer->is_in_string = !writer->is_in_string;
	if (!writer->is_in_string && strspn(piece, "\n ") >= len)
		writer->blank += len;
	writer->is_blank = writer->blank > BLANK_MAX(writer->text.len);
	return !writer->is_blank;
}

static int write_piece(const char *piece, size_t len, void *ctx)
{
	struct writer *writer = ctx;
	struct text *text = &writer->text;
	char number[40], shorter[40];

	if (!has_room(writer, piece, len))
		return -EMSGSIZE;
	if (!writer->is_in_string && is_real(piece, len)) {
		snprintf(number, sizeof(number), "%.*s", (int)len, piece);
		shorten_real(shorter, sizeof(shorter) - 2, number);
		return text_add_string(text, shorter);
	}
	if (text_reserve(text, len))
		return -ENOMEM;
	text->len += bytes_unescape(text->data + text->len, piece, len);
	return 0;
}

static char *write_json(
	const json_t *value, size_t flags, const char *end, size_t *len)
{
	/* it may become the body of a request */
	struct writer writer = { .text.is_secret = true };

	if (!value)
		value = json_null();
	if (json_dump_callback(value, write_piece, &writer,
		    flags | JSON_ENCODE_ANY) == 0 &&
		text_add_string(&writer.text, end) == 0)
		return text_take(&writer.text, len);
	text_clear(&writer.text);
	return writer.is_blank ? write_json(value, JSON_COMPACT, end, len)
			       : NULL;
}

char *json_write(const json_t *value, size_t *len)
{
	return write_json(value, JSON_COMPACT, "", len);
}

char *json_write_pretty(const json_t *value, size_t *len)
{
	return write_json(value, JSON_INDENT(2), "\n", len);
}

size_t json_escaped_len(const char *bytes, size_t len)
{
	/* \u0000 to \u001f, of which some are \b, \t, \n, \f and \r */
	static const unsigned char more[UCHAR_MAX + 1] = { 5, 5, 5, 5, 5, 5, 5,
		5, 1, 1, 1, 5, 1, 1, 5, 5, 5, 5, 5, 5, 5, 5, 5, 5, 5, 5, 5, 5,
		5, 5, 5, 5, ['"'] = 1, ['\\'] = 1 };
	size_t escaped = len;

	for (size_t i = 0; i < len; i++)
		escaped += more[(unsigned char)bytes[i]];
	return escaped;
}
