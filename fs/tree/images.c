/* SPDX-License-Identifier: MIT */
/* fs/tree/images.c - images/ */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "fs/drafts/create.h"
#include "fs/resources/resources.h"
#include "fs/tree/resource_rows.h"
#include "fs/tree/tables.h"

static const struct setting visibility_setting = {
	.name = "visibility",
	.type = SETTING_CHOICE,
	.choices = "private unlisted public",
};

static int visibility_write(
	struct op *op, const struct node *node, const char *text, size_t len)
{
	json_t *value, *answer;
	int err = resource_parse(
		op, node, &visibility_setting, text, len, &value);

	if (err)
		return err;
	err = resource_send(op, 0, API_IMAGE_VISIBILITY, node,
		json_pack("{s:o}", "visibility", value), &answer);
	if (!err)
		resource_drop(op, node);
	return err;
}

#define HERE "/images/{image}/"
#define VIEW_ROWS(which, text)                                                 \
	{                                                                      \
		.path = "/images/" which,                                      \
		.kind = ROW_DIR,                                               \
		.mode = 0555,                                                  \
		.attr = collection_attr,                                       \
		.list = collection_list,                                       \
		.find = collection_find,                                       \
		.help = text,                                                  \
	},                                                                     \
	{                                                                      \
		.path = "/images/" which "/{image}", .kind = ROW_LINK,         \
		.mode = 0777, .flags = ROW_VOLATILE, .attr = resource_attr,    \
		.render = collection_link, .help = "one of them",              \
	}

const struct row tree_images_rows[] = {
	{ .path = "/images",
		.kind = ROW_DIR,
		.mode = 0755,
		.attr = collection_attr,
		.list = collection_list,
		.find = collection_find,
		.remove = collection_remove,
		.move_in = make_move_in,
		.help = "images that services are made of" },
	{ .path = "/images/new",
		.kind = ROW_DIR,
		.mode = 0755,
		.saves = make_saves,
		.help = "drafts of images: .settings/ says of what" },
	VIEW_ROWS("owned", "the account's own"),
	VIEW_ROWS("shared", "those that others share with it"),
	VIEW_ROWS("public", "those that everybody may use"),
	{ .path = "/images/{alias}",
		.kind = ROW_LINK,
		.mode = 0777,
		.flags = ROW_VOLATILE,
		.attr = resource_attr,
		.render = collection_link,
		.help = "the image of a draft that was moved here under this "
			"name" },
	{ .path = "/images/{image}",
		.kind = ROW_DIR,
		.mode = 0755,
		.exists = resource_exists,
		.attr = resource_attr,
		.help = "an image; rmdir is refused, but with -o "
			"allow_delete" },
	ID,
	FIELD("name", "name", "its name"),
	FIELD("description", "description", "what its owner says of it"),
	FIELD("fingerprint", "fingerprint", "the hash of its content"),
	FIELD("size_bytes", "size_bytes|size", "how large it is"),
	FIELD("node", "node", "the host that it is on"),
	FIELD("source_type", "source_type", "service or snapshot"),
	FIELD("source_id", "source_id", "the id of what it was made of"),
	FIELD("owner", "owner_api_key|owner_key", "whose it is"),
	FIELD("access", "access", "why this key may see it"),
	FIELD("created_at", "created_at", "when it was published"),
	VALUE("visibility", "visibility", visibility_write,
		"private, unlisted or public; writing changes it"),
	VALUE("locked", "locked", resource_locked_write,
		"1: it cannot be destroyed; writing 0 or 1 unlocks or "
		"locks it"),
	{ .path = HERE "trusted",
		.kind = ROW_DIR,
		.mode = 0755,
		.exists = resource_exists,
		.attr = resource_moving_attr,
		.list = trusted_list,
		.find = trusted_find,
		.make_file = trusted_make,
		.remove = trusted_remove,
		.help = "keys that may use it: touch KEY grants, rm KEY "
			"revokes" },
	{ .path = HERE "trusted/{key}",
		.kind = ROW_FILE,
		.mode = 0644,
		.flags = ROW_EMPTY | ROW_VOLATILE,
		.help = "a public key that is trusted" },
	ACTION("spawn", action_write,
		"key=value words make a service of it; then reading "
		"gives its id"),
	ACTION("clone", action_write,
		"key=value words make an image of it; then reading "
		"gives its id"),
	ACTION("transfer", action_write, "to_api_key=KEY makes it that key's"),
	ACTION("destroy", resource_destroy, "any write deletes it"),
	JSON("image.json"),
	{ 0 },
};
