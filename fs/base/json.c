/* SPDX-License-Identifier: MIT */
/* fs/base/json.c - lists and reasons in answers of the API, and times in our
 * records */
#include "fs/base/json.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "api/api.h"
#include "fs/base/safe_name.h"

const json_t *json_array_in(const json_t *answer, const char *members)
{
	const json_t *array =
		json_is_array(answer) ? answer : json_member(answer, members);

	return json_is_array(array) ? array : NULL;
}

json_t *json_from_timespec(const struct timespec *at)
{
	return json_pack(
		"[II]", (json_int_t)at->tv_sec, (json_int_t)at->tv_nsec);
}

int json_to_timespec(const json_t *pair, struct timespec *at)
{
	const json_t *sec = json_array_get(pair, 0);
	const json_t *nsec = json_array_get(pair, 1);
	json_int_t nsec_value = json_integer_value(nsec);

	if (!json_is_integer(sec) || !json_is_integer(nsec) || nsec_value < 0 ||
		nsec_value > 999999999)
		return -EINVAL;
	at->tv_sec = json_integer_value(sec);
	at->tv_nsec = nsec_value;
	return 0;
}

char *json_file_name(const json_t *string)
{
	size_t len;
	char *bytes =
		json_is_string(string) ? json_to_bytes(string, &len) : NULL;
	char *name = bytes && len ? safe_name_encode(bytes, len) : NULL;

	free(bytes);
	if (name && strlen(name) <= SAFE_NAME_MAX)
		return name;
	free(name);
	return NULL;
}

/* A member as text, unless it is the same as `other`; NULL: none. */
static char *reason_part(
	const json_t *answer, const char *name, const char *other)
{
	const json_t *value = json_member(answer, name);
	size_t len;
	char *text = value ? json_value_text(value, &len) : NULL;

	if (text && *text && !strstr(other, text))
		return text;
	free(text);
	return NULL;
}

char *json_reason(const json_t *answer, const char *message)
{
	char *words = message ? strdup(message)
			      : reason_part(answer, "message|error", "");
	char *raw = NULL, *line;

	if (!words)
		return NULL;
	char *details = reason_part(answer, "details|detail|reason", words);
	char *code = reason_part(answer, "code", words);
	int len = asprintf(&raw, "%s%s%s%s%s%s", words, details ? "; " : "",
		details ? details : "", code ? " (code " : "", code ? code : "",
		code ? ")" : "");
	free(words);
	free(details);
	free(code);
	if (len < 0)
		return NULL;
	line = malloc(4 * len + 1);
	if (line)
		line_escape(raw, line, 4 * len + 1);
	free(raw);
	return line;
}
