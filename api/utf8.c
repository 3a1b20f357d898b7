/* SPDX-License-Identifier: MIT */
/* api/utf8.c - where valid UTF-8 begins and ends */
#include "api/utf8.h"

#include <stdbool.h>

static bool is_tail(unsigned char byte)
{
	return (byte & 0xc0) == 0x80;
}

size_t utf8_len(const char *s, size_t left)
{
	const unsigned char *u = (const unsigned char *)s;
	unsigned char low = 0x80, high = 0xbf; /* what the second may be */
	size_t len, i;

	if (left == 0)
		return 0;
	if (u[0] < 0x80)
		return 1;
	if (u[0] < 0xc2 || u[0] > 0xf4)
		return 0;
	len = u[0] < 0xe0 ? 2 : u[0] < 0xf0 ? 3 : 4;
	if (left < len)
		return 0;
	if (u[0] == 0xe0)
		low = 0xa0;
	else if (u[0] == 0xed)
		high = 0x9f;
	else if (u[0] == 0xf0)
		low = 0x90;
	else if (u[0] == 0xf4)
		high = 0x8f;
	if (u[1] < low || u[1] > high)
		return 0;
	for (i = 2; i < len; i++)
		if (!is_tail(u[i]))
			return 0;
	return len;
}

size_t utf8_put(char out[4], uint32_t code)
{
	size_t len = code < 0x80 ? 1
		: code < 0x800	 ? 2
		: code < 0x10000 ? 3
				 : 4;
	static const unsigned char lead[] = { 0, 0, 0xc0, 0xe0, 0xf0 };
	size_t i;

	for (i = len - 1; i > 0; i--) {
		out[i] = (char)(0x80 | (code & 0x3f));
		code >>= 6;
	}
	out[0] = (char)(lead[len] | code);
	return len;
}
