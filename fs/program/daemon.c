/* SPDX-License-Identifier: MIT */
/* fs/program/daemon.c - goes into the background once the mount answers */
#include "fs/program/program.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <syslog.h>
#include <unistd.h>

#include "fs/base/log.h"

/* What goes through the pipe, in one write: it arrives whole or not at all. */
struct report {
	enum exit_status status;
	char message[3072];
};

/* The command's own process: waits for the report, prints it, exits. */
static _Noreturn void command_wait(int fd)
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
	_exit((int)report.status);
}

int daemon_start(struct daemon *daemon, bool foreground)
{
	int fds[2];
	pid_t pid;

	*daemon = (struct daemon){ .foreground = foreground, .report_fd = -1 };
	if (foreground)
		return 0;
	fflush(NULL);
	if (pipe2(fds, O_CLOEXEC))
		return -errno;
	pid = fork();
	if (pid < 0) {
		int err = -errno;

		close(fds[0]);
		close(fds[1]);
		return err;
	}
	if (pid > 0) {
		close(fds[1]);
		command_wait(fds[0]);
	}
	close(fds[0]);
	daemon->report_fd = fds[1];
	return 0;
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

static void terminal_leave(void)
{
	int fd = open("/dev/null", O_RDWR | O_CLOEXEC);

	setsid();
	for (int i = 0; fd >= 0 && i <= 2; i++)
		dup2(fd, i);
	if (fd > 2)
		close(fd);
	log_to_syslog();
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
	if (!daemon->foreground)
		terminal_leave();
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
		status = EXIT_OTHER; /* 0 would mean that it is mounted */
		why = "ended by a signal before the mount answered";
	}
	report_send(daemon, status, why);
	return status;
}
