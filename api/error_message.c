/* SPDX-License-Identifier: MIT */
/* api/error_message.c - why a request failed, in one line fit for a terminal */
#include "api/error_message.h"

#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#include "api/api.h"
#include "api/bytes.h"
#include "api/utf8.h"

static size_t put_hex(char *piece, size_t size, const char *s, size_t len)
{
	size_t at = 0, i;

	for (i = 0; i < len; i++)
		at += (size_t)snprintf(
			piece + at, size - at, "\\x%02x", (unsigned char)s[i]);
	return at;
}

void error_message_put(char *out, size_t size, const char *s)
{
	size_t at = 0, left = strlen(s), len, n;
	char piece[20], byte;

	while (left > 0) {
		len = utf8_len(s, left);
		if (bytes_is_held(s, left)) {
			byte = bytes_let_go(s);
			n = put_hex(piece, sizeof(piece), &byte, 1);
		} else if (len == 0 || (unsigned char)*s < 0x20 || *s == 0x7f) {
			len = 1;
			n = put_hex(piece, sizeof(piece), s, 1);
		} else if (*s == '\xc2' && (unsigned char)s[1] < 0xa0) {
			n = put_hex(piece, sizeof(piece), s, 2);
		} else {
			memcpy(piece, s, len);
			n = len;
		}
		if (at + n >= size)
			break;
		memcpy(out + at, piece, n);
		at += n;
		s += len;
		left -= len;
	}
	out[at] = '\0';
}

static const char *string_member(const json_t *json, const char *name)
{
	const char *s = json_string_value(json_object_get(json, name));

	return s ? s : "";
}

static const char *first_of(const json_t *json, const char *const *names)
{
	for (; *names; names++)
		if (*string_member(json, *names))
			return string_member(json, *names);
	return "";
}

struct api_error api_error_of(const json_t *json)
{
	static const char *const names[] = { "message", "error", "details",
		"detail", "reason", NULL };
	struct api_error words;
	json_t *inner = json_member(json, "error|errors");

	words.message = first_of(json, names);
	words.code = string_member(json, "code");
	words.error = string_member(json, "error");
	if (json_is_object(inner)) {
		if (!*words.message)
			words.message = first_of(inner, names);
		if (!*words.code)
			words.code = string_member(inner, "code");
	}
	return words;
}
