/* SPDX-License-Identifier: MIT */
/* tests/server/websocket.h - the upgrade to a WebSocket, by libmicrohttpd */
#ifndef TESTS_SERVER_WEBSOCKET_H
#define TESTS_SERVER_WEBSOCKET_H

#include "request.h"

/* Runs in the connection's thread until the socket is to be closed; frees ctx.
 * begun: what was received already. */
typedef void websocket_run(
	void *ctx, int fd, const void *begun, size_t begun_len);

/*
 * Makes the reply 101, after which run is called; takes ctx. False, with an
 * error as the reply and ctx left alone, if the request is no upgrade.
 */
bool websocket_accept(const struct request *request, struct reply *reply,
	websocket_run *run, void *ctx);

#endif
