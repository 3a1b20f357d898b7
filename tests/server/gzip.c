/* SPDX-License-Identifier: MIT */
/* tests/server/gzip.c - writes bytes as a gzip file */
#include "gzip.h"

#include <stdint.h>

enum {
	BLOCK = 65535,
};

static uint32_t crc32_of(const unsigned char *at, size_t len)
{
	uint32_t crc = ~0U;
	int bit;

	while (len--) {
		crc ^= *at++;
		for (bit = 0; bit < 8; bit++)
			crc = crc >> 1 ^ (crc & 1 ? 0xedb88320U : 0);
	}
	return ~crc;
}

static void put_number(struct text *out, uint32_t number, int bytes)
{
	for (; bytes; bytes--, number >>= 8)
		text_putc(out, number & 0xff);
}

void gzip_pack(struct text *out, const void *bytes, size_t len)
{
	const unsigned char *at = bytes;
	size_t left = len, piece;

	text_add(out, "\x1f\x8b\x08\0\0\0\0\0\0\xff", 10);
	do {
		piece = left < BLOCK ? left : BLOCK;
		left -= piece;
		text_putc(out, left == 0);
		put_number(out, piece, 2);
		put_number(out, ~piece, 2);
		text_add(out, at, piece);
		at += piece;
	} while (left);
	put_number(out, crc32_of(bytes, len), 4);
	put_number(out, len, 4);
}
