/* SPDX-License-Identifier: MIT */
/* tests/server/resource_find.c - finds resources, and drops expired ones */
#include <stdio.h>
#include <string.h>

#include "resource.h"
#include "server.h"

static bool is_called(const struct resource *resource, const char *id)
{
	if (!strcmp(resource->id, id))
		return true;
	if (resource->kind == KIND_SERVICE && !strcmp(resource->name, id))
		return true;
	return resource->kind <= KIND_SERVICE &&
		!strcmp(resource->container, id);
}

const char *image_access(const struct resource *image, const char *account)
{
	json_t *key;
	size_t i;

	if (!strcmp(image->owner, account))
		return "owner";
	json_array_foreach (image->trusted, i, key) {
		if (!strcmp(json_string_value(key), account))
			return "shared";
	}
	return strcmp(image->visibility, "private") ? image->visibility : NULL;
}

/* Expired sessions and snapshots are removed when one is next looked up. */
static void drop_expired(struct server *server, enum kind kind)
{
	struct shelf *shelf = &server->resources.shelves[kind];
	long long now = moment_now_ms(&server->moment) / 1000;
	size_t i = 0;

	while (i < shelf->count) {
		if (shelf->list[i]->expires_s &&
			shelf->list[i]->expires_s <= now)
			resource_remove(server, shelf->list[i]);
		else
			i++;
	}
}

struct resource *resource_find(struct server *server, enum kind kind,
	const char *owner, const char *id)
{
	struct shelf *shelf = &server->resources.shelves[kind];
	struct resource *resource;
	size_t i;

	drop_expired(server, kind);
	for (i = 0; i < shelf->count; i++) {
		resource = shelf->list[i];
		if (!is_called(resource, id))
			continue;
		if (kind == KIND_IMAGE ? image_access(resource, owner) != NULL
				       : !strcmp(resource->owner, owner))
			return resource;
	}
	return NULL;
}

struct resource *resource_take(struct server *server, struct request *request,
	enum kind kind, struct reply *reply)
{
	struct resource *resource;
	char code[32], message[64];
	char *at;

	pthread_mutex_lock(&server->resources.lock);
	resource = resource_find(
		server, kind, request->account, request->parts[1]);
	if (resource)
		return resource;
	pthread_mutex_unlock(&server->resources.lock);
	snprintf(code, sizeof(code), "%s_NOT_FOUND", kind_name(kind));
	for (at = code; *at; at++)
		*at &= *at >= 'a' && *at <= 'z' ? ~0x20 : ~0;
	snprintf(message, sizeof(message), "There is no such %s",
		kind_name(kind));
	reply_error(reply, 404, code, message);
	return NULL;
}

void resource_put(struct server *server, struct resource *resource)
{
	resource->active_s = moment_now_ms(&server->moment) / 1000;
	resource_store(server, resource);
	pthread_mutex_unlock(&server->resources.lock);
}

void resource_drop(struct server *server)
{
	pthread_mutex_unlock(&server->resources.lock);
}

int resources_active(struct server *server, const char *owner)
{
	struct shelf *shelf = &server->resources.shelves[KIND_SESSION];
	int active = 0;
	size_t i;

	pthread_mutex_lock(&server->resources.lock);
	drop_expired(server, KIND_SESSION);
	for (i = 0; i < shelf->count; i++)
		if (!strcmp(shelf->list[i]->state, "running") &&
			!strcmp(shelf->list[i]->owner, owner))
			active++;
	pthread_mutex_unlock(&server->resources.lock);
	return active;
}
