/* SPDX-License-Identifier: MIT */
/* fs/program/daemon.c - the processes: command, daemon and watchdog, and what
 * each is prepared with */
#include "fs/program/program.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <syslog.h>
#include <unistd.h>

#include "fs/base/base.h"

static struct rlimit core_limit, files_limit; /* those of the caller */

void process_harden(void)
{
	struct rlimit limit;
	int fd;

	/* Otherwise the FUSE descriptor could become a library's stderr. */
	do
		fd = open("/dev/null", O_RDWR);
	while (fd >= 0 && fd <= 2);
	if (fd > 2)
		close(fd);

	prctl(PR_SET_DUMPABLE, 0);
	getrlimit(RLIMIT_CORE, &core_limit);
	setrlimit(RLIMIT_CORE, &(struct rlimit){ 0, core_limit.rlim_max });
	if (getrlimit(RLIMIT_NOFILE, &files_limit) == 0) {
		limit = files_limit;
		limit.rlim_cur = limit.rlim_max;
		setrlimit(RLIMIT_NOFILE, &limit);
	}
	signal(SIGPIPE, SIG_IGN);
	signal(SIGXFSZ, SIG_IGN); /* write fails with EFBIG instead */
}

void process_soften(void)
{
	setrlimit(RLIMIT_CORE, &core_limit);
	setrlimit(RLIMIT_NOFILE, &files_limit);
	signal(SIGPIPE, SIG_DFL);
	signal(SIGXFSZ, SIG_DFL);
}

void process_wipe_keys(void)
{
	static const char *const names[] = { "UNSANDBOX_PUBLIC_KEY",
		"UNSANDBOX_SECRET_KEY" };

	for (size_t i = 0; i < 2; i++) {
		char *value = getenv(names[i]);

		if (value)
			explicit_bzero(value, strlen(value));
		unsetenv(names[i]);
	}
}

/* Descriptors 0 to 2 become /dev/null. */
static void stdio_drop(void)
{
	int fd = open("/dev/null", O_RDWR | O_CLOEXEC);

	for (int i = 0; fd >= 0 && i <= 2; i++)
		dup2(fd, i);
	if (fd > 2)
		close(fd);
}

/* Forks, with a pipe between the two processes; *end is this one's end. Returns
 * the pid, 0 in the child, or -errno. */
static pid_t fork_with_pipe(bool child_writes, int *end)
{
	int fds[2], err;
	bool writes;
	pid_t pid;

	if (pipe2(fds, O_CLOEXEC))
		return -errno;
	pid = fork();
	err = -errno;
	writes = (pid == 0) == child_writes;
	*end = fds[writes];
	close(fds[!writes]);
	if (pid >= 0)
		return pid;
	close(*end);
	return err;
}

/* ---- the command, and the daemon that reports to it ---- */

/* What goes through the pipe, in one write: it arrives whole or not at all. */
struct report {
	enum exit_status status;
	char message[3072];
};

/* The command's own process: waits for the report, prints it, exits. */
static _Noreturn void command_wait(int fd, pid_t pid, char **command)
{
	struct report report;
	ssize_t len;

	do
		len = read(fd, &report, sizeof(report));
	while (len < 0 && errno == EINTR);
	if (len != (ssize_t)sizeof(report)) {
		report.status = EXIT_OTHER;
		snprintf(report.message, sizeof(report.message),
			"the daemon ended before the mount answered; "
			"run it with -f to see why");
	}
	report.message[sizeof(report.message) - 1] = '\0';
	if (report.message[0] != '\0')
		log_line(report.status ? LOG_ERR : LOG_WARNING, "%s",
			report.message);
	if (report.status == EXIT_OK && command)
		_exit(command_run(command, pid));
	_exit((int)report.status);
}

/* Only the other process may need the caller's limit again. */
static int daemon_harden(void)
{
	return setrlimit(RLIMIT_CORE, &(struct rlimit){ 0, 0 }) ? -errno : 0;
}

int daemon_start(struct daemon *daemon, bool foreground, char **command)
{
	pid_t pid;
	int fd = -1;

	*daemon = (struct daemon){ .foreground = foreground, .report_fd = -1 };
	if (foreground)
		return daemon_harden();
	fflush(NULL);
	pid = fork_with_pipe(true, &fd);
	if (pid > 0)
		command_wait(fd, pid, command);
	if (pid < 0)
		return pid;
	daemon->report_fd = fd;
	if (command) /* nobody else would end it */
		prctl(PR_SET_PDEATHSIG, SIGTERM);
	return daemon_harden();
}

static void report_send(
	struct daemon *daemon, enum exit_status status, const char *message)
{
	struct report report = { .status = status };

	daemon->reported = true;
	snprintf(report.message, sizeof(report.message), "%s", message);
	if (daemon->report_fd < 0) {
		if (message[0] != '\0')
			log_line(status ? LOG_ERR : LOG_WARNING, "%s", message);
		return;
	}
	while (write(daemon->report_fd, &report, sizeof(report)) < 0 &&
		errno == EINTR)
		;
	close(daemon->report_fd);
	daemon->report_fd = -1;
}

void daemon_ready(void *ctx, enum exit_status status, const char *message)
{
	struct daemon *daemon = ctx;

	if (daemon->reported)
		return;
	if (status != EXIT_OK) {
		daemon->status = status;
		snprintf(daemon->message, sizeof(daemon->message), "%s",
			message);
		return;
	}
	if (!daemon->foreground) {
		setsid();
		stdio_drop();
		log_to_syslog();
	}
	log_line(LOG_INFO, "mounted");
	service_notify(
		"READY=1\nSTATUS=mounted%s%s", message[0] ? ": " : "", message);
	report_send(daemon, EXIT_OK, message);
}

enum exit_status daemon_end(
	struct daemon *daemon, enum exit_status status, const char *why)
{
	if (daemon->reported)
		return status;
	if (daemon->status != EXIT_OK) {
		status = daemon->status;
		why = daemon->message;
	}
	if (status == EXIT_OK && !daemon->foreground) {
		status = EXIT_OTHER; /* 0 would mean that the mount succeeded */
		why = "ended by a signal before the mount answered";
	}
	report_send(daemon, status, why);
	return status;
}

/* ---- the watchdog: unmounts after the daemon was killed ---- */

/* Closes all descriptors but the pipe's end, and leaves the session and
 * directory of the caller. */
static void watchdog_detach(int fd)
{
	sigset_t all;

	/* Signals that end the daemon must not end this process first. */
	sigfillset(&all);
	sigprocmask(SIG_BLOCK, &all, NULL);
	setsid();
	process_wipe_keys();
	dup2(fd, 3);
	close_range(4, ~0U, 0);
	stdio_drop();
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
	int fd = -1;
	pid_t pid = fork_with_pipe(false, &fd);

	if (pid == 0)
		watchdog_run(fd, path);
	/* The kernel closes this end, when the daemon ends. */
	return pid < 0 ? pid : 0;
}
