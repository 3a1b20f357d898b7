/* SPDX-License-Identifier: MIT */
/* api/error_message.c - a failure in one line that a terminal can show */
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#include "api/api.h"
#include "api/bytes.h"
#include "api/errno.h"

static bool is_printable(const char *s, size_t len)
{
	unsigned char first = (unsigned char)s[0];

	if (len == 2 && first == 0xc2 && (unsigned char)s[1] < 0xa0)
		return false; /* C1 controls: a terminal obeys them, too */
	return len > 0 && first >= 0x20 && first != 0x7f;
}

void line_escape(const char *s, char *out, size_t size)
{
	size_t left = strlen(s), at = 0, len, i;

	for (; left > 0; s += len, left -= len) {
		len = bytes_character_len(s, left);
		bool is_raw = is_printable(s, len);

		len += !len;
		if (at + (is_raw ? len : 4 * len) >= size)
			break;
		for (i = 0; i < len; i++)
			at += (size_t)snprintf(out + at, size - at,
				is_raw ? "%c" : "\\x%02x",
				is_raw ? s[i] : (unsigned char)s[i]);
	}
	out[at] = '\0';
}

void error_message_put(char *out, size_t size, const char *s)
{
	char bytes[4 * MESSAGE_SIZE + 1];

	bytes[bytes_unescape(bytes, s, strnlen(s, sizeof(bytes) - 1))] = '\0';
	line_escape(bytes, out, size);
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
	struct api_error error;
	json_t *inner = json_member(json, "error|errors");

	error.message = first_of(json, names);
	error.code = string_member(json, "code");
	error.error = string_member(json, "error");
	if (json_is_object(inner)) {
		if (!*error.message)
			error.message = first_of(inner, names);
		if (!*error.code)
			error.code = string_member(inner, "code");
	}
	return error;
}

static bool is_one_word(const char *s)
{
	size_t len = strspn(s,
		"ABCDEFGHIJKLMNOPQRSTUVWXYZ"
		"abcdefghijklmnopqrstuvwxyz0123456789_.-");

	return len > 0 && s[len] == '\0';
}

int refusal_read(const json_t *json, int status, char message[MESSAGE_SIZE],
	char code[CODE_SIZE])
{
	struct api_error error = api_error_of(json);
	bool is_word = !*error.code && is_one_word(error.error);
	char plain[64];

	error_message_put(code, CODE_SIZE, is_word ? error.error : error.code);
	snprintf(plain, sizeof(plain), "HTTP %d%s", status,
		status / 100 == 3 ? ": redirects are not followed" : "");
	error_message_put(
		message, MESSAGE_SIZE, *error.message ? error.message : plain);
	return errno_of_status(status, &error);
}
