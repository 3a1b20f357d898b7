/* SPDX-License-Identifier: MIT */
/* tests/server/answer.h - answers one request, correctly or with a fault */
#ifndef TESTS_SERVER_ANSWER_H
#define TESTS_SERVER_ANSWER_H

#include "request.h"

/*
 * Counts the request, carries it out unless a fault prevents that, and makes
 * the reply.  true: the answer was already written to the socket, and the
 * caller closes the connection.
 */
bool answer(
	struct server *server, struct request *request, struct reply *reply);

#endif
