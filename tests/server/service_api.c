/* SPDX-License-Identifier: MIT */
/* tests/server/service_api.c - the paths under /services, except env */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "action.h"
#include "fields.h"
#include "folder.h"
#include "route.h"
#include "server.h"
#include "service.h"
#include "service_create.h"
#include "snapshot.h"
#include "switch.h"

enum {
	LOG_LINES = 9000,
	LOG_MAX = 512 << 20,
};

static const char *const domain_names[] = { "custom_domains", "domains", NULL };

static int read_service(
	struct resource *service, const json_t *json, struct reply *reply)
{
	int err = fields_ports(service, json, reply);

	if (!err)
		err = fields_machine(service, json, reply);
	if (!err)
		err = fields_list(&service->domains, json, domain_names, reply);
	fields_string(&service->name, json, "name");
	fields_string(&service->service_type, json, "service_type");
	fields_bool(&service->unfreezes_on_demand, json, "unfreeze_on_demand");
	fields_bool(&service->shows_freeze_page, json, "show_freeze_page");
	fields_bootstrap(service, json);
	return err;
}

static void service_post(
	struct server *server, struct request *request, struct reply *reply)
{
	json_t *json = request_json(request, reply);
	struct resource *service;

	if (!json || !service_has_name(json, reply)) {
		json_decref(json);
		return;
	}
	service = resource_new(server, KIND_SERVICE, request->account, NULL);
	/* Unlike services that are spawned from an image. */
	service->has_network = true;
	service_take_env(service, json_object_get(json, "env"));
	if (read_service(service, json, reply) ||
		fields_files(server, service, json, reply))
		resource_release(service);
	else
		service_create(server, request, service, reply);
	json_decref(json);
}

/* A new name must be unused, as for a new service. */
static bool is_renamed_freely(struct server *server,
	const struct resource *service, const json_t *json, struct reply *reply)
{
	const char *name = json_string_value(json_object_get(json, "name"));

	if (!name || !strcmp(name, service->name) ||
		!service_is_taken(server, name))
		return true;
	reply_error(reply, 409, "NAME_TAKEN",
		"name already taken by another service");
	return false;
}

/* The API changes only one of these in a request. */
static bool is_one_change(json_t *json, struct reply *reply)
{
	static const char *const one[] = { "vcpu", "unfreeze_on_demand",
		"show_freeze_page" };
	static const char *const none[] = { "name", "ports", "domains",
		"custom_domains", "network_mode", "service_type", "bootstrap",
		"bootstrap_content", "bootstrap_url" };
	int count = 0;
	size_t i;

	for (i = 0; i < sizeof(one) / sizeof(*one); i++)
		count += json_object_get(json, one[i]) != NULL;
	for (i = 0; i < sizeof(none) / sizeof(*none); i++)
		if (!switch_is_on(SWITCH_OLD_PATCH))
			json_object_del(json, none[i]);
	if (count < 2)
		return true;
	reply_error(reply, 400, "ONE_FIELD_AT_A_TIME",
		"a request may change only one of vcpu, unfreeze_on_demand and "
		"show_freeze_page");
	return false;
}

static void service_patch(
	struct server *server, struct request *request, struct reply *reply)
{
	json_t *json = request_json(request, reply);
	struct resource *service;

	if (!json)
		return;
	service = resource_take(server, request, KIND_SERVICE, reply);
	if (service && is_one_change(json, reply) &&
		is_renamed_freely(server, service, json, reply) &&
		read_service(service, json, reply) == 0) {
		emit_open(&reply->body, NULL, '{');
		emit_bool(&reply->body, "success", true);
		resource_emit(server, request, service, &reply->body, false);
		emit_close(&reply->body, '}');
	}
	if (service)
		resource_put(server, service);
	json_decref(json);
}

/* A new script is accepted only together with its input files. */
static void redeploy(struct server *server, struct resource *service,
	const json_t *json, struct reply *reply)
{
	fields_bootstrap(service, json);
	if (!*service->bootstrap) {
		reply_error(reply, 400, "NO_BOOTSTRAP",
			"There is no bootstrap to run");
		return;
	}
	if (fields_files(server, service, json, reply))
		return;
	service_stop(service);
	resource_set(&service->state, "running");
	service_start(server, service);
	action_open(service, reply);
	emit_string(&reply->body, "state", "redeploying");
	emit_string(&reply->body, "status", "redeploying");
	emit_close(&reply->body, '}');
}

static void service_redeploy(
	struct server *server, struct request *request, struct reply *reply)
{
	json_t *json = request_json(request, reply);
	struct resource *service;

	if (!json)
		return;
	service = resource_take(server, request, KIND_SERVICE, reply);
	if (service) {
		redeploy(server, service, json, reply);
		resource_put(server, service);
	}
	json_decref(json);
}

/* The start of the last lines, by their number. */
static const char *tail_of(const char *log, size_t len, long lines)
{
	const char *at = log + len;

	if (at > log && at[-1] == '\n')
		at--;
	while (at > log) {
		if (at[-1] == '\n' && --lines == 0)
			break;
		at--;
	}
	return at;
}

static long lines_wanted(const struct request *request)
{
	char *all = request_query(request, "all");
	char *lines = request_query(request, "lines");
	long wanted = lines ? atol(lines) : LOG_LINES;

	if (all && strcmp(all, "false") && strcmp(all, "0"))
		wanted = 0;
	free(all);
	free(lines);
	return wanted;
}

static void service_logs(
	struct server *server, struct request *request, struct reply *reply)
{
	struct resource *service =
		resource_take(server, request, KIND_SERVICE, reply);
	bool is_raw = atomic_load(&server->is_raw);
	long lines = lines_wanted(request);
	char path[400], *log = NULL;
	const char *from;
	size_t len = 0;

	if (!service)
		return;
	service_log_path(server, service, path, sizeof(path));
	resource_drop(server);
	if (folder_read(path, LOG_MAX, &log, &len))
		log = NULL;
	len = log ? emit_whole(log, len) : 0;
	from = log && lines ? tail_of(log, len, lines) : log;
	if (log)
		len -= from - log;
	emit_open(&reply->body, NULL, '{');
	emit_bytes(&reply->body, "log", log ? from : "", len, is_raw);
	emit_bytes(&reply->body, "logs", log ? from : "", len, is_raw);
	emit_close(&reply->body, '}');
	free(log);
}

const struct route service_routes[] = {
	{ "GET", "/services", 0, action_list },
	{ "POST", "/services", 0, service_post },
	{ "GET", "/services/ID", 0, action_get },
	{ "DELETE", "/services/ID", 0, action_delete },
	{ "PATCH", "/services/ID", 0, service_patch },
	{ "POST", "/services/ID/resize", ROUTE_OLD, service_patch },
	{ "POST", "/services/ID/freeze", 0, action_freeze },
	{ "POST", "/services/ID/sleep", ROUTE_OLD, action_freeze },
	{ "POST", "/services/ID/unfreeze", 0, action_unfreeze },
	{ "POST", "/services/ID/wake", 0, action_unfreeze },
	{ "POST", "/services/ID/lock", 0, action_lock },
	{ "POST", "/services/ID/unlock", 0, action_unlock },
	{ "GET", "/services/ID/logs", 0, service_logs },
	{ "POST", "/services/ID/redeploy", 0, service_redeploy },
	{ "POST", "/services/ID/execute", 0, action_command },
	{ "POST", "/services/ID/snapshot", 0, snapshot_of_source },
	{ "POST", "/services/ID/restore", 0, snapshot_restore },
	{ NULL, NULL, 0, NULL },
};
