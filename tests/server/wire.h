/* SPDX-License-Identifier: MIT */
/* tests/server/wire.h - sends answers that no HTTP library would send */
#ifndef TESTS_SERVER_WIRE_H
#define TESTS_SERVER_WIRE_H

#include "fault.h"
#include "stream.h"

/*
 * Sends the reply over the socket with the fault, and returns when the
 * connection is to be closed: if the fault hangs, when the client disconnects
 * or the server ends.
 */
void wire_send(const struct stream *stream, const struct reply *reply,
	const struct fault *fault);

#endif
