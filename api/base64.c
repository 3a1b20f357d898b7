/* SPDX-License-Identifier: MIT */
/* api/base64.c - files as they travel in JSON */
#include <ctype.h>
#include <errno.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <openssl/evp.h>

#include "api/api.h"

/* OpenSSL counts in int; multiples of 3 bytes, and of 4 digits. */
#define ENCODE_STEP (3 << 20)
#define DECODE_STEP (4 << 20)

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
		size_t n = len < ENCODE_STEP ? len : ENCODE_STEP;

		out += EVP_EncodeBlock(out, in, (int)n);
		in += n;
		len -= n;
	}
	*out_len = (size_t)(out - text);
	return (char *)text;
}

/* Copies the digits without white space and padding. -EPROTO for any other
 * byte: OpenSSL would take a '-', for example, as the end. */
static int copy_digits(
	const char *text, size_t len, unsigned char *digits, size_t *count)
{
	int padding = 0;
	size_t i, n = 0;

	for (i = 0; i < len; i++) {
		unsigned char c = (unsigned char)text[i];

		if (!padding && (isalnum(c) || c == '+' || c == '/'))
			digits[n++] = c;
		else if (c == '=' && padding < 2)
			padding++;
		else if (!isspace(c))
			return -EPROTO;
	}
	/* one digit alone is less than a byte */
	*count = n;
	return n % 4 == 1 || (padding && n == 0) ? -EPROTO : 0;
}

/* Decodes in place; count is a multiple of 4. */
static int decode(unsigned char *bytes, size_t count)
{
	unsigned char *out = bytes;
	size_t at, n;

	for (at = 0; at < count; at += n) {
		n = count - at < DECODE_STEP ? count - at : DECODE_STEP;
		if (EVP_DecodeBlock(out, bytes + at, (int)n) < 0)
			return -EPROTO;
		out += n / 4 * 3;
	}
	return 0;
}

int base64_decode(const char *text, size_t len, char **out, size_t *out_len)
{
	unsigned char *bytes = malloc(len + 4);
	size_t count;
	int err = bytes ? copy_digits(text, len, bytes, &count) : -ENOMEM;

	if (!err) {
		*out_len = count * 3 / 4;
		while (count % 4)
			bytes[count++] = 'A';
		err = decode(bytes, count);
	}
	if (err) {
		free(bytes);
		return err;
	}
	bytes[*out_len] = '\0';
	*out = (char *)bytes;
	return 0;
}
