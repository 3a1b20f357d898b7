/* SPDX-License-Identifier: MIT */
/* tests/server/execute.h - what all that runs something shares */
#ifndef TESTS_SERVER_EXECUTE_H
#define TESTS_SERVER_EXECUTE_H

#include "job.h"

/* How this client wants to see a job. */
struct job_form execute_form(
	struct server *server, const struct request *request);

/*
 * Whether the account may run one thing more; else the reply is made.  The
 * caller holds server->admission until it has started it.
 */
bool execute_has_room(struct server *server, const struct request *request,
	struct reply *reply);

#endif
