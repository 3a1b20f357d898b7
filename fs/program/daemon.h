/* SPDX-License-Identifier: MIT */
/* fs/program/daemon.h - into the background, with an exit status that is true
 */
#ifndef FS_PROGRAM_DAEMON_H
#define FS_PROGRAM_DAEMON_H

#include <stdbool.h>

#include "fs/base/options.h"

/*
 * The command ends when the mount answers, not when it was tried: its process
 * waits on a pipe for the daemon's report and ends with that status. Until
 * then the daemon stays in the command's process group and on its terminal, so
 * that Ctrl-C ends both.
 */
struct daemon {
	bool foreground;
	bool reported;
	int report_fd;		 /* of the pipe; -1 in the foreground */
	enum exit_status status; /* of a start that the mount gave up */
	char message[1024];	 /* and why */
};

/* Forks, unless foreground; only the daemon returns. 0, or -errno. */
int daemon_start(struct daemon *daemon, bool foreground);

/*
 * For fs_loop: ctx is the struct daemon. EXIT_OK is told at once, with a
 * warning if message is not "", and the daemon lets go of the terminal. A
 * failure is kept for daemon_end, when its mount is gone.
 */
void daemon_ready(void *ctx, enum exit_status status, const char *message);

/* Tells why the start failed, if it did: what daemon_ready was given, else
 * status and why. Returns the exit status. */
enum exit_status daemon_end(
	struct daemon *daemon, enum exit_status status, const char *why);

#endif
