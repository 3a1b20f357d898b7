/* SPDX-License-Identifier: MIT */
/* fs/tree/resource_dirs.c - run/ and snapshots/ of a session or a service */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "fs/base/base.h"
#include "fs/core/core.h"
#include "fs/files/files.h"
#include "fs/tree/resource_rows.h"
#include "fs/tree/tables.h"

static const char settings_name[] = ".settings";

/* The top directory "services/ID/run", the id without a slash in it. Held for
 * the caller; NULL: out of memory. */
static struct file *dir_top(struct core *core,
	const struct collection *collection, const char *id, const char *name)
{
	char *word = safe_name_encode(id, strlen(id)), *key;
	struct file *top = NULL;

	if (word &&
		asprintf(&key, "%s/%s/%s", collection->path + 1, word, name) >=
			0) {
		top = files_top(core->files, key);
		free(key);
	}
	free(word);
	return top;
}

/* ---- run/ ---- */

int resource_run_saves(
	struct op *op, const struct node *dir, struct lookup_result *found)
{
	*found = (struct lookup_result){
		.file = dir_top(
			op->core, collection_of(dir->row), dir->id, "run"),
	};
	return found->file ? 0 : -ENOMEM;
}

void resource_run_drop(
	struct core *core, const struct collection *collection, const char *id)
{
	struct file *top = dir_top(core, collection, id, "run");

	if (top)
		file_remove_tree(top);
	file_drop(top);
}

/* ---- snapshots/ ---- */

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
	return dir_top(
		op->core, collection_of(node->row), node->id, "snapshots");
}

static int settings_found(
	struct op *op, const struct node *node, struct lookup_result *found)
{
	struct file *top = settings_dir(op, node);
	int err = top ? lookup_settings(found, top) : -ENOMEM;

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
	const struct node *node, const char *name, struct lookup_result *found)
{
	char *key = snapshot_key(collection_of(node->row), node->id);
	const struct resource_part *part;
	size_t count;

	if (!key)
		return -ENOMEM;
	part = resource_parts(index, key, &count);
	part = resource_part_by_name(part, count, name);
	free(key);
	return part ? lookup_row(found, row_below(node, "{snapshot}"), node->id,
			      index->all[part->of].id)
		    : -ENOENT;
}

int taken_find(struct op *op, const struct node *node, const char *name,
	struct lookup_result *found)
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
	json_t *body = json_pack("{s:o s:b s:O*}", "name",
		json_from_bytes(name, strlen(name)), "hot",
		json_is_true(json_object_get(settings, "hot")), "ttl",
		json_integer_value(ttl) ? ttl : NULL);

	file_drop(top);
	return body;
}

int taken_make(struct op *op, const struct node *node, const char *name,
	struct lookup_result *found)
{
	json_t *answer;
	int err = resource_send(op, 0, node->row->endpoint, node,
		taken_body(op, node, name), &answer);

	if (err)
		return err;
	collection_drop(op->core, &snapshots, NULL);
	char *id;
	err = resource_id(answer, snapshots.form.ids, &id);
	if (err)
		return err;
	err = lookup_row(found, row_below(node, "{taken}"), node->id, id);
	free(id);
	return err;
}
