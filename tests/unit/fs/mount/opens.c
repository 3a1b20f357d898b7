/* SPDX-License-Identifier: MIT */
/* tests/unit/fs/mount/opens.c - how many files a save opens */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "tests/unit/fs/mount/calls.h"

enum { PROGRAMS = 20 };

static unsigned closed;

int __real_close(int fd);
int __wrap_close(int fd);

int __wrap_close(int fd)
{
	__atomic_add_fetch(&closed, 1, __ATOMIC_RELAXED);
	return __real_close(fd);
}

/* Returns how many files were opened, and closed. */
static unsigned save(int number)
{
	char path[32];
	unsigned before;

	kernel_settle();
	kernel_await_all();
	before = __atomic_load_n(&closed, __ATOMIC_RELAXED);
	snprintf(path, sizeof(path), "run/p%d.sh", number);
	assert_int_equal(call_put(path, "echo\n", 5), 0);
	kernel_settle();
	kernel_await_all();
	return __atomic_load_n(&closed, __ATOMIC_RELAXED) - before;
}

/* Other programs in the directory are not input files, and are not opened. */
static void beside_others(void **ctx)
{
	unsigned few, many = 0;

	(void)ctx;
	kernel_open();
	assert_int_equal(kernel_mount(), 0);
	save(0); /* creates run/ */
	few = save(1);
	for (int i = 2; i < PROGRAMS; i++)
		many = save(i);
	assert_in_range(many, 1, few);
	kernel_unmount();
	kernel_close();
}

int main(void)
{
	const struct CMUnitTest tests[] = { cmocka_unit_test(beside_others) };

	return cmocka_run_group_tests(tests, NULL, NULL);
}
