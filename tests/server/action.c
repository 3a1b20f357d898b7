/* SPDX-License-Identifier: MIT */
/* tests/server/action.c - actions of more than one kind of resource */
#include "action.h"

#include <stdio.h>
#include <string.h>

#include "audit.h"
#include "execute.h"
#include "server.h"

enum kind action_kind(const struct request *request)
{
	char word[24];
	int kind;

	snprintf(word, sizeof(word), "%.*s", (int)strlen(request->parts[0]) - 1,
		request->parts[0]);
	kind = kind_of(word);
	return kind < 0 ? KIND_SESSION : (enum kind)kind;
}

void action_open(const struct resource *resource, struct reply *reply)
{
	char key[24];

	snprintf(key, sizeof(key), "%s_id", kind_name(resource->kind));
	emit_open(&reply->body, NULL, '{');
	emit_string(&reply->body, key, resource->id);
	emit_string(&reply->body, "id", resource->id);
}

static void reply_state(
	const struct resource *resource, const char *state, struct reply *reply)
{
	action_open(resource, reply);
	emit_string(&reply->body, "status", state);
	emit_string(&reply->body, "state", state);
}

void action_list(
	struct server *server, struct request *request, struct reply *reply)
{
	resource_list(server, request, reply, action_kind(request));
}

void action_get(
	struct server *server, struct request *request, struct reply *reply)
{
	struct resource *resource =
		resource_take(server, request, action_kind(request), reply);

	if (!resource)
		return;
	emit_open(&reply->body, NULL, '{');
	resource_emit(server, request, resource, &reply->body, false);
	emit_close(&reply->body, '}');
	resource_drop(server);
}

static struct resource *take_own(struct server *server, struct request *request,
	enum kind kind, struct reply *reply)
{
	struct resource *resource = resource_take(server, request, kind, reply);

	if (!resource || !strcmp(resource->owner, request->account))
		return resource;
	resource_drop(server);
	reply_error(reply, 403, "FORBIDDEN", "It belongs to another key");
	return NULL;
}

struct resource *action_take_free(struct server *server,
	struct request *request, enum kind kind, struct reply *reply)
{
	struct resource *resource = take_own(server, request, kind, reply);

	if (!resource || !resource->is_locked)
		return resource;
	resource_drop(server);
	reply_error(
		reply, 403, "RESOURCE_LOCKED", "It is locked: unlock it first");
	return NULL;
}

static void set_lock(struct server *server, struct request *request,
	struct reply *reply, bool locked)
{
	struct resource *resource =
		take_own(server, request, action_kind(request), reply);

	if (!resource)
		return;
	resource->is_locked = locked;
	if (resource->kind == KIND_IMAGE) {
		emit_open(&reply->body, NULL, '{');
		resource_emit(server, request, resource, &reply->body, false);
	} else {
		action_open(resource, reply);
		emit_bool(&reply->body, "locked", locked);
	}
	emit_close(&reply->body, '}');
	resource_put(server, resource);
}

void action_lock(
	struct server *server, struct request *request, struct reply *reply)
{
	set_lock(server, request, reply, true);
}

/* A missing resource is reported before a code is required. */
void action_unlock(
	struct server *server, struct request *request, struct reply *reply)
{
	enum kind kind = action_kind(request);

	if (!take_own(server, request, kind, reply))
		return;
	resource_drop(server);
	if (kind == KIND_SESSION || sudo_passes(server, request, reply))
		set_lock(server, request, reply, false);
}

static bool is_sleep(const struct request *request)
{
	return !strcmp(request->parts[2], "sleep");
}

void action_freeze(
	struct server *server, struct request *request, struct reply *reply)
{
	const char *state = is_sleep(request) ? "sleeping" : "frozen";
	struct resource *resource =
		take_own(server, request, action_kind(request), reply);

	if (!resource)
		return;
	child_freeze(&resource->child, true);
	terminal_freeze(server, resource->id, true);
	resource_set(&resource->state, state);
	reply_state(resource, state, reply);
	emit_close(&reply->body, '}');
	resource_put(server, resource);
}

/* Like a new session, one that wakes up takes a slot. */
static bool has_slot(
	struct server *server, struct request *request, struct reply *reply)
{
	return action_kind(request) != KIND_SESSION ||
		execute_has_room(server, request, reply);
}

void action_unfreeze(
	struct server *server, struct request *request, struct reply *reply)
{
	long long began = moment_steady_ms(), took;
	struct resource *resource;

	pthread_mutex_lock(&server->admission);
	if (has_slot(server, request, reply)) {
		resource =
			take_own(server, request, action_kind(request), reply);
		if (resource) {
			child_freeze(&resource->child, false);
			terminal_freeze(server, resource->id, false);
			resource_set(&resource->state, "running");
			took = moment_steady_ms() - began;
			reply_state(resource, "running", reply);
			emit_int(&reply->body, "unfreeze_time_ms", took);
			emit_int(&reply->body, "wake_time", took);
			emit_close(&reply->body, '}');
			resource_put(server, resource);
		}
	}
	pthread_mutex_unlock(&server->admission);
}

static const char *gone_word(enum kind kind)
{
	return kind == KIND_SESSION    ? "terminated"
		: kind == KIND_SERVICE ? "destroyed"
				       : "deleted";
}

void action_delete(
	struct server *server, struct request *request, struct reply *reply)
{
	enum kind kind = action_kind(request);
	struct resource *resource;

	if (!action_take_free(server, request, kind, reply))
		return;
	resource_drop(server);
	if (!sudo_passes(server, request, reply))
		return;
	resource = action_take_free(server, request, kind, reply);
	if (!resource)
		return;
	reply_state(resource, gone_word(kind), reply);
	if (kind == KIND_IMAGE)
		emit_bool(&reply->body, "success", true);
	emit_string(&reply->body, "message", gone_word(kind));
	if (kind == KIND_SESSION && audit_is_wanted(request, resource))
		audit_emit(server, resource, &reply->body);
	emit_close(&reply->body, '}');
	resource_remove(server, resource);
	resource_drop(server);
}

struct resource *action_take_shell(
	struct server *server, struct request *request, struct reply *reply)
{
	const char *id = request->parts[1];
	struct resource *service;

	if (!strncmp(id, "svc:", 4))
		id += 4;
	pthread_mutex_lock(&server->resources.lock);
	service = resource_find(server, KIND_SERVICE, request->account, id);
	if (service && !strcmp(service->id, id))
		return service;
	pthread_mutex_unlock(&server->resources.lock);
	return resource_take(server, request, KIND_SESSION, reply);
}

void action_release(struct server *server, struct resource *resource)
{
	pthread_mutex_lock(&server->resources.lock);
	resource_release(resource);
	pthread_mutex_unlock(&server->resources.lock);
}
