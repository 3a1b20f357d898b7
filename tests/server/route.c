/* SPDX-License-Identifier: MIT */
/* tests/server/route.c - finds the function that answers a path */
#include "route.h"

#include <string.h>

#include "key.h"
#include "server.h"
#include "shape.h"
#include "switch.h"
#include "terminal.h"

static const struct route *const tables[] = {
	control_routes,
	execute_routes,
	job_routes,
	info_routes,
	key_routes,
	token_routes,
	session_routes,
	terminal_routes,
	service_routes,
	upkeep_routes,
	env_routes,
	snapshot_routes,
	image_routes,
	trust_routes,
	log_routes,
};

static bool is_match(const char *pattern, const struct request *request)
{
	size_t i, len;

	for (i = 0; i < request->part_count; i++) {
		if (*pattern++ != '/')
			return false;
		len = strcspn(pattern, "/");
		if (strncmp(pattern, "ID", len) && strncmp(pattern, "KEY", len))
			if (strlen(request->parts[i]) != len ||
				strncmp(pattern, request->parts[i], len))
				return false;
		pattern += len;
	}
	return *pattern == '\0' && request->part_count;
}

void route_find(struct request *request)
{
	const struct route *row;
	size_t i;

	request->pattern = request->path;
	for (i = 0; i < sizeof(tables) / sizeof(*tables); i++) {
		for (row = tables[i]; row->method; row++) {
			if (!is_match(row->path, request))
				continue;
			request->pattern = row->path;
			if (strcmp(row->method, request->method))
				continue;
			request->route = row;
			return;
		}
	}
}

void route_answer(
	struct server *server, struct request *request, struct reply *reply)
{
	const struct route *route = request->route;

	if (route && (route->flags & ROUTE_OLD) &&
		switch_is_on(SWITCH_OPENAPI_ONLY))
		route = NULL;
	if (!(route && (route->flags & ROUTE_OPEN)) &&
		account_admit(
			&server->accounts, &server->moment, request, reply)) {
		shape_reply(request, reply);
		return;
	}
	reply->status = 200;
	if (route)
		route->answer(server, request, reply);
	else
		reply_error(reply, 404, "NOT_FOUND", "There is no such path");
	key_note(server, request, reply);
	shape_reply(request, reply);
}
