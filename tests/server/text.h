/* SPDX-License-Identifier: MIT */
/* tests/server/text.h - a growing buffer of bytes */
#ifndef TESTS_SERVER_TEXT_H
#define TESTS_SERVER_TEXT_H

#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>

/*
 * A zeroed struct is empty.  Running out of memory sets failed, after which
 * nothing is added: a caller checks once, at the end.  data ends in a NUL that
 * len does not count; it is NULL if nothing was added.
 */
struct text {
	char *data;
	size_t len;
	size_t size;
	bool failed;
};

void text_clear(struct text *text);

/* Reserves space for more bytes; returns it, NULL if out of memory. */
char *text_room(struct text *text, size_t more);

void text_add(struct text *text, const void *bytes, size_t len);
void text_puts(struct text *text, const char *string);
void text_putc(struct text *text, char c);
void text_printf(struct text *text, const char *format, ...)
	__attribute__((format(printf, 2, 3)));

#endif
