/* SPDX-License-Identifier: MIT */
/* fs/program/watchdog.c - a process that unmounts after the daemon was killed
 */
#include "fs/program/program.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <syslog.h>
#include <unistd.h>

#include "fs/base/log.h"

/* Leaves all that the daemon's process has given, but the pipe's end. */
static void watchdog_detach(int fd)
{
	sigset_t all;

	/* The signals that end the daemon must not end this process first. */
	sigfillset(&all);
	sigprocmask(SIG_BLOCK, &all, NULL);
	setsid();
	process_wipe_keys();
	dup2(fd, 3);
	close_range(4, ~0U, 0);
	for (int i = 0; i <= 2; i++)
		dup2(open("/dev/null", O_RDWR | O_CLOEXEC), i);
	close_range(4, ~0U, 0);
	if (chdir("/"))
		_exit(1);
}

static _Noreturn void watchdog_run(int fd, const char *path)
{
	char out[PATH_MAX], why[WHY_LEN], byte;

	watchdog_detach(fd);
	while (read(3, &byte, 1) < 0 && errno == EINTR)
		;
	/* This unmounts a dead mount, and leaves a live one alone. */
	if (mountpoint_prepare(path, out, why, sizeof(why)) == -ENOTCONN) {
		log_to_syslog();
		log_line(LOG_ERR, "%s", why);
	}
	_exit(0);
}

int watchdog_start(const char *path)
{
	int fds[2], err;
	pid_t pid;

	if (pipe2(fds, O_CLOEXEC))
		return -errno;
	pid = fork();
	err = pid < 0 ? -errno : 0;
	if (pid == 0) {
		close(fds[1]);
		watchdog_run(fds[0], path);
	}
	close(fds[0]);
	if (err)
		close(fds[1]); /* else the kernel does, when the daemon ends */
	return err;
}
