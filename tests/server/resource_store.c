/* SPDX-License-Identifier: MIT */
/* tests/server/resource_store.c - stores resources across restarts */
#include <dirent.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "folder.h"
#include "resource.h"
#include "server.h"
#include "service.h"

enum field_type {
	FIELD_STRING,
	FIELD_NUMBER,
	FIELD_INT,
	FIELD_BOOL,
	FIELD_LIST,
};

struct field {
	const char *name;
	enum field_type type;
	size_t offset;
};

#define STRING(name)                                                           \
	{                                                                      \
#name, FIELD_STRING, offsetof(struct resource, name)           \
	}
#define NUMBER(name)                                                           \
	{                                                                      \
#name, FIELD_NUMBER, offsetof(struct resource, name)           \
	}
#define INT(name)                                                              \
	{                                                                      \
#name, FIELD_INT, offsetof(struct resource, name)              \
	}
#define BOOL(name)                                                             \
	{                                                                      \
#name, FIELD_BOOL, offsetof(struct resource, name)             \
	}
#define LIST(name)                                                             \
	{                                                                      \
#name, FIELD_LIST, offsetof(struct resource, name)             \
	}

/* A row for each stored member; running processes are not stored. */
static const struct field fields[] = {
	STRING(id),
	STRING(owner),
	STRING(name),
	STRING(container),
	STRING(state),
	STRING(source_id),
	STRING(shell),
	STRING(multiplexer),
	STRING(service_type),
	STRING(bootstrap),
	STRING(vault),
	STRING(description),
	STRING(visibility),
	INT(source_kind),
	INT(vcpu),
	NUMBER(created_s),
	NUMBER(active_s),
	NUMBER(expires_s),
	NUMBER(size_bytes),
	NUMBER(vault_s),
	BOOL(is_locked),
	BOOL(is_boosted),
	BOOL(is_hot),
	BOOL(has_network),
	BOOL(is_audited),
	BOOL(unfreezes_on_demand),
	BOOL(shows_freeze_page),
	BOOL(has_vault),
	LIST(ports),
	LIST(domains),
	LIST(trusted),
};

#define FIELD_COUNT (sizeof(fields) / sizeof(*fields))

static json_t *field_get(
	const struct field *field, const struct resource *resource)
{
	const void *place = (const char *)resource + field->offset;

	switch (field->type) {
	case FIELD_STRING:
		return json_string(*(char *const *)place);
	case FIELD_NUMBER:
		return json_integer(*(const long long *)place);
	case FIELD_INT:
		return json_integer(*(const int *)place);
	case FIELD_BOOL:
		return json_boolean(*(const bool *)place);
	default:
		return json_deep_copy(*(json_t *const *)place);
	}
}

static void field_set(const struct field *field, struct resource *resource,
	const json_t *value)
{
	void *place = (char *)resource + field->offset;

	if (field->type == FIELD_STRING && json_is_string(value))
		resource_set(place, json_string_value(value));
	else if (field->type == FIELD_NUMBER && json_is_integer(value))
		*(long long *)place = json_integer_value(value);
	else if (field->type == FIELD_INT && json_is_integer(value))
		*(int *)place = json_integer_value(value);
	else if (field->type == FIELD_BOOL && json_is_boolean(value))
		*(bool *)place = json_is_true(value);
	else if (field->type == FIELD_LIST && json_is_array(value))
		*(json_t **)place = json_deep_copy(value);
}

static void state_path(const struct server *server, const char *kind,
	const char *id, char *buf, size_t size)
{
	snprintf(buf, size, "%s/state/%s/%s", server->dir, kind, id);
}

void resource_store(struct server *server, const struct resource *resource)
{
	char path[600], fresh[600];
	json_t *json, *value;
	size_t i;

	if (!server->options.data_dir || strchr(resource->id, '/'))
		return;
	state_path(server, kind_name(resource->kind), "", path, sizeof(path));
	if (folder_make(path))
		return;
	json = json_object();
	for (i = 0; i < FIELD_COUNT; i++) {
		value = field_get(fields + i, resource);
		if (value)
			json_object_set_new(json, fields[i].name, value);
	}
	state_path(server, kind_name(resource->kind), resource->id, path,
		sizeof(path));
	/* Atomic, even if the server is killed. */
	state_path(server, kind_name(resource->kind), ".new", fresh,
		sizeof(fresh));
	if (json_dump_file(json, fresh, JSON_COMPACT) || rename(fresh, path))
		perror(path);
	json_decref(json);
}

void resource_unstore(struct server *server, const struct resource *resource)
{
	char path[600];

	state_path(server, kind_name(resource->kind), resource->id, path,
		sizeof(path));
	if (server->options.data_dir)
		unlink(path);
}

static void load_one(struct server *server, enum kind kind, const char *id)
{
	struct resource *resource = resource_new(server, kind, "", NULL);
	char path[600];
	json_t *json;
	size_t i;

	state_path(server, kind_name(kind), id, path, sizeof(path));
	json = json_load_file(path, 0, NULL);
	if (!resource || !json) {
		resource_release(resource);
		json_decref(json);
		return;
	}
	for (i = 0; i < FIELD_COUNT; i++)
		field_set(fields + i, resource,
			json_object_get(json, fields[i].name));
	json_decref(json);
	if (!resource_add(server, resource))
		resource_release(resource);
	else if (kind == KIND_SERVICE && !strcmp(resource->state, "running"))
		service_start(server, resource);
}

static int is_visible(const struct dirent *entry)
{
	return entry->d_name[0] != '.';
}

void resources_load(struct server *server)
{
	struct dirent **names;
	char path[600];
	int kind, count, i;

	if (!server->options.data_dir)
		return;
	pthread_mutex_lock(&server->resources.lock);
	for (kind = 0; kind < KIND_COUNT; kind++) {
		state_path(server, kind_name(kind), "", path, sizeof(path));
		count = scandir(path, &names, is_visible, alphasort);
		for (i = 0; i < count; i++) {
			load_one(server, kind, names[i]->d_name);
			free(names[i]);
		}
		if (count >= 0)
			free(names);
	}
	pthread_mutex_unlock(&server->resources.lock);
}
