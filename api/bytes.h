/* SPDX-License-Identifier: MIT */
/* api/bytes.h - any bytes held in valid UTF-8, and let go again */
#ifndef API_BYTES_H
#define API_BYTES_H

#include <stdbool.h>
#include <stddef.h>

#include "api/text.h"

/*
 * A byte that is not part of valid UTF-8 is held as U+10FF00 + byte. Those 128
 * code points themselves are held byte by byte, so that what was held can
 * always be told from what was there. In UTF-8 all of them begin with the
 * same two bytes, and no other code point has these and one of the two third
 * bytes.
 */

/* True at the four bytes of a code point that holds a byte. */
bool bytes_is_held(const char *s, size_t left);

/* The byte that the four bytes at s hold. */
char bytes_let_go(const char *s);

/* Adds len bytes, each in the form that holds it. -ENOMEM. */
int bytes_add_held(struct text *text, const char *bytes, size_t len);

/* The length of what may stay as it is at the start of s. */
size_t bytes_plain_len(const char *s, size_t len);

/* The length of what must be held at the start of s. */
size_t bytes_odd_len(const char *s, size_t len);

#endif
