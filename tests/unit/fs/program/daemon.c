/* SPDX-License-Identifier: MIT */
/* tests/unit/fs/program/daemon.c - the command exits with the status that the
 * daemon reports */
#include "fs/program/program.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "fs/base/log.h"

#define NOT_CALLED (-1)

struct daemon_case {
	const char *name;
	int ready; /* status given to daemon_ready, or NOT_CALLED */
	const char *message;
	int end; /* status given to daemon_end, or NOT_CALLED if it dies */
	const char *why;
	int want;
	const char *shown;
};

static const struct daemon_case cases[] = {
	{ "mounted", EXIT_OK, "", EXIT_OK, "", 0, "" },
	{ "mounted, with a warning", EXIT_OK, "no answer yet", EXIT_OK, "", 0,
		"unsandboxfs: no answer yet\n" },
	{ "a later failure is not reported", EXIT_OK, "", EXIT_FUSE, "late", 0,
		"" },
	{ "key rejected", EXIT_CREDENTIALS, "401: no such key",
		EXIT_CREDENTIALS, "", 3, "unsandboxfs: 401: no such key\n" },
	{ "rejected, and the loop says 0", EXIT_CREDENTIALS, "401", EXIT_OK, "",
		3, "unsandboxfs: 401\n" },
	{ "no mount", NOT_CALLED, NULL, EXIT_FUSE, "mount: \033 no", 6,
		"unsandboxfs: mount: \\x1b no\n" },
	{ "state", NOT_CALLED, NULL, EXIT_STATE, "held by 7", 5,
		"unsandboxfs: held by 7\n" },
	{ "ended before it was mounted", NOT_CALLED, NULL, EXIT_OK, "", 1,
		"unsandboxfs: ended by a signal before the mount answered\n" },
	{ "died", NOT_CALLED, NULL, NOT_CALLED, NULL, 1,
		"unsandboxfs: the daemon ended before the mount answered; "
		"run it with -f to see why\n" },
};

/* A command that starts the daemon of this row; its stderr is fd. */
static _Noreturn void caller_run(const struct daemon_case *row, int fd)
{
	struct daemon daemon;

	alarm(20);
	dup2(fd, 2);
	log_open(false, false);
	if (daemon_start(&daemon, false, NULL))
		_exit(99);
	if (row->ready != NOT_CALLED)
		daemon_ready(
			&daemon, (enum exit_status)row->ready, row->message);
	if (row->end != NOT_CALLED)
		daemon_end(&daemon, (enum exit_status)row->end, row->why);
	_exit(0);
}

static void statuses_are_reported(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		const struct daemon_case *row = &cases[i];
		char shown[512];
		FILE *file = tmpfile();
		int status;
		pid_t pid;

		assert_non_null(file);
		pid = fork();
		if (pid == 0)
			caller_run(row, fileno(file));
		assert_int_equal(waitpid(pid, &status, 0), pid);
		rewind(file);
		shown[fread(shown, 1, sizeof(shown) - 1, file)] = '\0';
		fclose(file);
		if (!WIFEXITED(status) || WEXITSTATUS(status) != row->want ||
			strcmp(shown, row->shown))
			fail_msg("%s: %x '%s'", row->name, status, shown);
	}
}

static void the_foreground_does_not_fork(void **state)
{
	struct daemon daemon;
	pid_t pid = getpid();

	(void)state;
	assert_int_equal(daemon_start(&daemon, true, NULL), 0);
	assert_int_equal(getpid(), pid);
	daemon_ready(&daemon, EXIT_OK, "");
	assert_int_equal(daemon_end(&daemon, EXIT_OK, ""), EXIT_OK);

	assert_int_equal(daemon_start(&daemon, true, NULL), 0);
	assert_int_equal(daemon_end(&daemon, EXIT_OK, ""), EXIT_OK);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(statuses_are_reported),
		cmocka_unit_test(the_foreground_does_not_fork),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
