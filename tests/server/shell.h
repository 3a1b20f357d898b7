/* SPDX-License-Identifier: MIT */
/* tests/server/shell.h - the shell that a session keeps */
#ifndef TESTS_SERVER_SHELL_H
#define TESTS_SERVER_SHELL_H

#include "job.h"
#include "resource.h"

/*
 * Runs the command in the session's shell and leaves output and exit code in
 * the job: variables, functions and the working directory stay for the next.
 * A shell that is not there, or was ended by `exit`, is started; one whose
 * command takes longer than timeout_ms (0: for ever), or whose job is
 * cancelled, is killed.  The caller holds a reference and no lock.
 */
void shell_run(struct server *server, struct resource *session, struct job *job,
	const char *command, long long timeout_ms);

/* Ends the shell, if there is one; resources.lock is held. */
void shell_kill(struct resource *session);

/* Closes what a shell has left; the last reference is going. */
void shell_close(struct resource *session);

#endif
