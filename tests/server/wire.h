/* SPDX-License-Identifier: MIT */
/* tests/server/wire.h - answers that no HTTP library would send */
#ifndef TESTS_SERVER_WIRE_H
#define TESTS_SERVER_WIRE_H

#include "fault.h"
#include "stream.h"

/*
 * Sends the reply over the socket as the fault wants it spoilt, and returns
 * when the connection is to be closed: for one that hangs, when the client has
 * gone or the server ends.
 */
void wire_send(const struct stream *stream, const struct reply *reply,
	const struct fault *fault);

#endif
