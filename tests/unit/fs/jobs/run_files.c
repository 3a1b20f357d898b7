/* SPDX-License-Identifier: MIT */
/* tests/unit/fs/jobs/run_files.c - input files that are symbolic links */
#include "tests/unit/fs/jobs/fixture.h"

#include <sys/syscall.h>

/* The Makefile wraps what is called __wrap_ here. */
long __real_syscall(long number, ...);
long __wrap_syscall(long number, long a, long b, long c, long d);

static unsigned busy, opened;

long __wrap_syscall(long number, long a, long b, long c, long d)
{
	if (number == SYS_openat2 && busy) {
		busy--;
		errno = EAGAIN;
		return -1;
	}
	opened += number == SYS_openat2;
	return __real_syscall(number, a, b, c, d);
}

static int read_inputs(struct run *run)
{
	char *content;
	size_t len;
	int err = run_files_read(run, &content, &len);

	free(content);
	return err;
}

/* While something is renamed anywhere on the machine, openat2 may fail. */
static void test_renames_elsewhere(void **state)
{
	struct run run = { .name = (char *)"main.sh", .takes = RUN_TAKES_ALL };
	struct fixture fixture;
	(void)state;

	fixture_open(&fixture);
	fixture_write(&fixture, "a.txt", "a");
	run_files_init(&run);
	run.dir_fd = dup(fixture.core.state.jobs_fd);
	assert_int_equal(symlinkat("./a.txt", run.dir_fd, "link"), 0);
	busy = 3;
	assert_int_equal(read_inputs(&run), 0);
	assert_int_equal(busy, 0);
	assert_int_equal(opened, 1);
	assert_int_equal(run.input_count, 2);
	run_files_thaw(&run);

	run.dir_fd = dup(fixture.core.state.jobs_fd);
	busy = UINT32_MAX;
	assert_int_equal(read_inputs(&run), -EAGAIN);
	assert_non_null(strstr(run.why, "link"));
	run_files_thaw(&run);
	fixture_close(&fixture);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_renames_elsewhere),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
