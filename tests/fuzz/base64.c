/* SPDX-License-Identifier: MIT */
/* tests/fuzz/base64.c - artifacts, both ways */
#include <string.h>

#include "api/api.h"
#include "tests/fuzz/fuzz.h"

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len)
{
	size_t text_len, back_len;
	char *text = base64_encode(bytes, len, &text_len), *back;

	HOLDS(text && text_len == (len + 2) / 3 * 4);
	HOLDS(base64_decode(text, text_len, &back, &back_len) == 0);
	HOLDS(back_len == len && !memcmp(back, bytes, len));
	free(text);
	free(back);
	if (base64_decode((const char *)bytes, len, &back, &back_len) == 0) {
		HOLDS(back_len <= len);
		free(back);
	}
	return 0;
}
