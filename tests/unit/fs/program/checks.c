/* SPDX-License-Identifier: MIT */
/* tests/unit/fs/program/checks.c - checks that tell an ordinary user why a
 * mount would fail */
#include "fs/program/program.h"

#include <sched.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#define FUSE_CONF "/etc/fuse.conf"
#define NOBODY 65534
#define NOT_TRIED 99

struct check_case {
	const char *name;
	const char *conf; /* the text of /etc/fuse.conf, and its mode */
	mode_t mode;
	bool allow_other;
	const char *path; /* PATH; NULL: not set */
	char *cacert;
	bool is_denied; /* /dev/fuse cannot be opened */
	enum exit_status want;
	const char *why; /* a part of the message */
};

static const struct check_case cases[] = {
	{ "all is well", "", 0644, false, "/bin", NULL, false, EXIT_OK, "" },
	{ "PATH is not set", "", 0644, false, NULL, NULL, false, EXIT_OK, "" },
	{ "fusermount3 is not in PATH", "", 0644, false, "/no/such::", NULL,
		false, EXIT_OK, "" },
	{ "others are allowed", "user_allow_other\n", 0644, true, "/bin", NULL,
		false, EXIT_OK, "" },
	{ "others are allowed by a later line",
		"# yes:\nmount_max = 9\n\tuser_allow_other#\n", 0644, true,
		"/bin", NULL, false, EXIT_OK, "" },
	{ "others are allowed in a comment", "#user_allow_other\n", 0644, true,
		"/bin", NULL, false, EXIT_FUSE,
		"-o allow_other: /etc/fuse.conf has no line" },
	{ "a similar word", "user_allow_others\n", 0644, true, "/bin", NULL,
		false, EXIT_FUSE, "has no line user_allow_other" },
	{ "only fusermount3 can read it", "", 0600, true, "/bin", NULL, false,
		EXIT_OK, "" },
	{ "cacert", "", 0644, false, "/bin", (char *)"/no/such", false,
		EXIT_USAGE, "-o cacert=/no/such: No such file" },
	{ "denied", "", 0600, false, "/bin", NULL, true, EXIT_FUSE,
		"/dev/fuse: Permission denied; as root, run: chmod 666" },
};

/* Gives this process the row's fuse.conf and a /dev/fuse that can or cannot be
 * opened, and drops root. */
static bool system_set(const struct check_case *row)
{
	char path[] = "/tmp/unsandboxfs-conf-XXXXXX";
	int fd = mkstemp(path);
	bool is_set = fd >= 0 && write(fd, row->conf, strlen(row->conf)) >= 0 &&
		fchmod(fd, row->mode) == 0 && unshare(CLONE_NEWNS) == 0 &&
		mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL) == 0 &&
		mount(path, FUSE_CONF, NULL, MS_BIND, NULL) == 0 &&
		mount(row->is_denied ? path : "/dev/null", "/dev/fuse", NULL,
			MS_BIND, NULL) == 0;

	if (fd >= 0) {
		close(fd);
		unlink(path);
	}
	return is_set && setresuid(NOBODY, NOBODY, NOBODY) == 0;
}

/* Writes what system_check says to out, and exits with its status. */
static _Noreturn void user_check(const struct check_case *row, FILE *out)
{
	const struct options options = {
		.allow_other = row->allow_other,
		.cacert = row->cacert,
	};
	char why[WHY_LEN] = "";
	enum exit_status status;

	if (row->path)
		setenv("PATH", row->path, 1);
	else
		unsetenv("PATH");
	if (!system_set(row))
		_exit(NOT_TRIED);
	status = system_check(&options, why, sizeof(why));
	fputs(why, out);
	fflush(out);
	_exit((int)status);
}

static void users_are_told(void **state)
{
	(void)state;
	if (geteuid() != 0 || access("/usr/bin/fusermount3", X_OK))
		skip();
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		const struct check_case *row = &cases[i];
		FILE *out = tmpfile();
		char why[512];
		int status;
		pid_t pid;

		assert_non_null(out);
		pid = fork();
		if (pid == 0)
			user_check(row, out);
		assert_int_equal(waitpid(pid, &status, 0), pid);
		rewind(out);
		why[fread(why, 1, sizeof(why) - 1, out)] = '\0';
		fclose(out);
		if (WIFEXITED(status) && WEXITSTATUS(status) == NOT_TRIED)
			skip();
		if (!WIFEXITED(status) ||
			WEXITSTATUS(status) != (int)row->want ||
			!strstr(why, row->why))
			fail_msg("%s: %x '%s'", row->name, status, why);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(users_are_told),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
