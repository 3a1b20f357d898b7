/* SPDX-License-Identifier: MIT */
/* tests/server/wire.h - answers that no HTTP library would send */
#ifndef SERVER_WIRE_H
#define SERVER_WIRE_H

#include "fault.h"

/*
 * Sends the reply over the socket as the fault wants it spoilt, and returns
 * when the connection is to be closed: for one that hangs, when the client has
 * gone or stop_fd is readable.
 */
void wire_send(int fd, int stop_fd, const struct reply *reply,
	const struct fault *fault);

#endif
