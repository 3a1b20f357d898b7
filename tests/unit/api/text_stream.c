/* SPDX-License-Identifier: MIT */
/* tests/unit/api/text_stream.c - texts of each length, and no memory */
#include "api/api.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/param.h>

#include <cmocka.h>

#include "tests/unit/alloc_fail.h"

enum { LEN_MAX = 70000 };
static char letters[LEN_MAX];

/* Writes total bytes in pieces; -1 if the stream or fclose failed. */
static int write_text(char **text, size_t *len, size_t total, size_t piece)
{
	FILE *out = text_stream_open(text, len);

	if (!out)
		return -1;
	for (size_t at = 0; at < total; at += piece)
		fwrite(letters + at, 1, MIN(piece, total - at), out);
	return fclose(out) ? -1 : 0;
}

static void any_length_is_written(void **state)
{
	static const size_t totals[] = { 0, 1, 255, 256, 257, 1023, 1024, 1025,
		4096, LEN_MAX };
	static const size_t pieces[] = { 1, 7, 1024, LEN_MAX };

	(void)state;
	for (size_t i = 0; i < sizeof(totals) / sizeof(*totals); i++)
		for (size_t j = 0; j < sizeof(pieces) / sizeof(*pieces); j++) {
			char *text;
			size_t len;
			assert_int_equal(
				write_text(&text, &len, totals[i], pieces[j]),
				0);
			assert_int_equal(len, totals[i]);
			assert_int_equal(strlen(text), len);
			assert_memory_equal(text, letters, len);
			free(text);
		}
}

static void without_memory_there_is_no_text(void **state)
{
	long failed = 0;

	(void)state;
	for (long n = 1;; n++) {
		char *text = NULL;
		size_t len;
		alloc_fail_at = n;
		int err = write_text(&text, &len, LEN_MAX, 100);
		alloc_fail_at = 0;
		if (!err) {
			free(text);
			break;
		}
		assert_null(text);
		failed++;
	}
	assert_true(failed > 5);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(any_length_is_written),
		cmocka_unit_test(without_memory_there_is_no_text),
	};

	for (int i = 0; i < LEN_MAX; i++)
		letters[i] = (char)('a' + i % 26);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
