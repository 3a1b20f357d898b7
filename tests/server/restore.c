/* SPDX-License-Identifier: MIT */
/* tests/server/restore.c - restores a snapshot */
#include <string.h>

#include "action.h"
#include "server.h"
#include "service.h"
#include "shell.h"
#include "snapshot.h"

/* By its id, or the newest one of a session. */
static struct resource *snapshot_find(
	struct server *server, const struct request *request)
{
	struct shelf *shelf = &server->resources.shelves[KIND_SNAPSHOT];
	struct resource *snapshot = resource_find(
		server, KIND_SNAPSHOT, request->account, request->parts[1]);
	size_t i;

	for (i = shelf->count; !snapshot && i-- > 0;)
		if (!strcmp(shelf->list[i]->source_id, request->parts[1]) &&
			!strcmp(shelf->list[i]->owner, request->account))
			snapshot = shelf->list[i];
	return snapshot;
}

static void put_back(struct server *server, struct resource *snapshot,
	struct resource *target)
{
	terminal_kill(server, target->id);
	if (target->kind == KIND_SESSION)
		shell_kill(target);
	else
		service_stop(target);
	snapshot_copy_dir(server, snapshot, target);
	resource_set(&target->state, "running");
	if (target->kind == KIND_SERVICE) {
		resource_set(&target->bootstrap, snapshot->bootstrap);
		service_start(server, target);
	}
	resource_store(server, target);
}

/* The request names the snapshot, or what is to be restored, or both. */
struct restoration {
	const char *snapshot_id;
	struct resource *snapshot;
	struct resource *target;
};

static void find(struct server *server, const struct request *request,
	struct restoration *restoration)
{
	enum kind kind = action_kind(request);
	const char *account = request->account;

	if (restoration->snapshot_id && kind != KIND_SNAPSHOT) {
		restoration->snapshot = resource_find(server, KIND_SNAPSHOT,
			account, restoration->snapshot_id);
		restoration->target =
			resource_find(server, kind, account, request->parts[1]);
		return;
	}
	restoration->snapshot = kind == KIND_SNAPSHOT
		? resource_find(
			  server, KIND_SNAPSHOT, account, request->parts[1])
		: snapshot_find(server, request);
	if (restoration->snapshot)
		restoration->target = resource_find(server,
			restoration->snapshot->source_kind, account,
			restoration->snapshot->source_id);
}

/* With a snapshot in the body, the answer is about what was restored. */
static void answer(const struct restoration *restoration, struct reply *reply)
{
	const struct resource *target = restoration->target;

	action_open(restoration->snapshot_id ? target : restoration->snapshot,
		reply);
	if (restoration->snapshot_id) {
		emit_string(
			&reply->body, "snapshot_id", restoration->snapshot->id);
		emit_string(&reply->body, "status", target->state);
		emit_string(&reply->body, "state", target->state);
	} else {
		emit_string(&reply->body, "status", "restored");
		emit_string(&reply->body, "state", "restored");
		emit_string(&reply->body, "type", kind_name(target->kind));
		emit_string(&reply->body, "source_id", target->id);
	}
	emit_close(&reply->body, '}');
}

void snapshot_restore(
	struct server *server, struct request *request, struct reply *reply)
{
	json_t *json = request_json(request, reply);
	struct restoration restoration = { 0 };

	if (!json)
		return;
	restoration.snapshot_id =
		json_string_value(json_object_get(json, "snapshot_id"));
	pthread_mutex_lock(&server->resources.lock);
	find(server, request, &restoration);
	if (!restoration.snapshot) {
		reply_error(reply, 404, "SNAPSHOT_NOT_FOUND",
			"There is no such snapshot");
	} else if (!restoration.target) {
		reply_error(reply, 404, "SOURCE_NOT_FOUND",
			"The source of the snapshot is gone");
	} else {
		put_back(server, restoration.snapshot, restoration.target);
		answer(&restoration, reply);
	}
	pthread_mutex_unlock(&server->resources.lock);
	json_decref(json);
}
