/* SPDX-License-Identifier: MIT */
/* fs/program/watchdog.c - unmounts when the daemon was killed */
#include "fs/program/watchdog.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <signal.h>
#include <syslog.h>
#include <unistd.h>

#include "fs/base/log.h"
#include "fs/program/mountpoint.h"
#include "fs/program/start.h"

static _Noreturn void guard_run(int fd, const char *path)
{
	char out[PATH_MAX], why[PATH_MAX + 256], byte;
	sigset_t all;

	/* What ends the daemon must not end this first. */
	sigfillset(&all);
	sigprocmask(SIG_BLOCK, &all, NULL);
	setsid();
	start_forget_keys();
	dup2(fd, 3);
	close_range(4, ~0U, 0);
	for (int i = 0; i <= 2; i++)
		dup2(open("/dev/null", O_RDWR | O_CLOEXEC), i);
	close_range(4, ~0U, 0);
	if (chdir("/"))
		_exit(1);
	while (read(3, &byte, 1) < 0 && errno == EINTR)
		;
	/* It takes a dead mount away; all else it leaves. */
	if (mountpoint_prepare(path, out, why, sizeof(why)) == -ENOTCONN) {
		log_to_syslog();
		log_line(LOG_ERR, "%s", why);
	}
	_exit(0);
}

int guard_start(const char *path)
{
	int fds[2];
	pid_t pid;

	if (pipe2(fds, O_CLOEXEC))
		return -errno;
	pid = fork();
	if (pid == 0) {
		close(fds[1]);
		guard_run(fds[0], path);
	}
	close(fds[0]);
	if (pid < 0) {
		close(fds[1]);
		return -errno;
	}
	return 0; /* fds[1] is closed by the kernel, at our end */
}
