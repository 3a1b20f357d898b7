/* SPDX-License-Identifier: MIT */
/* tests/server/base64.h - encodes and decodes base64 */
#ifndef TESTS_SERVER_BASE64_H
#define TESTS_SERVER_BASE64_H

#include "text.h"

void base64_encode(struct text *out, const void *bytes, size_t len);

/*
 * Standard alphabet with padding; white space is skipped.  0, or -EINVAL when
 * the text is anything else.
 */
int base64_decode(struct text *out, const char *text, size_t len);

#endif
