/* SPDX-License-Identifier: MIT */
/* tests/fs_service_log.c - where the last lines of a log go on from */
#include "fs/service_log.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

struct overlap_case {
	const char *held, *tail;
	size_t covered;
	bool is_repeating;
};

static const struct overlap_case cases[] = {
	{ "", "", 0, false },
	{ "", "1\n", 0, false },
	{ "1\n2\n", "", 0, false },
	{ "1\n2\n3\n", "1\n2\n3\n", 6, false },
	{ "1\n2\n3\n", "2\n3\n4\n", 4, false },
	{ "1\n2\n3\n", "1\n2\n3\n4\n", 6, false },
	{ "3\n", "1\n2\n3\n", 0, false }, /* it does not begin there */
	{ "1\n2\n3\n", "4\n5\n", 0, false },
	/* One byte of many is an accident. */
	{ "1\n2\n3\nx", "xabcdefghijklmnop", 0, false },
	/* The same line again and again: the longest repeats none. */
	{ "t\nt\nt\nt\n", "t\nt\nt\nt\n", 8, true },
	{ "t\nt\nt\nt\n", "t\nt\nt\nx\n", 6, true },
	{ "a\nb\na\nb\n", "a\nb\nc\n", 4, false },
};

static void tails_are_laid_over_the_end(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		const struct overlap_case *row = &cases[i];
		bool is_repeating;
		size_t covered = log_overlap(row->held, strlen(row->held),
			row->tail, strlen(row->tail), &is_repeating);
		if (covered != row->covered ||
			(covered && is_repeating != row->is_repeating))
			fail_msg("%s | %s: %zu %d", row->held, row->tail,
				covered, is_repeating);
	}
}

/* Every log of lines 1 to N, held up to a line, seen through every window:
 * together they are the log, or nothing is said. */
static void what_is_said_is_true(void **state)
{
	char text[4096];
	size_t starts[201], len = 0;

	(void)state;
	for (size_t i = 0; i < 200; i++) {
		starts[i] = len;
		len += snprintf(text + len, sizeof(text) - len, "line %zu\n",
			i * 7919 % 211);
	}
	starts[200] = len;
	for (size_t held = 0; held <= 200; held += 7) {
		for (size_t first = 0; first <= 200; first += 3) {
			bool is_repeating;
			size_t tail_len = len - starts[first];
			size_t covered = log_overlap(text, starts[held],
				text + starts[first], tail_len, &is_repeating);
			if (!covered || is_repeating)
				continue;
			assert_int_equal(starts[held], starts[first] + covered);
		}
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(tails_are_laid_over_the_end),
		cmocka_unit_test(what_is_said_is_true),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
