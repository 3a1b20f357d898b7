/* SPDX-License-Identifier: MIT */
/* api/error_message.c - a failure in one line that a terminal can show */
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#include "api/api.h"
#include "api/bytes.h"
#include "api/errno.h"

static const char word_timestamp[] = "invalid_timestamp";

static bool is_printable(const char *s, size_t len)
{
	unsigned char first = (unsigned char)s[0];

	if (len == 2 && first == 0xc2 && (unsigned char)s[1] < 0xa0)
		return false; /* C1 controls: terminals interpret them, too */
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
	if (json_is_string(json))
		error.message = json_string_value(json);
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

/* Copies the first line of a plain-text body to out; "" for JSON and HTML. */
static void text_line(const char *text, char *out, size_t size)
{
	text += strspn(text, " \t\r\n");
	*out = '\0';
	if (*text != '<' && *text != '{' && *text != '[')
		snprintf(out, size, "%.*s", (int)strcspn(text, "\r\n"), text);
}

/* The error word of a 401, anywhere in its text (api/API.md 16.1), or NULL. */
static const char *refusal_word(const char *text)
{
	static const char *const words[] = { word_timestamp,
		"invalid_signature" };
	size_t i;

	for (i = 0; text && i < sizeof(words) / sizeof(*words); i++)
		if (strstr(text, words[i]))
			return words[i];
	return NULL;
}

bool refusal_is_about_clock(const json_t *json, const char *text)
{
	struct api_error error = api_error_of(json);

	if (!json && text)
		error.message = text;
	return refusal_word(text) == word_timestamp ||
		api_error_is_about_clock(&error);
}

int refusal_read(const json_t *json, const char *text, int status,
	char message[MESSAGE_SIZE], char code[CODE_SIZE])
{
	struct api_error error = api_error_of(json);
	const char *word = status == 401 ? refusal_word(text) : NULL;
	char plain[64], line[MESSAGE_SIZE] = "";

	if (!json && text)
		text_line(text, line, sizeof(line));
	if (!*error.message)
		error.message = line;
	if (!*error.code && is_one_word(error.error))
		error.code = error.error;
	if (!*error.code && word)
		error.code = word;
	error_message_put(code, CODE_SIZE, error.code);
	snprintf(plain, sizeof(plain), "HTTP %d%s", status,
		status / 100 == 3 ? ": redirects are not followed" : "");
	error_message_put(
		message, MESSAGE_SIZE, *error.message ? error.message : plain);
	return errno_of_status(status, &error);
}
