/* SPDX-License-Identifier: MIT */
/* tests/server/action.h - actions of more than one kind of resource */
#ifndef TESTS_SERVER_ACTION_H
#define TESTS_SERVER_ACTION_H

#include "resource.h"

/*
 * The first part of the path is the kind.  Each function makes the reply; a
 * reply of {"status": ...} also has "state" with the same word, and the ids.
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

/* The kind of resource in the path. */
enum kind action_kind(const struct request *request);

/* Starts a reply with the resource's ids and state, and leaves it open. */
void action_open(const struct resource *resource, struct reply *reply);

/* Like resource_take, but 403 unless the account owns it, unlocked. */
struct resource *action_take_free(struct server *server,
	struct request *request, enum kind kind, struct reply *reply);

/*
 * Like resource_take, for the id of a session, or of a service, which has a
 * shell too; with or without svc: before it.
 */
struct resource *action_take_shell(
	struct server *server, struct request *request, struct reply *reply);

/* Gives up a reference that was taken for use without the lock. */
void action_release(struct server *server, struct resource *resource);

/*
 * Runs a command line in a session or a service as a job and answers with it.
 * The body is {"command", "timeout" in ms, "input_files"}; under /sessions
 * {"language": "bash", "code"} as well, and the id of a service.
 */
void action_command(
	struct server *server, struct request *request, struct reply *reply);

#endif
