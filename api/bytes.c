/* SPDX-License-Identifier: MIT */
/* api/bytes.c - any bytes as valid UTF-8, and back */
#include "api/bytes.h"

#include <endian.h>
#include <errno.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <openssl/asn1.h>

#include "api/api.h"

enum { ESCAPE_LEN = 4, ESCAPE_START = 0xf4 };

#define ONES UINT64_C(0x0101010101010101)

static bool is_escape(const char *s, size_t left)
{
	return left >= ESCAPE_LEN && s[0] == '\xf4' && s[1] == '\x8f' &&
		(s[2] == '\xbe' || s[2] == '\xbf') && (s[3] & 0xc0) == 0x80;
}

size_t bytes_character_len(const char *s, size_t left)
{
	unsigned long code;
	int len = UTF8_getc(
		(const unsigned char *)s, left < 4 ? (int)left : 4, &code);

	/* OpenSSL 3.0.2 takes what is past Unicode, too. */
	return len > 0 && code <= 0x10ffff ? (size_t)len : 0;
}

size_t bytes_plain_len(const char *s, size_t len)
{
	size_t at = 0, n;
	uint64_t eight;

	while (at < len) {
		/* Most text is ASCII. */
		if (len - at >= sizeof(eight)) {
			memcpy(&eight, s + at, sizeof(eight));
			if (!(eight & 0x8080808080808080u)) {
				at += sizeof(eight);
				continue;
			}
		}
		if (!(s[at] & 0x80)) {
			at++;
			continue;
		}
		n = bytes_character_len(s + at, len - at);
		if (n == 0 || is_escape(s + at, len - at))
			break;
		at += n;
	}
	return at;
}

/* In each byte that does not fit, the highest bit is set; in those behind the
 * first of them, it may be. */
static uint64_t unfit(uint64_t eight)
{
	uint64_t quotes = (eight ^ ONES * '"') - ONES;
	uint64_t backslashes = (eight ^ ONES * '\\') - ONES;

	return (eight | (eight - ONES * ' ') | quotes | backslashes) &
		ONES * 0x80;
}

size_t bytes_copy_plain(char *out, const char *s, size_t len)
{
	uint64_t eight, found = 0;
	size_t at = 0;

	for (; !found && len - at >= sizeof(eight); at += sizeof(eight)) {
		memcpy(&eight, s + at, sizeof(eight));
		memcpy(out + at, &eight, sizeof(eight));
		found = unfit(le64toh(eight));
	}
	if (found)
		return at - sizeof(eight) + __builtin_ctzll(found) / 8;
	for (; at < len && !unfit((unsigned char)s[at] * ONES); at++)
		out[at] = s[at];
	return at;
}

int bytes_escape(struct text *text, const char *s, size_t len)
{
	char escape[ESCAPE_LEN] = "\xf4\x8f";
	size_t at = 0, n;

	while (at < len) {
		n = bytes_plain_len(s + at, len - at);
		text_add(text, s + at, n);
		at += n;
		if (at == len)
			break;
		unsigned char byte = (unsigned char)s[at++];
		escape[2] = (char)(0xbc | byte >> 6);
		escape[3] = (char)(0x80 | (byte & 0x3f));
		text_add(text, escape, ESCAPE_LEN);
	}
	return text->is_failed ? -ENOMEM : 0;
}

size_t bytes_unescape(char *out, const char *s, size_t len)
{
	size_t at = 0, out_len = 0, n;

	while (at < len) {
		if (is_escape(s + at, len - at)) {
			if (out)
				out[out_len] =
					(char)(0x80 | (s[at + 2] & 1) << 6 |
						(s[at + 3] & 0x3f));
			out_len++;
			at += ESCAPE_LEN;
			continue;
		}
		/* up to the next byte that may begin an escape */
		const char *stop =
			memchr(s + at + 1, ESCAPE_START, len - at - 1);
		n = stop ? (size_t)(stop - s) - at : len - at;
		if (out)
			memcpy(out + out_len, s + at, n);
		out_len += n;
		at += n;
	}
	return out_len;
}

json_t *json_from_bytes(const void *bytes, size_t len)
{
	struct text text = { 0 };
	json_t *string = NULL;

	if (bytes_plain_len(bytes, len) == len)
		return json_stringn_nocheck(len ? bytes : "", len);
	if (bytes_escape(&text, bytes, len) == 0)
		string = json_stringn_nocheck(text.data, text.len);
	text_clear(&text);
	return string;
}

const char *json_bytes(const json_t *string, size_t *len, char **owned)
{
	const char *s = json_string_value(string);

	*owned = NULL;
	*len = json_string_length(string);
	if (!s || !memchr(s, ESCAPE_START, *len))
		return s;
	return *owned = json_to_bytes(string, len);
}

char *json_to_bytes(const json_t *string, size_t *len)
{
	const char *escaped = json_string_value(string);
	size_t escaped_len = json_string_length(string);
	char *bytes = NULL;

	if (escaped)
		bytes = malloc(bytes_unescape(NULL, escaped, escaped_len) + 1);
	if (!bytes)
		return NULL;
	*len = bytes_unescape(bytes, escaped, escaped_len);
	bytes[*len] = '\0';
	return bytes;
}
