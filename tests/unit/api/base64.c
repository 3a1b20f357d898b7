/* SPDX-License-Identifier: MIT */
/* tests/unit/api/base64.c - RFC 4648 vectors, and what is not base64 */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "api/api.h"

struct pair {
	const char *bytes;
	const char *text;
};

static const struct pair pairs[] = {
	{ "", "" },
	{ "f", "Zg==" },
	{ "fo", "Zm8=" },
	{ "foo", "Zm9v" },
	{ "foob", "Zm9vYg==" },
	{ "fooba", "Zm9vYmE=" },
	{ "foobar", "Zm9vYmFy" },
	{ "\xff\xfe\xfb\xef\xbe", "//77774=" },
};

static void vectors_hold(void **state)
{
	size_t i, len;
	char *out;

	(void)state;
	for (i = 0; i < sizeof(pairs) / sizeof(pairs[0]); i++) {
		const struct pair *row = &pairs[i];

		out = base64_encode(row->bytes, strlen(row->bytes), &len);
		assert_string_equal(out, row->text);
		assert_int_equal(len, strlen(row->text));
		free(out);
		assert_int_equal(
			base64_decode(row->text, strlen(row->text), &out, &len),
			0);
		assert_string_equal(out, row->bytes);
		assert_int_equal(len, strlen(row->bytes));
		free(out);
	}
}

static const struct pair lenient[] = {
	{ "f", "Zg" }, { "f", "Zg=" }, { "fo", "Zm8" },
	{ "foobar", "Zm9v\r\nYmFy\n" }, { "foob", " Z m 9\tv Y g = = \n" },
	{ "", "\n" }, { "f", "Zh==" }, /* bits left over */
};

static void padding_and_white_space_are_optional(void **state)
{
	size_t i, len;
	char *out;

	(void)state;
	for (i = 0; i < sizeof(lenient) / sizeof(lenient[0]); i++) {
		const struct pair *row = &lenient[i];

		if (base64_decode(row->text, strlen(row->text), &out, &len) !=
				0 ||
			strcmp(out, row->bytes) != 0)
			fail_msg("'%s'", row->text);
		free(out);
	}
}

static const char *const wrong[] = { "Z", "Zm9vY", "Zg===", "=",
	"====", "Z=g=", "Zm9v=Zm9v", "Zm9-", "Zm9_", "Zm\xff", "Zm9v\x01",
	"{}" };

static void other_text_is_refused(void **state)
{
	size_t i, len;
	char *out;

	(void)state;
	for (i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++)
		if (base64_decode(wrong[i], strlen(wrong[i]), &out, &len) !=
			-EPROTO)
			fail_msg("'%s'", wrong[i]);
	assert_int_equal(base64_decode("Zg\0=", 4, &out, &len), -EPROTO);
}

/* Longer than one step of the encoder, with each byte and each remainder. */
static void megabytes_round_trip(void **state)
{
	size_t max = 7 * 1024 * 1024, size, i, len, back_len;
	char *bytes = malloc(max), *text, *back;

	(void)state;
	for (i = 0; i < max; i++)
		bytes[i] = (char)(i * 7 + i / 256);
	for (size = max - 3; size <= max; size++) {
		text = base64_encode(bytes, size, &len);
		assert_int_equal(len, (size + 2) / 3 * 4);
		assert_int_equal(base64_decode(text, len, &back, &back_len), 0);
		assert_int_equal(back_len, size);
		assert_memory_equal(back, bytes, size);
		free(text);
		free(back);
	}
	free(bytes);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(vectors_hold),
		cmocka_unit_test(padding_and_white_space_are_optional),
		cmocka_unit_test(other_text_is_refused),
		cmocka_unit_test(megabytes_round_trip),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
