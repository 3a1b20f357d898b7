/* SPDX-License-Identifier: MIT */
/* api/json_string.c - what stands between the quotes of JSON */
#include <endian.h>
#include <limits.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <openssl/asn1.h>

#include "api/api.h"
#include "api/json.h"

#define ONES UINT64_C(0x0101010101010101)

/* The highest bit of each byte that is less than n (at most 128), exact up to
 * the first of them. */
static uint64_t less(uint64_t eight, unsigned n)
{
	return (eight - ONES * n) & ~eight & ONES * 0x80;
}

static uint64_t special(uint64_t eight)
{
	eight = le64toh(eight);
	return less(eight, ' ') | less(eight ^ ONES * '"', 1) |
		less(eight ^ ONES * '\\', 1);
}

size_t json_string_run(const char *s, size_t len)
{
	uint64_t eight, found;
	size_t at = 0;

	for (; len - at >= sizeof(eight); at += sizeof(eight)) {
		memcpy(&eight, s + at, sizeof(eight));
		found = special(eight);
		if (found)
			return at + (size_t)__builtin_ctzll(found) / CHAR_BIT;
	}
	while (at < len && s[at] != '"' && s[at] != '\\' &&
		(unsigned char)s[at] >= ' ')
		at++;
	return at;
}

/* The code of the \uXXXX at s; -1: there is none. */
static long unit(const char *s, size_t left)
{
	char digits[5] = "";

	if (left < 6 || memcmp(s, "\\u", 2) != 0)
		return -1;
	memcpy(digits, s + 2, 4);
	if (strspn(digits, "0123456789abcdefABCDEF") != 4)
		return -1;
	return strtol(digits, NULL, 16);
}

/* One \uXXXX, or a pair of them. */
static size_t unescape_units(
	const char *s, size_t left, char out[4], size_t *out_len)
{
	long high = unit(s, left), low = -1;
	unsigned long code = (unsigned long)high;
	size_t len = 6;

	if (high < 0)
		return 0;
	if (high >= 0xd800 && high < 0xdc00)
		low = unit(s + len, left - len);
	if (low >= 0xdc00 && low <= 0xdfff) {
		len = 12;
		code = 0x10000 + ((code - 0xd800) << 10) +
			((unsigned long)low - 0xdc00);
	}
	int n = UTF8_putc((unsigned char *)out, 4, code);
	if (n < 0) {
		n = 3;
		out[0] = '\xed';
		out[1] = (char)(0x80 | (code >> 6 & 0x3f));
		out[2] = (char)(0x80 | (code & 0x3f));
	}
	*out_len = (size_t)n;
	return len;
}

static const char short_escapes[UCHAR_MAX + 1] = { ['"'] = '"',
	['\\'] = '\\',
	['/'] = '/',
	['b'] = '\b',
	['f'] = '\f',
	['n'] = '\n',
	['r'] = '\r',
	['t'] = '\t' };

size_t json_unescape(const char *s, size_t left, char out[4], size_t *out_len)
{
	*out_len = 0;
	if (left < 2 || s[0] != '\\')
		return 0;
	out[0] = short_escapes[(unsigned char)s[1]];
	if (!out[0])
		return unescape_units(s, left, out, out_len);
	*out_len = 1;
	return 2;
}

/* json_string_run that copies it. Up to seven bytes more may be written. */
static size_t run_copy(char *out, const char *s, size_t len)
{
	uint64_t eight, found;
	size_t at = 0, n;

	for (; len - at >= sizeof(eight); at += sizeof(eight)) {
		memcpy(&eight, s + at, sizeof(eight));
		memcpy(out + at, &eight, sizeof(eight));
		found = special(eight);
		if (found)
			return at + (size_t)__builtin_ctzll(found) / CHAR_BIT;
	}
	n = json_string_run(s + at, len - at);
	memcpy(out + at, s + at, n);
	return at + n;
}

size_t json_string_decode(
	const char *s, size_t len, bool is_last, struct json_decoded *out)
{
	char *bytes = out->bytes + out->len;
	size_t at = 0, n, bytes_len, escaped_len = out->escaped_len;

	while (at < len && s[at] != '"') {
		n = bytes_len = run_copy(bytes, s + at, len - at);
		if (!n && s[at] == '\\') {
			if (len - at < JSON_ESCAPE_MAX && !is_last)
				break;
			n = json_unescape(s + at, len - at, bytes, &bytes_len);
			escaped_len += json_escaped_len(bytes, bytes_len);
		} else {
			escaped_len += n;
		}
		if (!n) { /* not an escape, or a control byte */
			out->is_malformed = true;
			n = 1;
			bytes_len = 0;
		}
		bytes += bytes_len;
		at += n;
	}
	out->len = (size_t)(bytes - out->bytes);
	out->escaped_len = escaped_len;
	return at;
}
