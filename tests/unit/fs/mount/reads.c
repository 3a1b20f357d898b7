/* SPDX-License-Identifier: MIT */
/* tests/unit/fs/mount/reads.c - how often the mount reads requests */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "tests/unit/fs/mount/calls.h"

enum { STATS = 100 };

/* With one request at a time, few reads find nothing. */
static void one_at_a_time(void **ctx)
{
	unsigned asked, vain;

	(void)ctx;
	kernel_open();
	assert_int_equal(kernel_mount(), 0);
	asked = kernel.asked_count;
	vain = kernel.vain_reads;
	for (int i = 0; i < STATS; i++)
		assert_int_equal(call_stat("run"), 0);
	asked = kernel.asked_count - asked;
	vain = kernel.vain_reads - vain;
	assert_true(asked >= STATS);
	assert_in_range(vain, 1, asked / 4);
	kernel_unmount();
	kernel_close();
}

int main(void)
{
	const struct CMUnitTest tests[] = { cmocka_unit_test(one_at_a_time) };

	return cmocka_run_group_tests(tests, NULL, NULL);
}
