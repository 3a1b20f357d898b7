/* SPDX-License-Identifier: MIT */
/* tests/server/service_create.c - creates services */
#include "service_create.h"

#include <stdio.h>
#include <string.h>

#include "action.h"
#include "server.h"
#include "service.h"
#include "vault.h"

void service_take_env(struct resource *service, const json_t *env)
{
	struct text text = { 0 };

	if (!json_is_object(env) || !json_object_size(env))
		return;
	vault_from_json(&text, env);
	if (text.data)
		resource_set(&service->vault, text.data);
	service->has_vault = true;
	service->vault_s = service->created_s;
	text_clear(&text);
}

/* Names are global: those of other accounts count too. */
bool service_is_taken(struct server *server, const char *name)
{
	struct shelf *shelf = &server->resources.shelves[KIND_SERVICE];
	size_t i;

	for (i = 0; i < shelf->count; i++)
		if (!strcmp(shelf->list[i]->name, name))
			return true;
	return false;
}

bool service_has_name(const json_t *json, struct reply *reply)
{
	const char *name = json_string_value(json_object_get(json, "name"));

	if (name && *name)
		return true;
	reply_error(reply, 400, "MISSING_NAME", "a service needs a name");
	return false;
}

static void reply_created(struct server *server, struct request *request,
	struct resource *service, struct reply *reply)
{
	action_open(service, reply);
	emit_string(&reply->body, "name", service->name);
	emit_string(&reply->body, "state", "starting");
	emit_string(&reply->body, "status", "starting");
	if (service->source_kind == KIND_IMAGE)
		emit_string(&reply->body, "source_image", service->source_id);
	emit_open(&reply->body, "service", '{');
	resource_emit(server, request, service, &reply->body, false);
	emit_close(&reply->body, '}');
}

static void reply_details(struct resource *service, struct reply *reply)
{
	char url[320];
	size_t i;

	snprintf(url, sizeof(url), "https://%.200s.on.unsandbox.com",
		service->name);
	emit_string(&reply->body, "url", url);
	emit_open(&reply->body, "ports", '[');
	for (i = 0; i < json_array_size(service->ports); i++)
		emit_int(&reply->body, NULL,
			json_integer_value(json_array_get(service->ports, i)));
	emit_close(&reply->body, ']');
	emit_close(&reply->body, '}');
}

void service_create(struct server *server, struct request *request,
	struct resource *service, struct reply *reply)
{
	pthread_mutex_lock(&server->resources.lock);
	if (!*service->name)
		resource_set(&service->name, service->id + strlen("unsb-"));
	if (service_is_taken(server, service->name)) {
		reply_error(reply, 409, "NAME_TAKEN",
			"name already taken by another service");
		resource_release(service);
	} else if (!resource_add(server, service)) {
		reply_error(reply, 500, "INTERNAL_ERROR", "out of memory");
		resource_release(service);
	} else {
		service_start(server, service);
		reply_created(server, request, service, reply);
		reply_details(service, reply);
	}
	pthread_mutex_unlock(&server->resources.lock);
}
