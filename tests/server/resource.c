/* SPDX-License-Identifier: MIT */
/* tests/server/resource.c - sessions, services, snapshots and images */
#include "resource.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "folder.h"
#include "moment.h"
#include "server.h"
#include "service.h"
#include "shell.h"

void resources_init(struct resources *resources)
{
	memset(resources, 0, sizeof(*resources));
	pthread_mutex_init(&resources->lock, NULL);
}

void resources_clear(struct resources *resources)
{
	struct shelf *shelf;
	size_t i;
	int kind;

	for (kind = 0; kind < KIND_COUNT; kind++) {
		shelf = &resources->shelves[kind];
		for (i = 0; i < shelf->count; i++)
			resource_release(shelf->list[i]);
		free(shelf->list);
	}
	pthread_mutex_destroy(&resources->lock);
}

void resources_stop(struct server *server)
{
	struct resources *resources = &server->resources;
	struct shelf *shelf;
	size_t i;

	pthread_mutex_lock(&resources->lock);
	shelf = &resources->shelves[KIND_SESSION];
	for (i = 0; i < shelf->count; i++)
		shell_kill(shelf->list[i]);
	shelf = &resources->shelves[KIND_SERVICE];
	for (i = 0; i < shelf->count; i++)
		service_stop(shelf->list[i]);
	pthread_mutex_unlock(&resources->lock);
}

static const char *const kind_names[KIND_COUNT] = {
	[KIND_SESSION] = "session",
	[KIND_SERVICE] = "service",
	[KIND_SNAPSHOT] = "snapshot",
	[KIND_IMAGE] = "image",
};

const char *kind_name(enum kind kind)
{
	return kind_names[kind];
}

int kind_of(const char *word)
{
	int kind;

	for (kind = 0; word && kind < KIND_COUNT; kind++)
		if (!strcmp(kind_names[kind], word))
			return kind;
	return -1;
}

bool resource_set(char **place, const char *value)
{
	char *copy = strdup(value);

	if (!copy)
		return false;
	free(*place);
	*place = copy;
	return true;
}

static void copy_lists(struct resource *resource, const struct resource *source)
{
	json_decref(resource->ports);
	resource->ports = json_deep_copy(source->ports);
	json_decref(resource->domains);
	resource->domains = json_array();
}

static void copy_source(
	struct resource *resource, const struct resource *source)
{
	resource_set(&resource->shell, source->shell);
	resource_set(&resource->multiplexer, source->multiplexer);
	resource_set(&resource->service_type, source->service_type);
	resource_set(&resource->bootstrap, source->bootstrap);
	resource_set(&resource->vault, source->vault);
	resource_set(&resource->source_id, source->id);
	copy_lists(resource, source);
	resource->source_kind = source->kind;
	resource->has_network = source->has_network;
	resource->has_vault = source->has_vault;
	resource->vault_s = source->vault_s;
	resource->vcpu = source->vcpu;
	resource->size_bytes = source->size_bytes;
	resource->unfreezes_on_demand = source->unfreezes_on_demand;
	resource->shows_freeze_page = source->shows_freeze_page;
}

static void set_identity(
	struct resource *resource, enum kind kind, const char *owner)
{
	char prefix[24], id[IDENTITY_SIZE];
	char **empty[] = { &resource->name, &resource->source_id,
		&resource->multiplexer, &resource->service_type,
		&resource->bootstrap, &resource->vault,
		&resource->description };
	size_t i;

	snprintf(prefix, sizeof(prefix), "unsb-%s", kind_names[kind]);
	identity_make(id, prefix);
	resource_set(&resource->id, id);
	identity_make(id, "unsb-vm");
	resource_set(&resource->container, id);
	resource_set(&resource->owner, owner);
	resource_set(&resource->shell, "bash");
	resource_set(&resource->visibility, "private");
	resource_set(&resource->state,
		kind == KIND_SESSION || kind == KIND_SERVICE ? "running"
							     : "completed");
	for (i = 0; i < sizeof(empty) / sizeof(*empty); i++)
		resource_set(empty[i], "");
}

struct resource *resource_new(struct server *server, enum kind kind,
	const char *owner, const struct resource *source)
{
	struct resource *resource = calloc(1, sizeof(*resource));

	if (!resource)
		return NULL;
	resource->kind = kind;
	resource->references = 1;
	resource->child.pidfd = -1;
	resource->shell_in = -1;
	resource->shell_out = -1;
	resource->vcpu = 1;
	resource->unfreezes_on_demand = true;
	resource->shows_freeze_page = true;
	resource->created_s = moment_now_ms(&server->moment) / 1000;
	resource->active_s = resource->created_s;
	pthread_mutex_init(&resource->shell_lock, NULL);
	set_identity(resource, kind, owner);
	if (source)
		copy_source(resource, source);
	return resource;
}

void resource_release(struct resource *resource)
{
	if (!resource || --resource->references > 0)
		return;
	free(resource->id);
	free(resource->owner);
	free(resource->name);
	free(resource->container);
	free(resource->state);
	free(resource->source_id);
	free(resource->shell);
	free(resource->multiplexer);
	free(resource->service_type);
	free(resource->bootstrap);
	free(resource->vault);
	free(resource->description);
	free(resource->visibility);
	json_decref(resource->ports);
	json_decref(resource->domains);
	json_decref(resource->trusted);
	shell_close(resource);
	pthread_mutex_destroy(&resource->shell_lock);
	free(resource);
}

bool resource_add(struct server *server, struct resource *resource)
{
	struct shelf *shelf = &server->resources.shelves[resource->kind];
	struct resource **grown;

	if (shelf->count == shelf->size) {
		shelf->size = shelf->size ? shelf->size * 2 : 64;
		grown = realloc(
			shelf->list, shelf->size * sizeof(*shelf->list));
		if (!grown)
			return false;
		shelf->list = grown;
	}
	shelf->list[shelf->count++] = resource;
	resource_store(server, resource);
	return true;
}

void resource_remove(struct server *server, struct resource *resource)
{
	struct shelf *shelf = &server->resources.shelves[resource->kind];
	char dir[400];
	size_t i = 0;

	while (shelf->list[i] != resource)
		i++;
	memmove(shelf->list + i, shelf->list + i + 1,
		(--shelf->count - i) * sizeof(*shelf->list));
	resource->is_gone = true;
	if (resource->kind == KIND_SESSION)
		shell_kill(resource);
	if (resource->kind == KIND_SERVICE)
		service_stop(resource);
	resource_unstore(server, resource);
	snprintf(dir, sizeof(dir), "%s/%s/%s", server->dir,
		kind_names[resource->kind], resource->id);
	folder_remove(dir);
	resource_release(resource);
}

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
	snprintf(code, sizeof(code), "%s_NOT_FOUND", kind_names[kind]);
	for (at = code; *at; at++)
		*at &= *at >= 'a' && *at <= 'z' ? ~0x20 : ~0;
	snprintf(message, sizeof(message), "There is no such %s",
		kind_names[kind]);
	reply_error(reply, 404, code, message);
	return NULL;
}

struct resource *resource_take_shell(
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

void resource_dir(const struct server *server, const struct resource *resource,
	char *buf, size_t size)
{
	snprintf(buf, size, "%s/%s/%s/tmp", server->dir,
		kind_names[resource->kind], resource->id);
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
