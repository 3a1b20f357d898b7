/* SPDX-License-Identifier: MIT */
/* tests/server/key.h - the state of keys, and the record of their use */
#ifndef TESTS_SERVER_KEY_H
#define TESTS_SERVER_KEY_H

#include "request.h"

/* PUT /_standin/key: {"key", "state", "sudo"}. */
void key_put(
	struct server *server, struct request *request, struct reply *reply);

/* Adds an answered request to the audit log, if it changes something. */
void key_note(struct server *server, const struct request *request,
	const struct reply *reply);

/* The account of the request. */
struct account *key_of(struct server *server, const struct request *request);

/* Makes a reply of JSON, which is taken. */
void key_reply(struct reply *reply, json_t *json);

#endif
