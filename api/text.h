/* SPDX-License-Identifier: MIT */
/* api/text.h - bytes that grow at their end */
#ifndef API_TEXT_H
#define API_TEXT_H

#include <stddef.h>

/* Starts as all zero. data ends in a NUL that len does not count. */
struct text {
	char *data; /* NULL: nothing was added yet */
	size_t len;
	size_t size; /* allocated */
};

/* -ENOMEM: nothing was added. */
int text_add(struct text *text, const void *bytes, size_t len);
int text_add_string(struct text *text, const char *string);

/* The bytes, owned by the caller, free(); never NULL but for want of memory.
 * The text is empty afterwards, also then. */
char *text_take(struct text *text, size_t *len);

void text_clear(struct text *text);

#endif
