/* SPDX-License-Identifier: MIT */
/* tests/server/upkeep_api.c - a service's ports, and upgrades of its system */
#include <arpa/inet.h>
#include <stdlib.h>
#include <unistd.h>

#include "action.h"
#include "route.h"
#include "server.h"

/* A service without a network of its own shares this machine's ports. */
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

const struct route upkeep_routes[] = {
	{ "GET", "/services/ID/port", 0, service_port },
	{ "GET", "/services/ID/upgrade/progress", 0, upgrade_progress },
	{ "GET", "/services/ID/upgrade/logs", 0, upgrade_logs },
	{ NULL, NULL, 0, NULL },
};
