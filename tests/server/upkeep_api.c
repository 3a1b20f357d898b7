/* SPDX-License-Identifier: MIT */
/* tests/server/upkeep_api.c - a service's ports, domains and upgrades */
#include <arpa/inet.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "action.h"
#include "fields.h"
#include "route.h"
#include "server.h"

static const char *const domain_names[] = { "custom_domains", "domains", NULL };

/* Asks this machine, whose ports the services share. */
static bool is_listening(long port)
{
	struct sockaddr_in address = {
		.sin_family = AF_INET,
		.sin_port = htons(port),
		.sin_addr.s_addr = htonl(INADDR_LOOPBACK),
	};
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	bool listening;

	listening = fd >= 0 &&
		connect(fd, (struct sockaddr *)&address, sizeof(address)) == 0;
	if (fd >= 0)
		close(fd);
	return listening;
}

static void service_port(
	struct server *server, struct request *request, struct reply *reply)
{
	char *text = request_query(request, "port");
	long port = text ? atol(text) : 0;
	struct resource *service;

	free(text);
	if (port < 1 || port > 65535) {
		reply_error(reply, 400, "INVALID_PORT",
			"port is a number from 1 to 65535");
		return;
	}
	service = resource_take(server, request, KIND_SERVICE, reply);
	if (!service)
		return;
	action_open(service, reply);
	emit_int(&reply->body, "port", port);
	emit_bool(&reply->body, "listening", is_listening(port));
	emit_close(&reply->body, '}');
	resource_drop(server);
}

/* Nothing here is ever upgraded. */
static void upgrade_progress(
	struct server *server, struct request *request, struct reply *reply)
{
	struct resource *service =
		resource_take(server, request, KIND_SERVICE, reply);

	if (!service)
		return;
	action_open(service, reply);
	emit_bool(&reply->body, "upgrading", false);
	emit_string(&reply->body, "state", "idle");
	emit_int(&reply->body, "progress", 100);
	emit_string(&reply->body, "current_version", "24.04");
	emit_string(&reply->body, "target_version", "24.04");
	emit_close(&reply->body, '}');
	resource_drop(server);
}

static void upgrade_logs(
	struct server *server, struct request *request, struct reply *reply)
{
	struct resource *service =
		resource_take(server, request, KIND_SERVICE, reply);

	if (!service)
		return;
	action_open(service, reply);
	emit_string(&reply->body, "log", "");
	emit_string(&reply->body, "message", "There was no upgrade");
	emit_close(&reply->body, '}');
	resource_drop(server);
}

static size_t domain_index(const json_t *list, const char *name)
{
	size_t i;

	for (i = 0; i < json_array_size(list); i++)
		if (!strcmp(json_string_value(json_array_get(list, i)), name))
			break;
	return i;
}

/* Adds or removes the items of the list. */
static void change_domains(
	struct resource *service, const json_t *names, bool is_added)
{
	json_t *name;
	size_t i, at;

	if (!service->domains)
		service->domains = json_array();
	json_array_foreach ((json_t *)names, i, name) {
		at = domain_index(service->domains, json_string_value(name));
		if (is_added && at == json_array_size(service->domains))
			json_array_append(service->domains, name);
		else if (!is_added)
			json_array_remove(service->domains, at);
	}
}

static int read_domains(
	struct resource *service, const json_t *json, struct reply *reply)
{
	static const char *const add_names[] = { "add", NULL };
	static const char *const remove_names[] = { "remove", NULL };
	json_t *added = NULL, *removed = NULL;
	int err = fields_list(&service->domains, json, domain_names, reply);

	if (!err)
		err = fields_list(&added, json, add_names, reply);
	if (!err)
		err = fields_list(&removed, json, remove_names, reply);
	if (!err) {
		change_domains(service, added, true);
		change_domains(service, removed, false);
	}
	json_decref(added);
	json_decref(removed);
	return err;
}

static void service_domains(
	struct server *server, struct request *request, struct reply *reply)
{
	json_t *json = request_json(request, reply);
	struct resource *service;
	char *dump;

	if (!json)
		return;
	service = resource_take(server, request, KIND_SERVICE, reply);
	if (service && read_domains(service, json, reply) == 0) {
		dump = json_dumps(service->domains, JSON_COMPACT);
		action_open(service, reply);
		emit_bool(&reply->body, "success", true);
		emit_json(&reply->body, "custom_domains", dump ? dump : "[]");
		emit_json(&reply->body, "domains", dump ? dump : "[]");
		emit_close(&reply->body, '}');
		free(dump);
	}
	if (service)
		resource_put(server, service);
	json_decref(json);
}

const struct route upkeep_routes[] = {
	{ "PUT", "/services/ID/domains", 0, service_domains },
	{ "GET", "/services/ID/port", 0, service_port },
	{ "GET", "/services/ID/upgrade/progress", 0, upgrade_progress },
	{ "GET", "/services/ID/upgrade/logs", 0, upgrade_logs },
	{ NULL, NULL, 0, NULL },
};
