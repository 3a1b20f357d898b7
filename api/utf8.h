/* SPDX-License-Identifier: MIT */
/* api/utf8.h - where valid UTF-8 begins and ends */
#ifndef API_UTF8_H
#define API_UTF8_H

#include <stddef.h>
#include <stdint.h>

/* The length of the UTF-8 sequence at the start of s, 1 to 4; 0 where there is
 * none: overlong forms, surrogates and what is above U+10FFFF are none. */
size_t utf8_len(const char *s, size_t left);

/* Writes the UTF-8 form of code, surrogates too; returns its length. */
size_t utf8_put(char out[4], uint32_t code);

#endif
