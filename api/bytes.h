/* SPDX-License-Identifier: MIT */
/* api/bytes.h - any bytes as valid UTF-8, and back */
#ifndef API_BYTES_H
#define API_BYTES_H

#include <stddef.h>

#include "api/text.h"

/*
 * A byte that is not part of valid UTF-8 is escaped as U+10FF00 + byte. The
 * code points U+10FF80 to U+10FFFF themselves are escaped byte by byte, so that
 * an escaped byte can always be told from one of them. In UTF-8 they all begin
 * with f4 8f be or f4 8f bf, and no other code point does.
 */

/* How much at the start of s needs no escape. */
size_t bytes_plain_len(const char *s, size_t len);

/* Adds the bytes, escaped where needed. -ENOMEM. */
int bytes_escape(struct text *text, const char *s, size_t len);

/* Copies what ends before the first quote, backslash, control byte or byte
 * beyond ASCII, and returns its length. out has room for len bytes. */
size_t bytes_copy_plain(char *out, const char *s, size_t len);

/* Writes what escaped text stands for to out, which has room for len bytes, and
 * returns the length of that. out NULL: only measures. */
size_t bytes_unescape(char *out, const char *s, size_t len);

#endif
