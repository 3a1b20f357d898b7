/* SPDX-License-Identifier: MIT */
/* fs/resources/snapshot_keys.c - of which sessions and services a snapshot is
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "fs/resources/resources.h"

char *snapshot_key(const struct collection *collection, const char *id)
{
	char *key;

	return asprintf(&key, "%s/%s", collection->path, id) < 0 ? NULL : key;
}

/* Adds none if the item does not tell a source. */
static int key_add(const struct collection *collection, const json_t *item,
	const char *ids, char **keys, unsigned *count)
{
	char *id;
	int err = resource_id(item, ids, &id);

	if (err)
		return err == -EPROTO ? 0 : err;
	keys[*count] = snapshot_key(collection, id);
	err = keys[*count] ? 0 : -ENOMEM;
	*count += !err;
	free(id);
	return err;
}

/* If the API does not tell the kind of the source, it may be either. */
int snapshot_keys(const json_t *item, char **keys, unsigned *count)
{
	const char *type =
		json_string_value(json_member(item, "source_type|type"));
	bool is_service = type && !strcmp(type, "service");
	int err = 0;

	*count = 0;
	if (!type || is_service)
		err = key_add(
			&services, item, "source_id|service_id", keys, count);
	if (!err && !is_service)
		err = key_add(
			&sessions, item, "source_id|session_id", keys, count);
	return err;
}
