/* SPDX-License-Identifier: MIT */
/* tests/server/execute.h - shared by all requests that run something */
#ifndef TESTS_SERVER_EXECUTE_H
#define TESTS_SERVER_EXECUTE_H

#include "job.h"

/* The form in which this client wants jobs. */
struct job_form execute_form(
	struct server *server, const struct request *request);

/*
 * Whether the account may start another run; if not, the reply is made.  The
 * caller holds server->admission until it has started the run.
 */
bool execute_has_room(struct server *server, const struct request *request,
	struct reply *reply);

/*
 * Answers a run call: waits at most wait_ms for the job's end (-1: without
 * limit), or early_ms if the switch early_answer is on.
 */
void execute_reply(struct server *server, const struct request *request,
	struct job *job, int wait_ms, struct reply *reply);

#endif
