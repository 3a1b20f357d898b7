/* SPDX-License-Identifier: MIT */
/* fs/tree/snapshots.c - snapshots/ */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "fs/base/safe_name.h"
#include "fs/core/core.h"
#include "fs/tree/resource_rows.h"
#include "fs/tree/tables.h"

/* The collection of its source, and the id there. -ENOENT if it does not say.
 */
static int source_of(
	const json_t *item, const struct collection **collection, char **id)
{
	static const char *const members[] = { "source_id", "session_id",
		"service_id" };
	const char *type =
		json_string_value(json_member(item, "source_type|type"));

	int err = -EPROTO;

	*id = NULL;
	*collection = !type		   ? NULL
		: !strcmp(type, "service") ? &services
		: !strcmp(type, "session") ? &sessions
					   : NULL;
	for (size_t i = 0; *collection && err == -EPROTO && i < 3; i++)
		err = resource_id(item, members[i], id);
	return err == -EPROTO ? -ENOENT : err;
}

/* The list of sources is not fetched for this: if it is unknown, the link
 * exists. */
static int source_exists(struct op *op, const struct node *node)
{
	const struct collection *collection;
	const struct resource_index *index;
	json_t *item;
	char *id;
	int err = resource_item(op, node, &item);

	if (!err)
		err = source_of(item, &collection, &id);
	if (err)
		return err;
	index = collection_known(op->core, collection);
	if (index && !resource_by_id(index, id))
		err = -ENOENT;
	free(id);
	return err;
}

static int source_render(struct op *op, const struct node *node, FILE *out)
{
	const struct collection *collection;
	json_t *item;
	char *id, *name;
	int err = resource_item(op, node, &item);

	if (!err)
		err = source_of(item, &collection, &id);
	if (err)
		return err;
	name = safe_name_encode(id, strlen(id));
	if (name)
		fprintf(out, "../..%s/%s", collection->path, name);
	err = name ? 0 : -ENOMEM;
	free(name);
	free(id);
	return err;
}

#define HERE "/snapshots/{snapshot}"

const struct row tree_snapshots_rows[] = {
	COLLECTION("/snapshots", "saved states of sessions and services"),
	RESOURCE("a snapshot"),
	ID,
	FIELD_E("name", "name", "its name"),
	FIELD_E("source_type", "source_type|type", "session or service"),
	FIELD_E("source_id", "source_id|session_id|service_id",
		"the id of what it was taken of"),
	LINK(HERE "/source", "the session or the service, if it still exists",
		.exists = source_exists, .render = source_render),
	FIELD("container_name", "container_name", "the container's name"),
	FIELD_E("size_bytes", "size_bytes|size", "how large it is"),
	FIELD("hot", "hot", "1: it was taken while its source ran"),
	FIELD("status", "status", "whether it is ready"),
	FIELD_E("created_at", "created_at", "when it was taken"),
	FIELD("expires_at", "expires_at", "when it is deleted by itself"),
	LOCKED,
	ACTION("restore", action_write, "any write restores it to its source"),
	ACTION("clone", action_write,
		"key=value words create a session or a service from it; "
		"then reading gives its id"),
	ACTION("destroy", resource_destroy, "any write deletes it"),
	JSON("snapshot.json"),
	{ 0 },
};
