/* SPDX-License-Identifier: MIT */
/* tests/server/base64.c - encodes and decodes base64 */
#include "base64.h"

#include <errno.h>
#include <string.h>

static const char alphabet[] =
	"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

void base64_encode(struct text *out, const void *bytes, size_t len)
{
	const unsigned char *at = bytes;
	char *place = text_room(out, (len + 2) / 3 * 4);
	unsigned int group;
	size_t i, left;

	if (!place)
		return;
	for (i = 0; i < len; i += 3) {
		left = len - i;
		group = at[i] << 16;
		if (left > 1)
			group |= at[i + 1] << 8;
		if (left > 2)
			group |= at[i + 2];
		*place++ = alphabet[group >> 18];
		*place++ = alphabet[group >> 12 & 63];
		*place++ = left > 1 ? alphabet[group >> 6 & 63] : '=';
		*place++ = left > 2 ? alphabet[group & 63] : '=';
	}
	*place = '\0';
	out->len += (len + 2) / 3 * 4;
}

static void decoder_fill(signed char *value_of)
{
	int i;

	memset(value_of, -1, 256);
	for (i = 0; i < 64; i++)
		value_of[(unsigned char)alphabet[i]] = i;
	for (i = 0; i < 4; i++)
		value_of[(unsigned char)" \t\r\n"[i]] = -2;
}

int base64_decode(struct text *out, const char *text, size_t len)
{
	signed char value_of[256];
	unsigned char *place = (unsigned char *)text_room(out, len);
	unsigned int group = 0;
	size_t i, digits = 0, pads = 0;
	int value;

	decoder_fill(value_of);
	if (!place)
		return -ENOMEM;
	for (i = 0; i < len; i++) {
		value = value_of[(unsigned char)text[i]];
		if (value == -2)
			continue;
		if (text[i] == '=') {
			pads++;
			continue;
		}
		if (value < 0 || pads)
			return -EINVAL;
		group = group << 6 | value;
		digits++;
		if (digits % 4 == 0) {
			*place++ = group >> 16;
			*place++ = group >> 8;
			*place++ = group;
		}
	}
	if ((digits + pads) % 4 || pads > 2)
		return -EINVAL;
	if (digits % 4 >= 2)
		*place++ = group >> (digits % 4 == 3 ? 10 : 4);
	if (digits % 4 == 3)
		*place++ = group >> 2;
	out->len = (char *)place - out->data;
	out->data[out->len] = '\0';
	return 0;
}
