/* SPDX-License-Identifier: MIT */
/* fs/tree/snapshots.c - snapshots/ */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "fs/base/base.h"
#include "fs/core/core.h"
#include "fs/tree/resource_rows.h"
#include "fs/tree/tables.h"

/* The collection of its source, and the id there, owned by the caller. -ENOENT:
 * the API does not say. */
static int source_of(struct op *op, const struct node *node,
	const struct collection **collection, char **id)
{
	static const char *const members[] = { "source_id", "session_id",
		"service_id" };
	json_t *item;
	int err = resource_item(op, node, &item);

	if (err)
		return err;
	const char *type =
		json_string_value(json_member(item, "source_type|type"));
	if (!type || (strcmp(type, "service") && strcmp(type, "session")))
		return -ENOENT;
	*collection = !strcmp(type, "service") ? &services : &sessions;
	err = -EPROTO;
	for (size_t i = 0; err == -EPROTO && i < 3; i++)
		err = resource_id(item, members[i], id);
	return err == -EPROTO ? -ENOENT : err;
}

/* The list of sources is not requested for this: if it is unknown, the link
 * exists. */
static int source_exists(struct op *op, const struct node *node)
{
	const struct collection *collection;
	char *id;
	int err = source_of(op, node, &collection, &id);

	if (err)
		return err;
	const struct resource_index *index =
		collection_known(op->core, collection);
	if (index && !resource_by_id(index, id))
		err = -ENOENT;
	free(id);
	return err;
}

static int source_render(struct op *op, const struct node *node, FILE *out)
{
	const struct collection *collection;
	char *id;
	int err = source_of(op, node, &collection, &id);

	if (err)
		return err;
	char *name = safe_name_encode(id, strlen(id));
	if (name)
		fprintf(out, "../..%s/%s", collection->path, name);
	else
		err = -ENOMEM;
	free(name);
	free(id);
	return err;
}

#define HERE "/snapshots/{snapshot}"

const struct row tree_snapshots_rows[] = {
	COLLECTION(snapshots, "saved states of sessions and services",
		.instead = "mkdir services/NAME/snapshots/NAME, or the same "
			   "of a session, takes one"),
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
	IMAGES,
	ACTION("restore", action_write, "1 restores it to its source"),
	WORDS("clone",
		"key=value words create a session or a service from it; "
		"then reading gives its id"),
	ACTION("destroy", resource_destroy, "1 deletes it"),
	JSON("snapshot.json"),
	{ 0 },
};
