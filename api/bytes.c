/* SPDX-License-Identifier: MIT */
/* api/bytes.c - any bytes held in valid UTF-8, and let go again */
#include "api/bytes.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "api/api.h"
#include "api/utf8.h"

bool bytes_is_held(const char *s, size_t left)
{
	return left >= 4 && s[0] == '\xf4' && s[1] == '\x8f' &&
		(s[2] == '\xbe' || s[2] == '\xbf') && (s[3] & 0xc0) == 0x80;
}

char bytes_let_go(const char *s)
{
	return (char)(0x80 | (s[2] & 1) << 6 | (s[3] & 0x3f));
}

int bytes_add_held(struct text *text, const char *bytes, size_t len)
{
	char held[4 * 256];
	size_t at = 0, n;
	int err = 0;

	while (at < len && !err) {
		for (n = 0; n < sizeof(held) && at < len; n += 4)
			utf8_put(held + n,
				0x10ff00u + (unsigned char)bytes[at++]);
		err = text_add(text, held, n);
	}
	return err;
}

size_t bytes_plain_len(const char *s, size_t len)
{
	size_t at = 0, n;

	while (at < len) {
		uint64_t eight;

		if (len - at >= sizeof(eight)) {
			memcpy(&eight, s + at, sizeof(eight));
			if (!(eight & 0x8080808080808080u)) {
				at += sizeof(eight);
				continue;
			}
		}
		n = utf8_len(s + at, len - at);
		if (n == 0 || bytes_is_held(s + at, len - at))
			break;
		at += n;
	}
	return at;
}

size_t bytes_odd_len(const char *s, size_t len)
{
	size_t at = 0;

	while (at < len) {
		if (bytes_is_held(s + at, len - at))
			at += 4;
		else if (utf8_len(s + at, len - at) == 0)
			at++;
		else
			break;
	}
	return at;
}

static int bytes_hold(struct text *text, const char *s, size_t len)
{
	size_t at = 0, n;
	int err = 0;

	while (at < len && !err) {
		n = bytes_plain_len(s + at, len - at);
		err = text_add(text, s + at, n);
		at += n;
		if (err || at == len)
			break;
		n = bytes_odd_len(s + at, len - at);
		err = bytes_add_held(text, s + at, n);
		at += n;
	}
	return err;
}

json_t *json_from_bytes(const void *bytes, size_t len)
{
	struct text text = { 0 };
	json_t *string = NULL;

	if (len == 0)
		return json_stringn_nocheck("", 0);
	if (bytes_plain_len(bytes, len) == len)
		return json_stringn_nocheck(bytes, len);
	if (bytes_hold(&text, bytes, len) == 0)
		string = json_stringn_nocheck(text.data, text.len);
	text_clear(&text);
	return string;
}

char *json_to_bytes(const json_t *string, size_t *len)
{
	const char *held = json_string_value(string);
	size_t left = json_string_length(string), n;
	char *bytes, *out;

	if (!held)
		return NULL;
	bytes = out = malloc(left + 1);
	if (!bytes)
		return NULL;
	while (left > 0) {
		const char *stop = memchr(held, 0xf4, left);

		n = stop ? (size_t)(stop - held) : left;
		memcpy(out, held, n);
		out += n;
		held += n;
		left -= n;
		if (left == 0)
			break;
		if (bytes_is_held(held, left)) {
			*out++ = bytes_let_go(held);
			held += 4;
			left -= 4;
		} else {
			*out++ = *held++;
			left--;
		}
	}
	*out = '\0';
	*len = (size_t)(out - bytes);
	return bytes;
}
