/* SPDX-License-Identifier: MIT */
/* api/text.h - a buffer of bytes that grows at its end */
#ifndef API_TEXT_H
#define API_TEXT_H

#include <stdbool.h>
#include <stddef.h>

/* Starts as all zero. data ends in a NUL that len does not count. Once out of
 * memory, all later calls fail, so that only the last has to be checked. */
struct text {
	char *data; /* NULL: nothing was added yet */
	size_t len;
	size_t size;	/* allocated */
	bool is_secret; /* wiped when it moves and when it is freed */
	bool is_failed; /* memory ran out */
};

/* Makes room for `more` bytes behind len and a NUL. -ENOMEM. */
int text_reserve(struct text *text, size_t more);

/* -ENOMEM: nothing was added. A NULL string, from an allocation that failed, is
 * -ENOMEM. */
int text_add(struct text *text, const void *bytes, size_t len);
int text_add_string(struct text *text, const char *string);

/* The bytes, owned by the caller, free(); NULL: out of memory. The text is
 * empty afterwards in either case. */
char *text_take(struct text *text, size_t *len);

void text_clear(struct text *text);

#endif
