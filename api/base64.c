/* SPDX-License-Identifier: MIT */
/* api/base64.c - files as they travel in JSON */
#include <errno.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <openssl/evp.h>

#include "api/api.h"

#define STEP 3145728 /* bytes a call of OpenSSL, which counts in int */

char *base64_encode(const void *bytes, size_t len, size_t *out_len)
{
	const unsigned char *in = bytes;
	unsigned char *text, *out;

	if (len > SIZE_MAX / 2)
		return NULL;
	text = out = malloc((len + 2) / 3 * 4 + 1);
	if (!text)
		return NULL;
	*out = '\0';
	while (len > 0) {
		size_t n = len < STEP ? len : STEP;

		out += EVP_EncodeBlock(out, in, (int)n);
		in += n;
		len -= n;
	}
	*out_len = (size_t)(out - text);
	return (char *)text;
}

/* The six bits of a digit, -1 for white space, -2 for the rest. */
static int base64_digit(unsigned char c)
{
	if (c >= 'A' && c <= 'Z')
		return c - 'A';
	if (c >= 'a' && c <= 'z')
		return c - 'a' + 26;
	if (c >= '0' && c <= '9')
		return c - '0' + 52;
	if (c == '+')
		return 62;
	if (c == '/')
		return 63;
	return c == ' ' || (c >= '\t' && c <= '\r') ? -1 : -2;
}

/* The length without padding and the white space about it; 0 where there is
 * more padding than can be. */
static size_t unpadded_len(const char *text, size_t len)
{
	int padding = 0;

	while (len > 0) {
		if (text[len - 1] == '=')
			padding++;
		else if (base64_digit((unsigned char)text[len - 1]) != -1)
			break;
		len--;
	}
	return padding <= 2 ? len : 0;
}

static int base64_fill(const char *text, size_t len, char *out, size_t *out_len)
{
	signed char values[256];
	uint32_t bits = 0;
	size_t digits = 0, i;
	char *at = out;

	for (i = 0; i < sizeof(values); i++)
		values[i] = (signed char)base64_digit((unsigned char)i);
	for (i = 0; i < len; i++) {
		int value = values[(unsigned char)text[i]];

		if (value == -1)
			continue;
		if (value < 0)
			return -EPROTO;
		bits = bits << 6 | (uint32_t)value;
		if (++digits % 4 == 0) {
			*at++ = (char)(bits >> 16);
			*at++ = (char)(bits >> 8);
			*at++ = (char)bits;
		}
	}
	if (digits % 4 == 1)
		return -EPROTO;
	if (digits % 4 == 2)
		*at++ = (char)(bits >> 4);
	if (digits % 4 == 3) {
		*at++ = (char)(bits >> 10);
		*at++ = (char)(bits >> 2);
	}
	*at = '\0';
	*out_len = (size_t)(at - out);
	return 0;
}

int base64_decode(const char *text, size_t len, char **out, size_t *out_len)
{
	size_t body_len = unpadded_len(text, len);
	char *bytes;
	int err;

	if (body_len == 0 && memchr(text, '=', len))
		return -EPROTO;
	bytes = malloc(body_len / 4 * 3 + 4);
	if (!bytes)
		return -ENOMEM;
	err = base64_fill(text, body_len, bytes, out_len);
	if (err) {
		free(bytes);
		return err;
	}
	*out = bytes;
	return 0;
}
