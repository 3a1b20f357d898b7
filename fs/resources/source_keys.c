/* SPDX-License-Identifier: MIT */
/* fs/resources/source_keys.c - from what snapshots and images were made, and by
 * which other names resources are found */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "fs/resources/resources.h"

char *resource_key(const struct collection *collection, const char *id)
{
	char *key;

	return asprintf(&key, "%s/%s", collection->path, id) < 0 ? NULL : key;
}

struct source {
	const char *type, *ids;
	const struct collection *collection;
};

/* Adds none if the item names no source. */
static int key_add(const struct source *source, const json_t *item, char **keys,
	unsigned *count)
{
	char *id;
	int err = resource_id(item, source->ids, &id);

	if (err)
		return err == -EPROTO ? 0 : err;
	keys[*count] = resource_key(source->collection, id);
	err = keys[*count] ? 0 : -ENOMEM;
	*count += !err;
	free(id);
	return err;
}

/* If the API does not tell the kind of the source, it may be any. */
static int keys_of(const struct source sources[RESOURCE_KEYS],
	const json_t *item, char **keys, unsigned *count)
{
	const char *type =
		json_string_value(json_member(item, "source_type|type"));
	int err = 0;

	*count = 0;
	for (int i = 0; !err && i < RESOURCE_KEYS; i++)
		if (!type || !strcmp(type, sources[i].type))
			err = key_add(&sources[i], item, keys, count);
	return err;
}

int snapshot_keys(const json_t *item, char **keys, unsigned *count)
{
	static const struct source sources[RESOURCE_KEYS] = {
		{ "service", "source_id|service_id", &services },
		{ "session", "source_id|session_id", &sessions },
	};

	return keys_of(sources, item, keys, count);
}

int image_keys(const json_t *item, char **keys, unsigned *count)
{
	static const struct source sources[RESOURCE_KEYS] = {
		{ "service", "source_id|service_id", &services },
		{ "snapshot", "source_id|snapshot_id", &snapshots },
	};

	return keys_of(sources, item, keys, count);
}

int session_keys(const json_t *item, char **keys, unsigned *count)
{
	*count = 0;
	if (!json_is_string(json_object_get(item, "container_name")))
		return 0;
	keys[0] = strdup(OTHER_NAMES);
	*count = keys[0] != NULL;
	return keys[0] ? 0 : -ENOMEM;
}

/* Such a shell has the service's id (api/API.md 16.6); with an id of its own it
 * is a session. */
bool session_is_of_service(const json_t *item)
{
	const char *id = json_string_value(json_member(item, "session_id|id"));

	return id &&
		(!strncmp(id, "svc:", 4) || !strncmp(id, "unsb-service-", 13));
}
