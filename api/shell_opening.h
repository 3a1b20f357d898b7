/* SPDX-License-Identifier: MIT */
/* api/shell_opening.h - how a live shell is reached: connection and upgrade */
#ifndef API_SHELL_OPENING_H
#define API_SHELL_OPENING_H

#include "api/shell.h"

#define CONNECT_MS 15000 /* for all of it */

/* Embedded. The connection is used from then on by its owner. */
struct opening {
	struct api *api; /* borrowed */
	char *id;
	struct connection connection;
	bool is_connected;
	enum shell_auth auth;
	int refused; /* the error of the first way of authentication */
	struct upgrade refusal;
	bool was_resigned; /* after an answer about the clock */
	char key[WEBSOCKET_KEY_SIZE];
	struct text out, in;
	size_t out_at;

	/* How it failed; status 0: without an answer. */
	int status;
	int64_t wait_s; /* that the answer asks for; -1: none */
	char message[MESSAGE_SIZE];
};

/* Begins to connect. To be cleared whatever it returns. The errors of
 * upgrade_request and connection_start; -ENOMEM. */
int opening_init(struct opening *opening, struct api *api, const char *id);
/* Goes on with it. 0: the connection is a WebSocket now, and what is in `in`
 * behind *used bytes is its first frames; -EINPROGRESS; else -errno with the
 * reason in message. */
int opening_run(struct opening *opening, uint64_t now_ms, size_t *used);
void opening_clear(struct opening *opening);

#endif
