/* SPDX-License-Identifier: MIT */
/* tests/server/answer.h - one request, by the rules or against them */
#ifndef TESTS_SERVER_ANSWER_H
#define TESTS_SERVER_ANSWER_H

#include "request.h"

/*
 * Counts the request, carries it out unless a fault forbids, and makes the
 * reply.  true: what was to be sent has been written to the socket already,
 * and the connection is to be closed.
 */
bool answer(
	struct server *server, struct request *request, struct reply *reply);

#endif
