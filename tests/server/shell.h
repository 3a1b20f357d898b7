/* SPDX-License-Identifier: MIT */
/* tests/server/shell.h - the shell of a session */
#ifndef TESTS_SERVER_SHELL_H
#define TESTS_SERVER_SHELL_H

#include "job.h"
#include "resource.h"

/*
 * Runs the command in the session's shell and stores output and exit code in
 * the job.  Variables, functions and the working directory are kept for the
 * next command.  Starts a shell if there is none, or if `exit` ended it; kills
 * it if a command takes longer than timeout_ms (0: no limit), or if the job is
 * cancelled.  The caller holds a reference and no lock.
 */
void shell_run(struct server *server, struct resource *session, struct job *job,
	const char *command, long long timeout_ms);

/* Ends the shell, if there is one; resources.lock is held. */
void shell_kill(struct resource *session);

/* Closes what a shell has left, when the last reference is dropped. */
void shell_close(struct resource *session);

#endif
