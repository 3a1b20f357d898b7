/* SPDX-License-Identifier: MIT */
/* tests/server/shell_thread.h - a thread that runs a command in a session */
#ifndef TESTS_SERVER_SHELL_THREAD_H
#define TESTS_SERVER_SHELL_THREAD_H

#include "job.h"
#include "resource.h"

/*
 * Adds the job to the table and starts a thread for it; the line is copied, and
 * the thread takes references of its own.  timeout_ms 0: none.  0, or -ENOMEM
 * or -ESHUTDOWN without adding it.
 */
int shell_thread_start(struct server *server, struct resource *session,
	struct job *job, const char *line, long long timeout_ms);

#endif
