/* SPDX-License-Identifier: MIT */
/* tests/unit/fs/program/options_memory.c - a command line whose n-th allocation
 * fails */
#include "fs/program/program.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>
#include <fuse_opt.h>

/* The Makefile wraps what is called __wrap_ here. */
char *__real_strdup(const char *text);
FILE *__real_open_memstream(char **text, size_t *len);
int __real_fuse_opt_add_opt_escaped(char **list, const char *option);
int __real_fuse_opt_parse(struct fuse_args *args, void *ctx,
	const struct fuse_opt *templates, fuse_opt_proc_t parse);
char *__wrap_strdup(const char *text);
FILE *__wrap_open_memstream(char **text, size_t *len);
int __wrap_fuse_opt_add_opt_escaped(char **list, const char *option);
int __wrap_fuse_opt_parse(struct fuse_args *args, void *ctx,
	const struct fuse_opt *templates, fuse_opt_proc_t parse);

static int allocations, failing;

static bool is_failing(void)
{
	if (++allocations != failing)
		return false;
	errno = ENOMEM;
	return true;
}

char *__wrap_strdup(const char *text)
{
	return is_failing() ? NULL : __real_strdup(text);
}

FILE *__wrap_open_memstream(char **text, size_t *len)
{
	return is_failing() ? NULL : __real_open_memstream(text, len);
}

int __wrap_fuse_opt_add_opt_escaped(char **list, const char *option)
{
	return is_failing() ? -1
			    : __real_fuse_opt_add_opt_escaped(list, option);
}

int __wrap_fuse_opt_parse(struct fuse_args *args, void *ctx,
	const struct fuse_opt *templates, fuse_opt_proc_t parse)
{
	return is_failing()
		? -1
		: __real_fuse_opt_parse(args, ctx, templates, parse);
}

static int all_called(char *why, size_t why_len)
{
	char *argv[] = { "unsandboxfs", "https://a.example", "m", "-o",
		"noexec,sync,cacert=/c,state_dir=/s,ro,account=1", NULL };
	struct fuse_args args = FUSE_ARGS_INIT(0, NULL);
	struct options options;
	int err;

	allocations = 0;
	err = options_parse(&options, 5, argv, why, why_len);
	if (!err) {
		snprintf(why, why_len, "out of memory");
		err = options_fuse_args(&options, &args);
	}
	fuse_opt_free_args(&args);
	options_clear(&options);
	return err;
}

static void each_failure_is_reported(void **state)
{
	char why[256];

	(void)state;
	failing = 0;
	assert_int_equal(all_called(why, sizeof(why)), 0);
	for (int last = allocations; failing < last;) {
		failing++;
		if (all_called(why, sizeof(why)) != -ENOMEM ||
			strcmp(why, "out of memory") != 0)
			fail_msg("%d of %d: %s", failing, last, why);
	}
	assert_in_range(failing, 10, 200);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(each_failure_is_reported),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
