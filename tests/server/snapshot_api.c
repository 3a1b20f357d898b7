/* SPDX-License-Identifier: MIT */
/* tests/server/snapshot_api.c - the paths under /snapshots */
#include <string.h>

#include "action.h"
#include "execute.h"
#include "fields.h"
#include "folder.h"
#include "route.h"
#include "server.h"
#include "service_create.h"
#include "snapshot.h"

void snapshot_copy_dir(struct server *server, const struct resource *from,
	const struct resource *to)
{
	char from_dir[400], to_dir[400];

	resource_dir(server, from, from_dir, sizeof(from_dir));
	resource_dir(server, to, to_dir, sizeof(to_dir));
	folder_remove(to_dir);
	folder_copy(from_dir, to_dir);
}

struct resource *snapshot_copy(struct server *server, enum kind kind,
	const char *owner, const struct resource *source)
{
	struct resource *copy = resource_new(server, kind, owner, source);
	char dir[400];

	if (!copy)
		return NULL;
	snapshot_copy_dir(server, source, copy);
	resource_dir(server, copy, dir, sizeof(dir));
	if (folder_size(dir, &copy->size_bytes))
		copy->size_bytes = source->size_bytes;
	return copy;
}

static void reply_snapshot(struct server *server, struct request *request,
	const struct resource *snapshot, struct reply *reply)
{
	emit_open(&reply->body, NULL, '{');
	resource_emit(server, request, snapshot, &reply->body, false);
	emit_close(&reply->body, '}');
}

static void read_snapshot(struct resource *snapshot, const json_t *json)
{
	const json_t *ttl = json_object_get(json, "ttl");
	bool is_ephemeral = true;

	fields_string(&snapshot->name, json, "name");
	fields_bool(&is_ephemeral, json, "ephemeral");
	snapshot->is_hot = !is_ephemeral;
	fields_bool(&snapshot->is_hot, json, "hot");
	if (json_integer_value(ttl) > 0)
		snapshot->expires_s =
			snapshot->created_s + json_integer_value(ttl);
}

/* The lock is held, and is released. */
static void take_snapshot(struct server *server, struct request *request,
	struct resource *source, const json_t *json, struct reply *reply)
{
	struct resource *snapshot =
		snapshot_copy(server, KIND_SNAPSHOT, request->account, source);

	if (snapshot) {
		resource_set(&snapshot->container, source->container);
		read_snapshot(snapshot, json);
		if (resource_add(server, snapshot))
			reply_snapshot(server, request, snapshot, reply);
	}
	resource_drop(server);
}

void snapshot_of_source(
	struct server *server, struct request *request, struct reply *reply)
{
	json_t *json = request_json(request, reply);
	struct resource *source;

	if (!json)
		return;
	source = resource_take(server, request, action_kind(request), reply);
	if (source)
		take_snapshot(server, request, source, json, reply);
	json_decref(json);
}

/* There are three ways to name the source. */
static const char *source_of(const json_t *json, enum kind *kind)
{
	const char *word =
		json_string_value(json_object_get(json, "source_type"));
	const char *id = json_string_value(json_object_get(json, "session_id"));

	*kind = KIND_SESSION;
	if (id)
		return id;
	id = json_string_value(json_object_get(json, "service_id"));
	if (id) {
		*kind = KIND_SERVICE;
		return id;
	}
	if (kind_of(word) < 0 || kind_of(word) > KIND_SERVICE)
		return NULL;
	*kind = kind_of(word);
	return json_string_value(json_object_get(json, "source_id"));
}

static void snapshot_post(
	struct server *server, struct request *request, struct reply *reply)
{
	json_t *json = request_json(request, reply);
	struct resource *source;
	const char *id;
	enum kind kind;

	if (!json)
		return;
	id = source_of(json, &kind);
	if (!id) {
		reply_error(reply, 400, "MISSING_SOURCE",
			"source_type and source_id are required");
		json_decref(json);
		return;
	}
	pthread_mutex_lock(&server->resources.lock);
	source = resource_find(server, kind, request->account, id);
	if (source) {
		take_snapshot(server, request, source, json, reply);
	} else {
		resource_drop(server);
		reply_error(reply, 404, "SOURCE_NOT_FOUND",
			"The source does not exist");
	}
	json_decref(json);
}

static void clone_session(struct server *server, struct request *request,
	struct resource *clone, const json_t *json, struct reply *reply)
{
	fields_string(&clone->shell, json, "shell");
	pthread_mutex_lock(&server->admission);
	if (!execute_has_room(server, request, reply)) {
		resource_release(clone);
	} else {
		pthread_mutex_lock(&server->resources.lock);
		if (resource_add(server, clone))
			reply_snapshot(server, request, clone, reply);
		pthread_mutex_unlock(&server->resources.lock);
	}
	pthread_mutex_unlock(&server->admission);
}

static int clone_kind(const json_t *json, const struct resource *snapshot)
{
	static const char *const names[] = { "type", "clone_type", NULL };
	const json_t *type = fields_first(json, names);

	return type ? kind_of(json_string_value(type))
		    : (int)snapshot->source_kind;
}

static void snapshot_clone(
	struct server *server, struct request *request, struct reply *reply)
{
	json_t *json = request_json(request, reply);
	struct resource *snapshot = NULL, *clone = NULL;
	int kind = -1;

	if (json)
		snapshot = resource_take(server, request, KIND_SNAPSHOT, reply);
	if (snapshot) {
		kind = clone_kind(json, snapshot);
		if (kind == KIND_SESSION ||
			(kind == KIND_SERVICE && service_has_name(json, reply)))
			clone = snapshot_copy(
				server, kind, request->account, snapshot);
		resource_drop(server);
		if (!clone && reply->status < 400)
			reply_error(reply, 400, "INVALID_TYPE",
				"type is session or service");
	}
	if (clone)
		fields_string(&clone->name, json, "name");
	if (clone && fields_ports(clone, json, reply))
		resource_release(clone);
	else if (clone && kind == KIND_SESSION)
		clone_session(server, request, clone, json, reply);
	else if (clone)
		service_create(server, request, clone, reply);
	json_decref(json);
}

const struct route snapshot_routes[] = {
	{ "GET", "/snapshots", 0, action_list },
	{ "POST", "/snapshots", 0, snapshot_post },
	{ "GET", "/snapshots/ID", 0, action_get },
	{ "DELETE", "/snapshots/ID", 0, action_delete },
	{ "POST", "/snapshots/ID/clone", 0, snapshot_clone },
	{ "POST", "/snapshots/ID/restore", 0, snapshot_restore },
	{ "POST", "/snapshots/ID/lock", 0, action_lock },
	{ "POST", "/snapshots/ID/unlock", 0, action_unlock },
	{ NULL, NULL, 0, NULL },
};
