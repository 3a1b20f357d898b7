/* SPDX-License-Identifier: MIT */
/* tests/server/emit.h - writes compact JSON, one field at a time */
#ifndef TESTS_SERVER_EMIT_H
#define TESTS_SERVER_EMIT_H

#include "text.h"

/*
 * Each call adds one value to an open object (key given) or to an open array
 * (key NULL), with a comma before it if needed.  Strings are written as raw
 * UTF-8; invalid UTF-8 becomes U+FFFD, a NUL byte \u0000.
 */
void emit_open(struct text *text, const char *key, char bracket);
void emit_close(struct text *text, char bracket);
void emit_string(struct text *text, const char *key, const char *value);
void emit_int(struct text *text, const char *key, long long value);
void emit_bool(struct text *text, const char *key, bool value);

/* value is JSON. */
void emit_json(struct text *text, const char *key, const char *value);

/* A string of any bytes; with raw, invalid UTF-8 is written unchanged. */
void emit_bytes(struct text *text, const char *key, const void *bytes,
	size_t len, bool raw);

/*
 * The number of bytes that form complete characters: a sequence truncated by
 * the end is not counted, an invalid one is.
 */
size_t emit_whole(const void *bytes, size_t len);

#endif
