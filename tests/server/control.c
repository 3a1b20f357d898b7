/* SPDX-License-Identifier: MIT */
/* tests/server/control.c - the control paths under /_standin */
#include <stdio.h>
#include <string.h>

#include "route.h"
#include "key.h"
#include "seed.h"
#include "server.h"
#include "switch.h"

static void done(struct reply *reply)
{
	text_puts(&reply->body, "{\"ok\":true}");
}

static void requests_get(
	struct server *server, struct request *request, struct reply *reply)
{
	(void)request;
	ledger_emit_counts(&server->ledger, &reply->body);
}

static void requests_reset(
	struct server *server, struct request *request, struct reply *reply)
{
	(void)request;
	ledger_reset_counts(&server->ledger);
	done(reply);
}

static void changes_get(
	struct server *server, struct request *request, struct reply *reply)
{
	(void)request;
	ledger_emit_changes(&server->ledger, &reply->body);
}

static void executions_get(
	struct server *server, struct request *request, struct reply *reply)
{
	(void)request;
	ledger_emit_notes(&server->ledger, &reply->body);
}

static void executions_reset(
	struct server *server, struct request *request, struct reply *reply)
{
	(void)request;
	ledger_reset_notes(&server->ledger);
	done(reply);
}

static void faults_get(
	struct server *server, struct request *request, struct reply *reply)
{
	(void)request;
	faults_emit(&server->faults, &reply->body);
}

static void faults_put(
	struct server *server, struct request *request, struct reply *reply)
{
	json_t *rules = json_loadb(request->body ? request->body : "",
		request->body_len, JSON_ALLOW_NUL, NULL);

	if (faults_set(&server->faults, rules, reply) == 0)
		done(reply);
	json_decref(rules);
}

static void faults_reset(
	struct server *server, struct request *request, struct reply *reply)
{
	json_t *none = json_array();

	(void)request;
	if (faults_set(&server->faults, none, reply) == 0)
		done(reply);
	json_decref(none);
}

static void switches_get(
	struct server *server, struct request *request, struct reply *reply)
{
	(void)server;
	(void)request;
	switch_emit(&reply->body);
}

static void switches_put(
	struct server *server, struct request *request, struct reply *reply)
{
	json_t *json = request_json(request, reply);
	const char *name;
	json_t *value;
	char word[80];
	int err = 0;

	if (!json)
		return;
	json_object_foreach (json, name, value) {
		snprintf(word, sizeof(word), "%.40s=%lld", name,
			json_is_true(value) ? 1 : json_integer_value(value));
		err |= switch_set(word);
	}
	json_decref(json);
	if (err)
		reply_error(reply, 400, "BAD_VALUE", "no such switch");
	else
		switches_get(server, request, reply);
}

static void switches_reset(
	struct server *server, struct request *request, struct reply *reply)
{
	switch_reset();
	switches_get(server, request, reply);
}

static void clock_put(
	struct server *server, struct request *request, struct reply *reply)
{
	json_t *json = request_json(request, reply);
	const json_t *value;

	if (!json)
		return;
	value = json_object_get(json, "skew_s");
	if (value)
		atomic_store(&server->moment.skew_s, json_integer_value(value));
	value = json_object_get(json, "ahead_s");
	if (value)
		atomic_store(
			&server->moment.ahead_s, json_integer_value(value));
	json_decref(json);
	done(reply);
}

static void output_put(
	struct server *server, struct request *request, struct reply *reply)
{
	json_t *json = request_json(request, reply);
	const char *how;

	if (!json)
		return;
	how = json_string_value(json_object_get(json, "invalid_utf8"));
	if (how && (!strcmp(how, "raw") || !strcmp(how, "replace"))) {
		atomic_store(&server->is_raw, !strcmp(how, "raw"));
		done(reply);
	} else {
		reply_error(reply, 400, "BAD_VALUE",
			"invalid_utf8 is raw or replace");
	}
	json_decref(json);
}

static void limits_put(
	struct server *server, struct request *request, struct reply *reply)
{
	json_t *json = request_json(request, reply);
	json_t *value;

	if (!json)
		return;
	value = json_object_get(json, "concurrency");
	if (value)
		atomic_store(&server->concurrency, json_integer_value(value));
	value = json_object_get(json, "rate_per_minute");
	if (value)
		accounts_set_rate(&server->accounts, json_number_value(value),
			json_integer_value(json_object_get(json, "burst")));
	json_decref(json);
	done(reply);
}

static void emit_counts(struct server *server, struct text *text)
{
	char key[24];
	int kind;

	pthread_mutex_lock(&server->resources.lock);
	for (kind = 0; kind < KIND_COUNT; kind++) {
		snprintf(key, sizeof(key), "%ss", kind_name(kind));
		emit_int(text, key, server->resources.shelves[kind].count);
	}
	pthread_mutex_unlock(&server->resources.lock);
}

static void state_get(
	struct server *server, struct request *request, struct reply *reply)
{
	(void)request;
	emit_open(&reply->body, NULL, '{');
	emit_int(&reply->body, "active_jobs", jobs_active(&server->jobs, NULL));
	emit_counts(server, &reply->body);
	sudo_emit(&server->sudo, &reply->body);
	emit_int(&reply->body, "skew_s", atomic_load(&server->moment.skew_s));
	emit_int(&reply->body, "ahead_s", atomic_load(&server->moment.ahead_s));
	emit_int(&reply->body, "sandbox", server->launcher.sandbox);
	emit_close(&reply->body, '}');
}

const struct route control_routes[] = {
	{ "GET", "/_standin", 0, state_get },
	{ "GET", "/_standin/requests", 0, requests_get },
	{ "DELETE", "/_standin/requests", 0, requests_reset },
	{ "GET", "/_standin/changes", 0, changes_get },
	{ "GET", "/_standin/executions", 0, executions_get },
	{ "DELETE", "/_standin/executions", 0, executions_reset },
	{ "GET", "/_standin/faults", 0, faults_get },
	{ "PUT", "/_standin/faults", 0, faults_put },
	{ "DELETE", "/_standin/faults", 0, faults_reset },
	{ "PUT", "/_standin/seed", 0, seed },
	{ "PUT", "/_standin/clock", 0, clock_put },
	{ "PUT", "/_standin/output", 0, output_put },
	{ "PUT", "/_standin/limits", 0, limits_put },
	{ "PUT", "/_standin/key", 0, key_put },
	{ "GET", "/_standin/switches", 0, switches_get },
	{ "PUT", "/_standin/switches", 0, switches_put },
	{ "DELETE", "/_standin/switches", 0, switches_reset },
	{ NULL, NULL, 0, NULL },
};
