/* SPDX-License-Identifier: MIT */
/* fs/tree/resource_snapshots.c - snapshots/ of a session or a service */
#include "fs/tree/resource_snapshots.h"

#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "fs/base/options.h"
#include "fs/base/safe_name.h"
#include "fs/core/core.h"
#include "fs/core/row.h"
#include "fs/files/files.h"
#include "fs/resources/resources.h"

static const char settings_name[] = ".settings";

/* ---- names ---- */

static const struct row *row_below(const struct node *node, const char *name)
{
	char path[128];

	snprintf(path, sizeof(path), "%s/%s", node->row->path, name);
	return tree_row(path);
}

/* What new ones get is kept as the settings of a directory in which nothing is
 * saved. Held for the caller; NULL: out of memory. */
static struct file *settings_dir(struct op *op, const struct node *node)
{
	char *word = safe_name_encode(node->id, strlen(node->id)), *key;
	struct file *top = NULL;

	if (word &&
		asprintf(&key, "%s/%s/snapshots",
			collection_of(node->row)->path + 1, word) >= 0) {
		top = files_top(op->core->files, key);
		free(key);
	}
	free(word);
	return top;
}

static int settings_found(
	struct op *op, const struct node *node, struct found *found)
{
	struct file *top = settings_dir(op, node);
	int err = top ? found_settings(found, top) : -ENOMEM;

	file_drop(top);
	return err;
}

int taken_list(struct op *op, const struct node *node, struct listing *listing)
{
	const struct resource_index *index;
	int err = collection_index(op, &snapshots, &index);

	if (err)
		return err;
	char *key = snapshot_key(collection_of(node->row), node->id);
	err = key ? listing_add_parts(listing, index, key,
			    row_below(node, "{snapshot}"), node->id)
		  : -ENOMEM;
	free(key);
	return err;
}

static int part_find(const struct resource_index *index,
	const struct node *node, const char *name, struct found *found)
{
	char *key = snapshot_key(collection_of(node->row), node->id);
	const struct resource_part *part;
	size_t count;

	if (!key)
		return -ENOMEM;
	part = resource_parts(index, key, &count);
	part = resource_part_by_name(part, count, name);
	free(key);
	return part ? found_row(found, row_below(node, "{snapshot}"), node->id,
			      index->all[part->of].id)
		    : -ENOENT;
}

int taken_find(struct op *op, const struct node *node, const char *name,
	struct found *found)
{
	const struct resource_index *index;

	if (!strcmp(name, settings_name))
		return settings_found(op, node, found);
	int err = collection_index(op, &snapshots, &index);
	return err ? err : part_find(index, node, name, found);
}

int taken_link(struct op *op, const struct node *node, FILE *out)
{
	const struct resource_index *index;
	int err = collection_index(op, &snapshots, &index);
	const struct resource *resource =
		err ? NULL : resource_by_id(index, node->name);

	if (!err && !resource)
		err = -ENOENT;
	if (!err)
		fprintf(out, "../../../snapshots/%s", resource->name);
	return err;
}

/* ---- taking one ---- */

static json_t *taken_body(
	struct op *op, const struct node *node, const char *name)
{
	struct file *top = settings_dir(op, node);
	const json_t *settings = top ? file_settings(top) : NULL;
	const json_t *ttl = json_object_get(settings, "ttl");
	json_t *body = json_pack("{s:o s:b}", "name",
		json_from_bytes(name, strlen(name)), "hot",
		json_is_true(json_object_get(settings, "hot")));

	if (body && json_integer_value(ttl) &&
		json_object_set(body, "ttl", (json_t *)ttl)) {
		json_decref(body);
		body = NULL;
	}
	file_drop(top);
	return body;
}

int taken_make(struct op *op, const struct node *node, const char *name,
	struct found *found)
{
	json_t *answer;
	int err = resource_send(op, 0,
		collection_of(node->row) == &services ? API_SERVICE_SNAPSHOT
						      : API_SESSION_SNAPSHOT,
		node, taken_body(op, node, name), &answer);
	if (err)
		return err;
	collection_drop(op->core, &snapshots, NULL);
	char *id;
	err = resource_id(answer, snapshots.form.ids, &id);
	if (err)
		return err;
	err = found_row(found, row_below(node, "{taken}"), node->id, id);
	free(id);
	return err;
}
