/* SPDX-License-Identifier: MIT */
/* tests/server/action.h - what more than one kind of resource can do */
#ifndef TESTS_SERVER_ACTION_H
#define TESTS_SERVER_ACTION_H

#include "resource.h"

/*
 * The kind is told by the first part of the path.  Each answers by itself; a
 * reply of {"status": ...} carries "state" with the same word, and the ids.
 */
void action_get(
	struct server *server, struct request *request, struct reply *reply);
void action_list(
	struct server *server, struct request *request, struct reply *reply);
void action_lock(
	struct server *server, struct request *request, struct reply *reply);
void action_unlock(
	struct server *server, struct request *request, struct reply *reply);
void action_freeze(
	struct server *server, struct request *request, struct reply *reply);
void action_unfreeze(
	struct server *server, struct request *request, struct reply *reply);
void action_delete(
	struct server *server, struct request *request, struct reply *reply);

/* The kind of resource that the path is about. */
enum kind action_kind(const struct request *request);

/* The resource's ids and state as the start of a reply, left open. */
void action_open(const struct resource *resource, struct reply *reply);

/* As resource_take, but 403 unless the account owns it and it is unlocked. */
struct resource *action_take_free(struct server *server,
	struct request *request, enum kind kind, struct reply *reply);

/*
 * Runs a command line in a session or a service as a job and answers with it.
 * The body is {"command", "timeout" in ms, "input_files"}.
 */
void action_session_command(
	struct server *server, struct request *request, struct reply *reply);
void action_service_command(
	struct server *server, struct request *request, struct reply *reply);

#endif
