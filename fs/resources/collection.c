/* SPDX-License-Identifier: MIT */
/* fs/resources/collection.c - a list of the API as a directory of resources */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "fs/base/base.h"
#include "fs/core/core.h"
#include "fs/resources/collection_state.h"

/* Invalidates what the kernel cached of a row and of the rows right below it.
 */
static void row_notify(struct core *core, const char *path, const char *id)
{
	const struct row *row = tree_row(path), *child;

	notify_inode(core, node_ino(row, id, NULL));
	for (size_t i = 0; id && (child = tree_child(row, i)); i++)
		notify_inode(core, node_ino(child, id, NULL));
}

void collection_drop(
	struct core *core, const struct collection *collection, const char *id)
{
	const struct collection *const *view = collection->views;

	if (id) {
		cache_drop(core->cache, collection->detail, id);
		row_notify(core, collection->row, id);
	}
	do {
		collection_forget(core, collection);
		row_notify(core, collection->path, NULL);
		collection = view ? *view++ : NULL;
	} while (collection);
}

/* ---- aliases ---- */

const char *collection_alias(struct core *core,
	const struct collection *collection, const char *name)
{
	json_t *key = json_from_bytes(name, strlen(name));
	const char *id = json_string_value(
		json_object_get(collection_state(core, collection)->aliases,
			json_string_value(key)));

	json_decref(key);
	return id;
}

int collection_set_alias(struct core *core, const struct collection *collection,
	const char *alias, const char *id)
{
	json_t *key = json_from_bytes(alias, strlen(alias));
	int err = json_object_set_new_nocheck(
		collection_state(core, collection)->aliases,
		json_string_value(key), json_string(id));

	json_decref(key);
	return err ? -ENOMEM : collections_save(core);
}

static int alias_remove(struct core *core, const struct collection *collection,
	const char *name)
{
	struct collection_state *state = collection_state(core, collection);
	json_t *key = json_from_bytes(name, strlen(name));

	if (!key)
		return -ENOMEM;
	json_object_del(state->aliases, json_string_value(key));
	json_decref(key);
	state->names_changed = core->now;
	return collections_save(core);
}

/* ---- names ---- */

/* Shells and editors look up names that cannot be ids; those must cost no
 * request. */
static bool looks_like_id(const char *name)
{
	static const char known[] = "0123456789-_abcdefghijklmnopqrstuvwxyz"
				    "ABCDEFGHIJKLMNOPQRSTUVWXYZ";

	return strlen(name) >= 8 && strpbrk(name, "0123456789") &&
		strpbrk(name, "-_") && !name[strspn(name, known)];
}

static const char *other_id(
	const struct resource_index *index, const char *name)
{
	const struct resource *resource =
		resource_by_part(index, OTHER_NAMES, name);

	return resource ? resource->id : NULL;
}

static int find_elsewhere(struct op *op, const struct collection *collection,
	const char *name, struct lookup_result *found)
{
	const struct collection *const *views = collection->views;
	struct cache_answer answer;
	int err = -ENOENT;

	for (; err && views && *views; views++) {
		const struct resource_index *index =
			collection_known(op->core, *views);
		const struct resource *resource =
			index ? resource_by_name(index, name) : NULL;
		if (resource)
			return lookup_row(found, tree_row(collection->row),
				resource->id, NULL);
	}
	if (collection->has_others && looks_like_id(name))
		err = op_get(op, collection->detail, name, &answer);
	return err ? err
		   : lookup_row(found, tree_row(collection->row), name, NULL);
}

int collection_find(struct op *op, const struct node *node, const char *name,
	struct lookup_result *found)
{
	const struct collection *collection = collection_of(node->row);
	const struct resource_index *index;
	int err = collection_index(op, collection, &index);

	if (err)
		return err;
	const struct resource *resource = resource_by_name(index, name);
	if (resource)
		return lookup_row(
			found, tree_row(collection->row), resource->id, NULL);
	const char *id = collection_alias(op->core, collection, name);
	if (!id && collection->form.names)
		id = name;
	if (!id)
		id = other_id(index, name);
	if (id && collection->link && resource_by_id(index, id))
		return lookup_row(found, tree_row(collection->link), id, name);
	return find_elsewhere(op, collection, name, found);
}

static bool is_reserved(const struct collection *collection, const char *name)
{
	const char *const *reserved = collection->form.reserved;

	for (; reserved && *reserved; reserved++)
		if (!strcmp(*reserved, name))
			return true;
	return false;
}

int collection_name_is_free(
	struct op *op, const struct collection *collection, const char *name)
{
	const struct resource_index *index;
	int err = collection_index(op, collection, &index);

	if (err == -EINPROGRESS)
		return err;
	if (is_reserved(collection, name))
		return -EEXIST;
	if (err) /* without a list, the API refuses a name in use */
		return 0;
	const char *alias = collection_alias(op->core, collection, name);
	if (resource_by_name(index, name) || resource_by_id(index, name) ||
		(alias && resource_by_id(index, alias)))
		return -EEXIST;
	return 0;
}

/* ---- listing ---- */

static int list_aliases(struct op *op, const struct collection *collection,
	const struct resource_index *index, struct listing *listing)
{
	const char *alias;
	json_t *id;
	int err = 0;

	json_object_foreach (
		collection_state(op->core, collection)->aliases, alias, id) {
		struct lookup_result found;
		const char *of = json_string_value(id);
		if (!resource_by_id(index, of) ||
			resource_by_name(index, alias))
			continue;
		err = lookup_row(&found, tree_row(collection->link), of, alias);
		if (!err)
			err = listing_add(listing, alias, &found);
		if (err)
			break;
	}
	return err;
}

int collection_list(
	struct op *op, const struct node *node, struct listing *listing)
{
	const struct collection *collection = collection_of(node->row);
	const struct resource_index *index;
	int err = collection_index(op, collection, &index);

	if (!err && collection->has_aliases)
		err = list_aliases(op, collection, index, listing);
	if (!err)
		err = listing_add_index(
			listing, index, tree_row(collection->row));
	return err;
}

/* Listing the root costs no request. */
int collection_attr(struct op *op, const struct node *node, struct stat *attr,
	double *timeout_s)
{
	const struct collection *collection = collection_of(node->row);
	const struct timespec *changed =
		&collection_state(op->core, collection)->names_changed;
	struct cache_answer answer;

	attr_times(attr, changed, changed);
	collection_times(op->core, collection, &answer);
	*timeout_s = answer_timeout_s(op, &answer);
	return 0;
}

int collection_link(struct op *op, const struct node *node, FILE *out)
{
	const struct collection *collection = collection_of(node->row);
	const struct resource_index *index;
	int err = collection_index(op, collection, &index);
	const struct resource *resource =
		err ? NULL : resource_by_id(index, node->id);

	if (!err && !resource)
		err = -ENOENT;
	if (!err)
		fprintf(out, "%s%s",
			strcmp(collection->row, node->row->path) ? "" : "../",
			resource->name);
	return err;
}

/* ---- removing ---- */

static void aliases_remove(struct collection_state *state, const char *id)
{
	const char *alias;
	json_t *of;
	void *next;

	json_object_foreach_safe (state->aliases, next, alias, of)
		if (!strcmp(json_string_value(of), id))
			json_object_del(state->aliases, alias);
}

void collection_unname(
	struct core *core, const struct collection *collection, const char *id)
{
	struct collection_state *state = collection_state(core, collection);

	aliases_remove(state, id);
	state->names_changed = core->now;
	collections_save_later(core);
	collection_drop(core, collection, id);
}

/* Forgets all of a deleted resource but its names. */
static void resource_forget(
	struct core *core, const struct collection *collection, const char *id)
{
	struct collection_state *state = collection_state(core, collection);

	json_object_del(state->last_answers, id);
	json_object_del(state->recorded, id);
	collections_save_later(core);
	collection_drop(core, collection, id);
	console_forget(core, id);
	if (core->resources->calls.gone)
		core->resources->calls.gone(core, collection, id);
}

/* The names lead to the recording until that is removed. */
static int session_end(
	struct op *op, const struct collection *collection, const char *id)
{
	bool is_gone = false;
	int err = op->core->resources->calls.end(op, id, &is_gone);

	if (is_gone)
		resource_forget(op->core, collection, id);
	else if (err != -EINPROGRESS)
		collection_drop(op->core, collection, id);
	return err;
}

int collection_delete(
	struct op *op, const struct collection *collection, const char *id)
{
	struct api_request request = {
		.endpoint = collection->remove,
		.priority = API_PERSON,
		.id = id,
	};
	json_t *answer;

	if (collection == &sessions && session_is_recorded(op->core, id) &&
		op->core->resources->calls.end)
		return session_end(op, collection, id);
	int err = op_call(op, 0, &request, &answer);
	if (!err) {
		aliases_remove(collection_state(op->core, collection), id);
		resource_forget(op->core, collection, id);
	}
	return err;
}

int collection_remove(
	struct op *op, const struct node *node, const char *name, bool is_dir)
{
	const struct collection *collection = collection_of(node->row);
	const struct resource_index *index;

	if (collection_alias(op->core, collection, name))
		return is_dir ? -ENOTDIR
			      : alias_remove(op->core, collection, name);
	if (is_reserved(collection, name))
		return row_refuse(op->core, "REMOVE", node, name, -EPERM,
			"it is part of this directory");
	if (!is_dir || !op->core->options->allow_delete)
		return row_refuse(op->core, "REMOVE", node, name, -EPERM,
			"to destroy it: echo 1 > destroy in its directory; "
			"rmdir does so if mounted with -o allow_delete");
	int err = collection_index(op, collection, &index);
	if (err)
		return err;
	const struct resource *resource = resource_by_name(index, name);
	return resource ? collection_delete(op, collection, resource->id)
			: -ENOENT;
}
