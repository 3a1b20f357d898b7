/* SPDX-License-Identifier: MIT */
/* tests/fuzz/headers.c - the header lines of an answer */
#include <string.h>

#include "api/headers.h"
#include "tests/fuzz/fuzz.h"

enum { NOW_S = 1790000000, DAY_S = 86400 };

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len)
{
	const char *at = (const char *)bytes, *end = at + len, *newline;
	struct headers headers;

	headers_init(&headers);
	while (at < end) {
		newline = memchr(at, '\n', (size_t)(end - at));
		newline = newline ? newline + 1 : end;
		if (headers_line(&headers, at, (size_t)(newline - at)))
			break;
		at = newline;
	}
	HOLDS(headers_wait_s(&headers, NOW_S) >= -1);
	HOLDS(headers_reset_s(&headers, NOW_S) >= -1);
	HOLDS(headers_reset_s(&headers, NOW_S) <= DAY_S);
	return 0;
}
