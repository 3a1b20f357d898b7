/* SPDX-License-Identifier: MIT */
/* tests/server/emit.c - writes compact JSON, one field at a time */
#include "emit.h"

#include <string.h>

enum sequence {
	SEQUENCE_VALID,
	SEQUENCE_INVALID,
	SEQUENCE_CUT,
};

/*
 * Examines the sequence that starts at a byte of 0x80 or more.  used is the
 * number of its bytes: for an invalid one the longest prefix of a valid
 * sequence, which is replaced by one U+FFFD.
 */
static enum sequence sequence_read(
	const unsigned char *at, size_t len, size_t *used)
{
	unsigned char low = 0x80, high = 0xbf;
	size_t need, i;

	*used = 1;
	if (at[0] >= 0xc2 && at[0] <= 0xdf)
		need = 2;
	else if (at[0] >= 0xe0 && at[0] <= 0xef)
		need = 3;
	else if (at[0] >= 0xf0 && at[0] <= 0xf4)
		need = 4;
	else
		return SEQUENCE_INVALID;
	if (at[0] == 0xe0)
		low = 0xa0;
	else if (at[0] == 0xed)
		high = 0x9f;
	else if (at[0] == 0xf0)
		low = 0x90;
	else if (at[0] == 0xf4)
		high = 0x8f;
	for (i = 1; i < need; i++) {
		if (i == len)
			return SEQUENCE_CUT;
		if (at[i] < low || at[i] > high)
			return SEQUENCE_INVALID;
		low = 0x80;
		high = 0xbf;
		*used = i + 1;
	}
	return SEQUENCE_VALID;
}

static bool is_plain(unsigned char c)
{
	return c >= 0x20 && c != '"' && c != '\\' && c < 0x80;
}

static void emit_escape(struct text *text, unsigned char c)
{
	switch (c) {
	case '"':
		text_add(text, "\\\"", 2);
		break;
	case '\\':
		text_add(text, "\\\\", 2);
		break;
	case '\n':
		text_add(text, "\\n", 2);
		break;
	case '\r':
		text_add(text, "\\r", 2);
		break;
	case '\t':
		text_add(text, "\\t", 2);
		break;
	default:
		text_printf(text, "\\u%04x", c);
	}
}

static void emit_quoted(
	struct text *text, const unsigned char *at, size_t len, bool raw)
{
	const unsigned char *end = at + len, *start;
	size_t used;

	text_putc(text, '"');
	while (at < end) {
		for (start = at; at < end && is_plain(*at); at++)
			;
		if (at > start)
			text_add(text, start, at - start);
		if (at == end)
			break;
		if (*at < 0x80) {
			emit_escape(text, *at++);
			continue;
		}
		if (sequence_read(at, end - at, &used) == SEQUENCE_VALID || raw)
			text_add(text, at, used);
		else
			text_add(text, "\xef\xbf\xbd", 3);
		at += used;
	}
	text_putc(text, '"');
}

static void emit_key(struct text *text, const char *key)
{
	char last = text->len ? text->data[text->len - 1] : '[';

	if (last != '{' && last != '[')
		text_putc(text, ',');
	if (!key)
		return;
	emit_quoted(text, (const unsigned char *)key, strlen(key), false);
	text_putc(text, ':');
}

void emit_open(struct text *text, const char *key, char bracket)
{
	emit_key(text, key);
	text_putc(text, bracket);
}

void emit_close(struct text *text, char bracket)
{
	text_putc(text, bracket);
}

void emit_string(struct text *text, const char *key, const char *value)
{
	emit_bytes(text, key, value, strlen(value), false);
}

void emit_int(struct text *text, const char *key, long long value)
{
	emit_key(text, key);
	text_printf(text, "%lld", value);
}

void emit_bool(struct text *text, const char *key, bool value)
{
	emit_json(text, key, value ? "true" : "false");
}

void emit_json(struct text *text, const char *key, const char *value)
{
	emit_key(text, key);
	text_puts(text, value);
}

void emit_bytes(struct text *text, const char *key, const void *bytes,
	size_t len, bool raw)
{
	emit_key(text, key);
	emit_quoted(text, bytes, len, raw);
}

size_t emit_whole(const void *bytes, size_t len)
{
	const unsigned char *at = bytes;
	size_t back, used;

	for (back = 1; back <= 3 && back <= len; back++) {
		if ((at[len - back] & 0xc0) == 0x80)
			continue;
		if (at[len - back] >= 0x80 &&
			sequence_read(at + len - back, back, &used) ==
				SEQUENCE_CUT)
			return len - back;
		break;
	}
	return len;
}
