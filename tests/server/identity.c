/* SPDX-License-Identifier: MIT */
/* tests/server/identity.c - unique ids */
#include "identity.h"

#include <stdio.h>
#include <sys/random.h>

static void fill(unsigned char *bytes, size_t len)
{
	size_t done = 0;
	ssize_t got;

	while (done < len) {
		got = getrandom(bytes + done, len - done, 0);
		if (got > 0)
			done += got;
	}
}

void identity_uuid(char *buf)
{
	unsigned char b[16];

	fill(b, sizeof(b));
	b[6] = (b[6] & 0x0f) | 0x40;
	b[8] = (b[8] & 0x3f) | 0x80;
	snprintf(buf, IDENTITY_SIZE,
		"%02x%02x%02x%02x-%02x%02x-%02x%02x-%02x%02x-"
		"%02x%02x%02x%02x%02x%02x",
		b[0], b[1], b[2], b[3], b[4], b[5], b[6], b[7], b[8], b[9],
		b[10], b[11], b[12], b[13], b[14], b[15]);
}

void identity_make(char *buf, const char *prefix)
{
	unsigned char b[8];

	fill(b, sizeof(b));
	snprintf(buf, IDENTITY_SIZE, "%.24s-%02x%02x%02x%02x%02x%02x%02x%02x",
		prefix, b[0], b[1], b[2], b[3], b[4], b[5], b[6], b[7]);
}
