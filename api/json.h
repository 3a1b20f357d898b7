/* SPDX-License-Identifier: MIT */
/* api/json.h - how the client reads answers */
#ifndef API_JSON_H
#define API_JSON_H

#include <stdbool.h>
#include <stddef.h>

#include <jansson.h>

/* ---- json_read.c ---- */

/* json_parse for an answer that lists resources: in an array that is the answer
 * or a member of it, each object stays text (a JSON string, see
 * json_list_item), and anything else becomes null. Thread-safe. */
int json_parse_list(const char *text, size_t len, json_t **out);

/* json_parse that leaves no copy of a string in memory except in the value. */
int json_parse_secret(const char *text, size_t len, json_t **out);

/* json_parse that calls found for each string value, with the place of its
 * opening quote in the text; it may replace *value, and releases it if it
 * fails, as the parser then does. */
typedef int json_found(void *ctx, size_t at, json_t **value);
int json_parse_found(const char *text, size_t len, json_found *found, void *ctx,
	json_t **out);

/* ---- json_string.c: text between quotes; thread-safe ---- */

/* How much of s comes before the first quote, backslash or control byte. */
size_t json_string_run(const char *s, size_t len);

/* Decodes the escape at s, whose first byte is a backslash, to *out_len bytes,
 * 4 at most; a lone surrogate to the three bytes that UTF-8 would have for it.
 * Returns its length, JSON_ESCAPE_MAX at most; 0: there is none. If fewer bytes
 * are left, another surrogate may follow them. */
enum { JSON_ESCAPE_MAX = 12 };
size_t json_unescape(const char *s, size_t left, char out[4], size_t *out_len);

struct json_decoded {
	char *bytes; /* with room for what is decoded and JSON_DECODE_SPARE */
	size_t len;
	size_t escaped_len; /* json_escaped_len of them */
	bool is_malformed;  /* bytes that no string can have were left out */
};
enum { JSON_DECODE_SPARE = 8 };

/* Adds what s stands for, up to a quote, or before an escape that may go on
 * after the end, unless is_last. Returns the length of that part of s. */
size_t json_string_decode(
	const char *s, size_t len, bool is_last, struct json_decoded *out);

#endif
