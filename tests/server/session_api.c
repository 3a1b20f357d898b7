/* SPDX-License-Identifier: MIT */
/* tests/server/session_api.c - the paths under /sessions */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "action.h"
#include "audit.h"
#include "execute.h"
#include "fields.h"
#include "route.h"
#include "server.h"
#include "shell.h"
#include "snapshot.h"

enum {
	BOOST_VCPU = 2,
	TTL_S = 3600,
};

static int read_session(struct resource *session, const struct request *request,
	const json_t *json, struct reply *reply)
{
	static const char *const names[] = { "multiplexer", "persistence",
		NULL };
	const json_t *ttl = json_object_get(json, "ttl");
	const char *multiplexer = json_string_value(fields_first(json, names));
	long long seconds;
	bool flag = false;

	fields_string(&session->shell, json, "shell");
	fields_string(&session->name, json, "name");
	fields_bool(&session->is_audited, json, "audit");
	session->is_audited = audit_is_wanted(request, session);
	if (multiplexer)
		resource_set(&session->multiplexer, multiplexer);
	fields_bool(&flag, json, "tmux");
	if (flag)
		resource_set(&session->multiplexer, "tmux");
	flag = false;
	fields_bool(&flag, json, "screen");
	if (flag)
		resource_set(&session->multiplexer, "screen");
	if (json_integer_value(ttl) < 0) {
		reply_error(reply, 400, "INVALID_TTL",
			"ttl is a number of seconds");
		return -EINVAL;
	}
	seconds = json_is_integer(ttl) ? json_integer_value(ttl) : TTL_S;
	if (seconds)
		session->expires_s = session->created_s + seconds;
	return fields_machine(session, json, reply);
}

static void reply_created(struct server *server, struct request *request,
	struct resource *session, struct reply *reply)
{
	pthread_mutex_lock(&server->resources.lock);
	if (resource_add(server, session)) {
		emit_open(&reply->body, NULL, '{');
		resource_emit(server, request, session, &reply->body, false);
		emit_close(&reply->body, '}');
	} else {
		reply_error(reply, 500, "INTERNAL_ERROR", "out of memory");
	}
	pthread_mutex_unlock(&server->resources.lock);
}

static void session_create(
	struct server *server, struct request *request, struct reply *reply)
{
	json_t *json = request_json(request, reply);
	struct resource *session;

	if (!json)
		return;
	session = resource_new(server, KIND_SESSION, request->account, NULL);
	if (read_session(session, request, json, reply) ||
		fields_files(server, session, json, reply)) {
		resource_release(session);
		json_decref(json);
		return;
	}
	pthread_mutex_lock(&server->admission);
	if (execute_has_room(server, request, reply))
		reply_created(server, request, session, reply);
	else
		resource_release(session);
	pthread_mutex_unlock(&server->admission);
	json_decref(json);
}

static void emit_vcpu(const struct resource *session, struct reply *reply)
{
	emit_string(&reply->body, "session_id", session->id);
	emit_string(&reply->body, "status", session->state);
	emit_int(&reply->body, "vcpu", session->vcpu);
}

static void set_vcpu(struct server *server, struct request *request,
	struct reply *reply, bool is_boost)
{
	json_t *json = request_json(request, reply);
	int vcpu = is_boost ? BOOST_VCPU : 1;
	struct resource *session;

	if (!json)
		return;
	if (!is_boost || program_read_vcpu(&vcpu, json, reply) == 0) {
		session = resource_take(server, request, KIND_SESSION, reply);
		if (session) {
			session->vcpu = vcpu;
			session->is_boosted = is_boost;
			action_open(session, reply);
			emit_bool(&reply->body, "success", true);
			emit_string(&reply->body, "message",
				is_boost ? "boosted" : "unboosted");
			emit_open(&reply->body, "session", '{');
			emit_vcpu(session, reply);
			emit_close(&reply->body, '}');
			emit_string(&reply->body, "status", session->state);
			emit_int(&reply->body, "vcpu", vcpu);
			emit_int(&reply->body, "memory_mb", vcpu * 2048);
			emit_bool(&reply->body, "boosted", is_boost);
			emit_close(&reply->body, '}');
			resource_put(server, session);
		}
	}
	json_decref(json);
}

static void session_boost(
	struct server *server, struct request *request, struct reply *reply)
{
	set_vcpu(server, request, reply, true);
}

static void session_unboost(
	struct server *server, struct request *request, struct reply *reply)
{
	set_vcpu(server, request, reply, false);
}

static void session_extend(
	struct server *server, struct request *request, struct reply *reply)
{
	json_t *json = request_json(request, reply);
	const json_t *seconds = json_object_get(json, "seconds");
	long long now = moment_now_ms(&server->moment) / 1000;
	struct resource *session;

	if (!json)
		return;
	session = resource_take(server, request, KIND_SESSION, reply);
	if (session) {
		if (session->expires_s)
			session->expires_s += json_is_integer(seconds)
				? json_integer_value(seconds)
				: TTL_S;
		emit_open(&reply->body, NULL, '{');
		emit_int(&reply->body, "ttl",
			session->expires_s ? session->expires_s - now : 0);
		emit_close(&reply->body, '}');
		resource_put(server, session);
	}
	json_decref(json);
}

const struct route session_routes[] = {
	{ "GET", "/sessions", 0, action_list },
	{ "POST", "/sessions", 0, session_create },
	{ "GET", "/sessions/ID", 0, action_get },
	{ "DELETE", "/sessions/ID", 0, action_delete },
	{ "POST", "/sessions/ID/freeze", 0, action_freeze },
	{ "POST", "/sessions/ID/sleep", ROUTE_OLD, action_freeze },
	{ "POST", "/sessions/ID/unfreeze", 0, action_unfreeze },
	{ "POST", "/sessions/ID/wake", ROUTE_OLD, action_unfreeze },
	{ "POST", "/sessions/ID/boost", 0, session_boost },
	{ "POST", "/sessions/ID/unboost", 0, session_unboost },
	{ "POST", "/sessions/ID/lock", 0, action_lock },
	{ "POST", "/sessions/ID/unlock", 0, action_unlock },
	{ "POST", "/sessions/ID/snapshot", 0, snapshot_of_source },
	{ "POST", "/sessions/ID/restore", 0, snapshot_restore },
	{ "POST", "/sessions/ID/extend", 0, session_extend },
	{ "POST", "/sessions/ID/shell", ROUTE_OLD, action_command },
	{ "POST", "/sessions/ID/execute", 0, action_command },
	{ NULL, NULL, 0, NULL },
};
