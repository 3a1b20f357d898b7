/* SPDX-License-Identifier: MIT */
/* fs/tree/images.c - images/ */
#include "fs/tree/resource_rows.h"
#include "fs/tree/tables.h"

#define HERE "/images/{image}"
/* Lists do not have it, and the detail of an image of others may be refused: so
 * it is listed only once it is known. */
#define DETAIL(file, names, says)                                              \
	FIELD(file, names, says, .flags = ROW_EXPECTED,                        \
		.is_hidden = resource_value_is_unknown)
#define VIEW(which, says)                                                      \
	FIXED_DIRECTORY("/images/" #which, says,                               \
		.collection = &images_##which, .attr = collection_attr,        \
		.list = collection_list, .find = collection_find),             \
		COLLECTION_LINK("/images/" #which "/{image}", "one of them")

const struct row tree_images_rows[] = {
	COLLECTION(images, "images that services are created from",
		.instead = "mkdir services/NAME/images/NAME, or the same of a "
			   "snapshot, publishes one"),
	VIEW(owned, "the account's own"),
	VIEW(shared, "those that others share with it"),
	VIEW(public, "those that everybody may use"),
	RESOURCE("an image"),
	ID,
	FIELD("name", "name", "its name"),
	DETAIL("description", "description", "what its owner says of it"),
	FIELD("fingerprint", "fingerprint", "the hash of its content"),
	FIELD("size_bytes", "size_bytes|size", "how large it is"),
	DETAIL("node", "node", "the host that it is on"),
	DETAIL("source_type", "source_type", "service or snapshot"),
	DETAIL("source_id", "source_id", "the id of what it was made of"),
	DETAIL("owner", "owner_api_key|owner_key", "the key that owns it"),
	FIELD("access", "access", "why this key may see it"),
	FIELD("created_at", "created_at", "when it was published"),
	VALUE("visibility", "visibility", visibility_send,
		"private, unlisted or public; writing changes it", CHOICE,
		.choices = "private unlisted public"),
	LOCKED,
	DIRECTORY(HERE "/trusted",
		"keys that may use it: touch KEY grants, rm KEY revokes",
		.exists = resource_exists, .attr = resource_moving_attr,
		.list = trusted_list, .find = trusted_find,
		.make_file = trusted_make, .remove = trusted_remove),
	WRITABLE(HERE "/trusted/{key}", "a public key that is trusted",
		.flags = ROW_EMPTY | ROW_VOLATILE),
	WORDS("spawn",
		"key=value words create a service from it; then reading "
		"gives its id"),
	WORDS("clone",
		"key=value words create an image from it; then reading "
		"gives its id"),
	WORDS("transfer", "to_api_key=KEY gives it to that key"),
	ACTION("destroy", resource_destroy, "1 deletes it"),
	JSON("image.json"),
	{ 0 },
};
