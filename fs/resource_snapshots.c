/* SPDX-License-Identifier: MIT */
/* fs/resource_snapshots.c - snapshots/ of a session or a service */
#include "fs/resource_snapshots.h"

#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "fs/listing.h"
#include "fs/mount.h"
#include "fs/options.h"
#include "fs/resource.h"
#include "fs/safe_name.h"

static const char settings_name[] = ".settings";

/* ---- which there are ---- */

struct taken {
	const struct resource **of;
	struct named *named;
	size_t count;
};

static void taken_clear(struct taken *taken)
{
	for (size_t i = 0; i < taken->count; i++) {
		free((char *)taken->named[i].raw);
		free(taken->named[i].name);
	}
	free(taken->named);
	free(taken->of);
}

static bool is_of(const json_t *item, const struct node *node)
{
	bool is_service = collection_of(node->row) == &services;
	const char *type =
		json_string_value(json_member(item, "source_type|type"));
	char *id = resource_id(item,
		is_service ? "source_id|service_id" : "source_id|session_id");
	bool is_it = id && !strcmp(id, node->id) &&
		(!type || is_service == !strcmp(type, "service"));

	free(id);
	return is_it;
}

static int taken_add(struct taken *taken, const struct resource *resource)
{
	const json_t *name = json_member(resource->item, "name");
	struct named *named = &taken->named[taken->count];

	memset(named, 0, sizeof(*named));
	named->id = resource->id;
	named->raw = json_is_string(name) ? json_to_bytes(name, &named->raw_len)
					  : strdup("");
	if (!named->raw)
		return -ENOMEM;
	taken->of[taken->count++] = resource;
	return 0;
}

static int taken_read(
	struct op *op, const struct node *node, struct taken *taken)
{
	const struct resource_index *index;
	int err = collection_index(op, &snapshots, &index);

	memset(taken, 0, sizeof(*taken));
	if (err)
		return err;
	taken->of = calloc(index->count + 1, sizeof(*taken->of));
	taken->named = calloc(index->count + 1, sizeof(*taken->named));
	if (!taken->of || !taken->named)
		err = -ENOMEM;
	for (size_t i = 0; !err && i < index->count; i++)
		if (is_of(index->all[i].item, node))
			err = taken_add(taken, &index->all[i]);
	if (!err)
		err = safe_names(taken->named, taken->count, NULL);
	if (err)
		taken_clear(taken);
	return err;
}

/* ---- names ---- */

static const struct row *row_below(const struct node *node, const char *name)
{
	char path[128];

	snprintf(path, sizeof(path), "%s/%s", node->row->path, name);
	return tree_row(path);
}

/* What new ones get is kept as the settings of an empty spool. */
static struct spool_inode *settings_dir(struct op *op, const struct node *node)
{
	const struct options *options = op->fs->options;
	char *word = safe_name_encode(node->id, strlen(node->id)), *root;
	struct spool_inode *top = NULL;

	if (word &&
		asprintf(&root, "%s/%s/snapshots",
			collection_of(node->row)->path + 1, word) >= 0) {
		top = spool_top(op->fs->spool, root, options->uid, options->gid,
			&op->fs->born);
		free(root);
	}
	free(word);
	return top;
}

static int settings_found(
	struct op *op, const struct node *node, struct found *found)
{
	struct spool_inode *top = settings_dir(op, node);
	char number[32];

	if (!top)
		return -ENOMEM;
	snprintf(number, sizeof(number), "%" PRIu64, top->number);
	return found_row(found, tree_row("/run/.settings"), number, NULL);
}

int taken_list(struct op *op, const struct node *node, struct listing *listing)
{
	struct taken taken;
	struct found found;
	int err = taken_read(op, node, &taken);

	if (err)
		return err;
	err = settings_found(op, node, &found);
	if (!err)
		err = listing_add(listing, settings_name, &found);
	for (size_t i = 0; !err && i < taken.count; i++) {
		err = found_row(&found, row_below(node, "{snapshot}"), node->id,
			taken.of[i]->id);
		if (!err)
			err = listing_add(listing, taken.named[i].name, &found);
	}
	taken_clear(&taken);
	return err;
}

int taken_find(struct op *op, const struct node *node, const char *name,
	struct found *found)
{
	struct taken taken;

	if (!strcmp(name, settings_name))
		return settings_found(op, node, found);
	int err = taken_read(op, node, &taken);
	if (err)
		return err;
	err = -ENOENT;
	for (size_t i = 0; err == -ENOENT && i < taken.count; i++)
		if (!strcmp(taken.named[i].name, name))
			err = found_row(found, row_below(node, "{snapshot}"),
				node->id, taken.of[i]->id);
	taken_clear(&taken);
	return err;
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
	const struct spool_inode *top = settings_dir(op, node);
	const json_t *settings = top ? top->settings : NULL;
	const json_t *ttl = json_object_get(settings, "ttl");
	json_t *body = json_pack("{s:o s:b}", "name",
		json_from_bytes(name, strlen(name)), "hot",
		json_is_true(json_object_get(settings, "hot")));

	if (body && json_integer_value(ttl) &&
		json_object_set(body, "ttl", (json_t *)ttl)) {
		json_decref(body);
		return NULL;
	}
	return body;
}

int taken_make(struct op *op, const struct node *node, const char *name,
	struct found *found)
{
	json_t *body = taken_body(op, node, name), *answer;

	if (!body)
		return -ENOMEM;
	int err = resource_call(op, 0,
		collection_of(node->row) == &services ? API_SERVICE_SNAPSHOT
						      : API_SESSION_SNAPSHOT,
		node, body, &answer);
	if (err)
		return err;
	collection_drop(op->fs, &snapshots, NULL);
	char *id = resource_id(answer, snapshots.form.ids);
	if (!id)
		return -EPROTO;
	err = found_row(found, row_below(node, "{taken}"), node->id, id);
	free(id);
	return err;
}
