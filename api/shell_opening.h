/* SPDX-License-Identifier: MIT */
/* api/shell_opening.h - how a live shell is reached: connection and upgrade */
#ifndef API_SHELL_OPENING_H
#define API_SHELL_OPENING_H

#include "api/shell.h"

#define CONNECT_MS 15000 /* for all of it */

/* Embedded. Once it is open, the owner uses the connection directly. */
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
	int64_t wait_s; /* the time that the answer asks to wait; -1: none */
	char message[MESSAGE_SIZE];
};

/* Starts to connect. Call opening_clear whatever it returns. The errors of
 * upgrade_request and connection_start; -ENOMEM. */
int opening_init(struct opening *opening, struct api *api, const char *id);
/* Continues. 0: the connection is a WebSocket now, and `in` has its first
 * frames behind *used bytes; -EINPROGRESS; else -errno with the reason in
 * message. */
int opening_run(struct opening *opening, uint64_t now_ms, size_t *used);
void opening_clear(struct opening *opening);

#endif
