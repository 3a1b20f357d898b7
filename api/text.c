/* SPDX-License-Identifier: MIT */
/* api/text.c - a buffer of bytes that grows at its end */
#include "api/text.h"

#include <errno.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

/* realloc(3) would leave the old bytes in memory. */
static char *text_move(struct text *text, size_t size)
{
	char *data = malloc(size);

	if (!data || !text->data)
		return data;
	memcpy(data, text->data, text->len + 1);
	explicit_bzero(text->data, text->size);
	free(text->data);
	return data;
}

int text_reserve(struct text *text, size_t more)
{
	size_t size = text->size ? text->size : 64;
	char *data;

	if (more >= SIZE_MAX / 4 - text->len)
		text->is_failed = true;
	if (text->is_failed)
		return -ENOMEM;
	if (text->len + more < text->size)
		return 0;
	while (size <= text->len + more)
		size *= 2;
	data = text->is_secret ? text_move(text, size)
			       : realloc(text->data, size);
	text->is_failed = !data;
	if (!data)
		return -ENOMEM;
	text->data = data;
	text->size = size;
	return 0;
}

int text_add(struct text *text, const void *bytes, size_t len)
{
	int err = text_reserve(text, len);

	if (err)
		return err;
	if (len)
		memcpy(text->data + text->len, bytes, len);
	text->len += len;
	text->data[text->len] = '\0';
	return 0;
}

int text_add_string(struct text *text, const char *string)
{
	if (string)
		return text_add(text, string, strlen(string));
	text->is_failed = true;
	return -ENOMEM;
}

char *text_take(struct text *text, size_t *len)
{
	char *data = NULL;

	if (text_add(text, "", 0) == 0) {
		data = text->data;
		*len = text->len;
		text->data = NULL;
	}
	text_clear(text);
	return data;
}

void text_clear(struct text *text)
{
	if (text->data && text->is_secret)
		explicit_bzero(text->data, text->size);
	free(text->data);
	*text = (struct text){ 0 };
}
