/* SPDX-License-Identifier: MIT */
/* fs/resources/image_trusted.c - trusted/ of an image: keys as empty files */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "fs/base/base.h"
#include "fs/core/core.h"
#include "fs/resources/collection_state.h"

static const char key_row[] = "/images/{image}/trusted/{key}";
static const char key_members[] = "trusted_keys|trusted";

static const json_t *keys_of(const json_t *json)
{
	return json_array_in(json, key_members);
}

/* Finds the keys in the list or a known detail, so that a walk through many
 * images sends no needless requests. *keys NULL: they have none. */
static int known_keys(
	struct op *op, const struct node *node, const json_t **keys)
{
	struct cache_answer answer;
	json_t *item;
	int err;

	*keys = NULL;
	if (!op_peek(op, API_IMAGE_TRUSTED, node->id, &answer)) {
		*keys = keys_of(answer.json);
		return 0;
	}
	err = resource_item(op, node, &item);
	if (err)
		return err;
	*keys = keys_of(item);
	if (!*keys && !op_peek(op, API_IMAGE, node->id, &answer))
		*keys = keys_of(answer.json);
	return 0;
}

/* *keys NULL: the API does not show them to this key. */
static int trusted_keys(
	struct op *op, const struct node *node, const json_t **keys)
{
	struct cache_answer answer;
	int err = known_keys(op, node, keys);

	if (err || *keys)
		return err;
	err = op_get(op, API_IMAGE_TRUSTED, node->id, &answer);
	if (err)
		return err == -EACCES ? 0 : err;
	*keys = keys_of(answer.json);
	return *keys ? 0 : -EPROTO;
}

/* A key as a file name; NULL: it is not a key, or out of memory. Some answers
 * have objects for keys (api/API.md 14, row 24). */
static char *key_name(const json_t *key)
{
	return json_file_name(json_is_object(key)
			? json_member(key, "api_key|trusted_api_key|key")
			: key);
}

int trusted_list(
	struct op *op, const struct node *node, struct listing *listing)
{
	const json_t *keys, *key;
	size_t i;
	int err = trusted_keys(op, node, &keys);

	if (err)
		return err;
	json_array_foreach (keys, i, key) {
		struct lookup_result found;
		char *name = key_name(key);
		if (!name)
			continue;
		err = lookup_row(&found, tree_row(key_row), node->id, name);
		if (!err)
			err = listing_add(listing, name, &found);
		free(name);
		if (err)
			break;
	}
	return err;
}

int trusted_find(struct op *op, const struct node *node, const char *name,
	struct lookup_result *found)
{
	const json_t *keys, *key;
	size_t i;
	int err = trusted_keys(op, node, &keys);

	if (err)
		return err;
	json_array_foreach (keys, i, key) {
		char *shown = key_name(key);
		bool is_it = shown && !strcmp(shown, name);
		free(shown);
		if (is_it)
			return lookup_row(
				found, tree_row(key_row), node->id, name);
	}
	return -ENOENT;
}

/* Sends both names that clients use for the key (api/API.md 14, row 23). */
static int trust(struct op *op, const struct node *node, const char *name,
	enum api_endpoint endpoint)
{
	char *key = safe_name_decode(name);
	const json_t *keys;
	json_t *answer;
	int err = -ENOMEM;

	if (key)
		err = resource_send(op, 0, endpoint, node,
			json_pack("{s:s s:s}", "api_key", key,
				"trusted_api_key", key),
			&answer);
	free(key);
	if (err)
		return err;
	cache_drop(op->core->cache, API_IMAGE_TRUSTED, node->id);
	cache_drop(op->core->cache, API_IMAGE, node->id);
	/* Most lists do not have the keys. */
	if (resource_value_is_known(op, node, key_members, &keys))
		resource_drop(op, node);
	return 0;
}

int trusted_make(struct op *op, const struct node *node, const char *name,
	struct lookup_result *found)
{
	int err;

	/* The temporary name of a program that copies is not a key. */
	if (strncmp(name, "unsb-pk-", 8) ||
		name[strspn(name, "abcdefghijklmnopqrstuvwxyz0123456789-")])
		return row_refuse(op->core, "GRANT", node, name, -EPERM,
			"the name must be a public key: unsb-pk-...");
	err = trust(op, node, name, API_IMAGE_GRANT);
	return err ? err : lookup_row(found, tree_row(key_row), node->id, name);
}

int trusted_remove(
	struct op *op, const struct node *node, const char *name, bool is_dir)
{
	return is_dir ? -ENOTDIR : trust(op, node, name, API_IMAGE_REVOKE);
}
