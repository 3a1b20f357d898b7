/* SPDX-License-Identifier: MIT */
/* fs/tree/resource_dirs.c - run/, snapshots/ and images/ of a resource */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "fs/base/base.h"
#include "fs/core/core.h"
#include "fs/files/files.h"
#include "fs/jobs/jobs.h"
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

int service_files_saves(
	struct op *op, const struct node *dir, struct lookup_result *found)
{
	*found = (struct lookup_result){
		.file = dir_top(op->core, &services, dir->id, "files"),
	};
	return found->file ? 0 : -ENOMEM;
}

static int add_files(
	struct op *op, const char *id, json_t *body, char **text, size_t *len)
{
	struct file *files = dir_top(op->core, &services, id, "files");
	int err;

	if (!files) {
		json_decref(body);
		return -ENOMEM;
	}
	err = inputs_add(op, files, body, text, len);
	file_drop(files);
	return err;
}

/* Removes what was saved for a resource that has gone. */
static void drop_saved(
	struct core *core, const struct collection *collection, const char *id)
{
	static const char *const names[] = { "run", "files" };

	for (size_t i = 0; i < sizeof(names) / sizeof(*names); i++) {
		struct file *top = dir_top(core, collection, id, names[i]);
		if (top)
			file_remove_tree(top);
		file_drop(top);
	}
}

const struct resources_calls tree_resources_calls = {
	.gone = drop_saved,
	.add_files = add_files,
	.end = recording_end,
};

/* ---- snapshots/ and images/ ---- */

/* What the directory shows. */
static const struct collection *parts_of(const struct node *node)
{
	return strcmp(row_name(node->row), "images") ? &snapshots : &images;
}

static const struct row *row_below(const struct node *node, const char *name)
{
	char path[128];

	snprintf(path, sizeof(path), "%s/%s", node->row->path, name);
	return tree_row(path);
}

static const struct row *link_row(const struct node *node)
{
	return row_below(
		node, parts_of(node) == &images ? "{image}" : "{snapshot}");
}

/* The settings of new ones are kept as those of a directory in which nothing is
 * saved. Held for the caller; NULL: out of memory. */
static struct file *settings_dir(struct op *op, const struct node *node)
{
	return dir_top(op->core, collection_of(node->row), node->id,
		row_name(node->row));
}

static int settings_found(
	struct op *op, const struct node *node, struct lookup_result *found)
{
	struct file *top = settings_dir(op, node);
	int err = top ? lookup_settings(found, top) : -ENOMEM;

	file_drop(top);
	return err;
}

int parts_list(struct op *op, const struct node *node, struct listing *listing)
{
	const struct resource_index *index;
	int err = collection_index(op, parts_of(node), &index);

	if (err)
		return err;
	char *key = resource_key(collection_of(node->row), node->id);
	err = key ? listing_add_parts(
			    listing, index, key, link_row(node), node->id)
		  : -ENOMEM;
	free(key);
	return err;
}

static int part_find(const struct resource_index *index,
	const struct node *node, const char *name, struct lookup_result *found)
{
	char *key = resource_key(collection_of(node->row), node->id);
	const struct resource *part;

	if (!key)
		return -ENOMEM;
	part = resource_by_part(index, key, name);
	free(key);
	return part ? lookup_row(found, link_row(node), node->id, part->id)
		    : -ENOENT;
}

int parts_find(struct op *op, const struct node *node, const char *name,
	struct lookup_result *found)
{
	const struct resource_index *index;

	if (!strcmp(name, settings_name))
		return settings_found(op, node, found);
	int err = collection_index(op, parts_of(node), &index);
	return err ? err : part_find(index, node, name, found);
}

int part_link(struct op *op, const struct node *node, FILE *out)
{
	const struct node dir = { .row = tree_parent(node->row) };
	const struct collection *collection = parts_of(&dir);
	const struct resource_index *index;
	int err = collection_index(op, collection, &index);
	const struct resource *resource =
		err ? NULL : resource_by_id(index, node->name);

	if (!err && !resource)
		err = -ENOENT;
	if (!err)
		fprintf(out, "../../..%s/%s", collection->path, resource->name);
	return err;
}

/* ---- making one ---- */

static json_t *snapshot_body(const json_t *settings, json_t *name)
{
	const json_t *ttl = json_object_get(settings, "ttl");

	return json_pack("{s:o s:b s:O*}", "name", name, "hot",
		json_is_true(json_object_get(settings, "hot")), "ttl",
		json_integer_value(ttl) ? ttl : NULL);
}

static json_t *image_body(
	const json_t *settings, json_t *name, const struct node *node)
{
	const json_t *description = json_object_get(settings, "description");
	bool is_service = collection_of(node->row) == &services;

	return json_pack("{s:s s:s s:o s:O*}", "source_type",
		is_service ? "service" : "snapshot", "source_id", node->id,
		"name", name, "description",
		json_string_length(description) ? description : NULL);
}

int part_make(struct op *op, const struct node *node, const char *name,
	struct lookup_result *found)
{
	const struct collection *collection = parts_of(node);
	json_t *text = json_from_bytes(name, strlen(name)), *answer;
	struct file *top = settings_dir(op, node);
	const json_t *settings = top ? file_settings(top) : NULL;
	bool is_image = collection == &images;
	/* The source of an image is only in the body. */
	const struct node at = { .row = node->row,
		.id = is_image ? NULL : node->id };
	int err = resource_send(op, 0, node->row->endpoint, &at,
		is_image ? image_body(settings, text, node)
			 : snapshot_body(settings, text),
		&answer);

	file_drop(top);
	if (err != -EINPROGRESS)
		collection_drop(op->core, collection, NULL);
	if (err)
		return err;
	char *id;
	err = resource_id(answer, collection->form.ids, &id);
	if (err)
		return err;
	char *key = resource_key(collection_of(node->row), node->id);
	if (key)
		collection_note_source(op->core, collection, id, key);
	free(key);
	err = lookup_row(found, row_below(node, "{taken}"), node->id, id);
	free(id);
	return err;
}
