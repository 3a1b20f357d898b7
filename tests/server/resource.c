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
	terminal_kill(server, resource->id);
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

void resource_dir(const struct server *server, const struct resource *resource,
	char *buf, size_t size)
{
	snprintf(buf, size, "%s/%s/%s/tmp", server->dir,
		kind_names[resource->kind], resource->id);
}
