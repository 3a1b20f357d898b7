/* SPDX-License-Identifier: MIT */
/* tests/server/text.c - a growing buffer of bytes */
#include "text.h"

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

void text_clear(struct text *text)
{
	free(text->data);
	memset(text, 0, sizeof(*text));
}

char *text_room(struct text *text, size_t more)
{
	size_t size;
	char *data;

	if (text->failed || more >= SIZE_MAX / 4) {
		text->failed = true;
		return NULL;
	}
	if (text->len + more + 1 <= text->size)
		return text->data + text->len;
	size = text->size ? text->size : 128;
	while (size < text->len + more + 1)
		size += size / 2;
	data = realloc(text->data, size);
	if (!data) {
		text->failed = true;
		return NULL;
	}
	text->data = data;
	text->size = size;
	return data + text->len;
}

void text_add(struct text *text, const void *bytes, size_t len)
{
	char *place = text_room(text, len);

	if (!place)
		return;
	if (len)
		memcpy(place, bytes, len);
	text->len += len;
	text->data[text->len] = '\0';
}

void text_puts(struct text *text, const char *string)
{
	text_add(text, string, strlen(string));
}

void text_putc(struct text *text, char c)
{
	text_add(text, &c, 1);
}

void text_printf(struct text *text, const char *format, ...)
{
	va_list args;
	char *place;
	int len;

	va_start(args, format);
	len = vsnprintf(NULL, 0, format, args);
	va_end(args);
	place = len < 0 ? NULL : text_room(text, len);
	if (!place) {
		text->failed = true;
		return;
	}
	va_start(args, format);
	vsnprintf(place, len + 1, format, args);
	va_end(args);
	text->len += len;
}
