/* SPDX-License-Identifier: MIT */
/* tests/server/image_api.c - the paths under /images */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "action.h"
#include "fields.h"
#include "image.h"
#include "route.h"
#include "server.h"
#include "service_create.h"
#include "snapshot.h"

void image_reply(struct server *server, struct request *request,
	const struct resource *image, struct reply *reply)
{
	emit_open(&reply->body, NULL, '{');
	resource_emit(server, request, image, &reply->body, false);
	emit_close(&reply->body, '}');
}

/* Takes ownership of a new image; the lock is held. */
static void add_image(struct server *server, struct request *request,
	struct resource *image, const json_t *json, struct reply *reply)
{
	if (!image) {
		reply_error(reply, 500, "INTERNAL_ERROR", "out of memory");
		return;
	}
	fields_string(&image->name, json, "name");
	fields_string(&image->description, json, "description");
	if (resource_add(server, image))
		image_reply(server, request, image, reply);
}

static void image_publish(
	struct server *server, struct request *request, struct reply *reply)
{
	json_t *json = request_json(request, reply);
	const char *id = json_string_value(json_object_get(json, "source_id"));
	int kind = kind_of(
		json_string_value(json_object_get(json, "source_type")));
	struct resource *source;

	if (!json)
		return;
	if (!id || (kind != KIND_SERVICE && kind != KIND_SNAPSHOT)) {
		reply_error(reply, 400, "MISSING_SOURCE",
			"source_type service or snapshot and source_id are "
			"required");
		json_decref(json);
		return;
	}
	pthread_mutex_lock(&server->resources.lock);
	source = resource_find(server, kind, request->account, id);
	if (source)
		add_image(server, request,
			snapshot_copy(
				server, KIND_IMAGE, request->account, source),
			json, reply);
	else
		reply_error(reply, 404, "SOURCE_NOT_FOUND",
			"The source does not exist");
	pthread_mutex_unlock(&server->resources.lock);
	json_decref(json);
}

static bool is_in_view(const struct resource *image,
	const struct request *request, const char *view)
{
	const char *access = image_access(image, request->account);

	if (!access)
		return false;
	if (!strcmp(view, "owned") || !strcmp(view, "mine"))
		return !strcmp(access, "owner");
	if (!strcmp(view, "shared"))
		return !strcmp(access, "shared");
	if (!strcmp(view, "public"))
		return !strcmp(image->visibility, "public");
	return strcmp(access, "unlisted") != 0;
}

static void list_view(struct server *server, struct request *request,
	struct reply *reply, const char *view)
{
	struct shelf *shelf = &server->resources.shelves[KIND_IMAGE];
	int count = 0;
	size_t i;

	emit_open(&reply->body, NULL, '{');
	emit_open(&reply->body, "images", '[');
	pthread_mutex_lock(&server->resources.lock);
	for (i = 0; i < shelf->count; i++) {
		if (!is_in_view(shelf->list[i], request, view))
			continue;
		emit_open(&reply->body, NULL, '{');
		resource_emit(server, request, shelf->list[i], &reply->body,
			request->part_count < 2 || strcmp(view, "owned"));
		emit_close(&reply->body, '}');
		count++;
	}
	pthread_mutex_unlock(&server->resources.lock);
	emit_close(&reply->body, ']');
	emit_int(&reply->body, "count", count);
	emit_close(&reply->body, '}');
}

static void image_list(
	struct server *server, struct request *request, struct reply *reply)
{
	char *filter = request_query(request, "filter");

	list_view(server, request, reply, filter ? filter : "all");
	free(filter);
}

static void image_view(
	struct server *server, struct request *request, struct reply *reply)
{
	list_view(server, request, reply, request->parts[1]);
}

struct resource *image_take_own(
	struct server *server, struct request *request, struct reply *reply)
{
	struct resource *image =
		resource_take(server, request, KIND_IMAGE, reply);

	if (!image || !strcmp(image->owner, request->account))
		return image;
	resource_drop(server);
	reply_error(reply, 403, "FORBIDDEN", "It belongs to another key");
	return NULL;
}

static void image_visibility(
	struct server *server, struct request *request, struct reply *reply)
{
	json_t *json = request_json(request, reply);
	const char *word =
		json_string_value(json_object_get(json, "visibility"));
	struct resource *image;

	if (!json)
		return;
	if (!word ||
		(strcmp(word, "private") && strcmp(word, "unlisted") &&
			strcmp(word, "public"))) {
		reply_error(reply, 400, "INVALID_VISIBILITY",
			"visibility is private, unlisted or public");
		json_decref(json);
		return;
	}
	image = image_take_own(server, request, reply);
	if (image) {
		resource_set(&image->visibility, word);
		image_reply(server, request, image, reply);
		resource_put(server, image);
	}
	json_decref(json);
}

static void image_transfer(
	struct server *server, struct request *request, struct reply *reply)
{
	json_t *json = request_json(request, reply);
	const char *key =
		json_string_value(json_object_get(json, "to_api_key"));
	struct resource *image;

	if (!json)
		return;
	if (!key || !*key) {
		reply_error(
			reply, 400, "MISSING_KEY", "to_api_key is required");
		json_decref(json);
		return;
	}
	image = image_take_own(server, request, reply);
	if (image) {
		resource_set(&image->owner, key);
		image_reply(server, request, image, reply);
		resource_put(server, image);
	}
	json_decref(json);
}

static struct resource *copy_image(struct server *server,
	struct request *request, enum kind kind, struct reply *reply)
{
	struct resource *image =
		resource_take(server, request, KIND_IMAGE, reply);
	struct resource *copy = NULL;
	char name[256];

	if (!image)
		return NULL;
	copy = snapshot_copy(server, kind, request->account, image);
	if (copy && kind == KIND_IMAGE) {
		snprintf(name, sizeof(name), "%.200s (copy)", image->name);
		resource_set(&copy->name, name);
	}
	resource_drop(server);
	if (!copy)
		reply_error(reply, 500, "INTERNAL_ERROR", "out of memory");
	return copy;
}

static void image_spawn(
	struct server *server, struct request *request, struct reply *reply)
{
	json_t *json = request_json(request, reply);
	struct resource *service = NULL;

	if (json)
		service = copy_image(server, request, KIND_SERVICE, reply);
	if (service) {
		service->has_network = false;
		fields_string(&service->name, json, "name");
		fields_bootstrap(service, json);
		if (fields_ports(service, json, reply) ||
			fields_machine(service, json, reply))
			resource_release(service);
		else
			service_create(server, request, service, reply);
	}
	json_decref(json);
}

static void image_clone(
	struct server *server, struct request *request, struct reply *reply)
{
	json_t *json = request_json(request, reply);
	struct resource *image = NULL;

	if (json)
		image = copy_image(server, request, KIND_IMAGE, reply);
	if (image) {
		pthread_mutex_lock(&server->resources.lock);
		add_image(server, request, image, json, reply);
		pthread_mutex_unlock(&server->resources.lock);
	}
	json_decref(json);
}

const struct route image_routes[] = {
	{ "POST", "/images", 0, image_publish },
	{ "POST", "/images/publish", ROUTE_OLD, image_publish },
	{ "GET", "/images", 0, image_list },
	{ "GET", "/images/owned", 0, image_view },
	{ "GET", "/images/mine", ROUTE_OLD, image_view },
	{ "GET", "/images/shared", 0, image_view },
	{ "GET", "/images/public", 0, image_view },
	{ "GET", "/images/ID", 0, action_get },
	{ "DELETE", "/images/ID", 0, action_delete },
	{ "POST", "/images/ID/lock", 0, action_lock },
	{ "POST", "/images/ID/unlock", 0, action_unlock },
	{ "POST", "/images/ID/visibility", 0, image_visibility },
	{ "GET", "/images/ID/trusted", 0, action_get },
	{ "GET", "/images/ID/access", ROUTE_OLD, action_get },
	{ "POST", "/images/ID/transfer", 0, image_transfer },
	{ "POST", "/images/ID/spawn", 0, image_spawn },
	{ "POST", "/images/ID/clone", 0, image_clone },
	{ NULL, NULL, 0, NULL },
};
