/* SPDX-License-Identifier: MIT */
/* fs/tree/resource_rows.h - rows that tables of resources have in common */
#ifndef FS_TREE_RESOURCE_ROWS_H
#define FS_TREE_RESOURCE_ROWS_H

#include "fs/drafts/drafts.h"
#include "fs/resources/resources.h"
#include "fs/tree/rows.h"

/* ---- a collection ---- */

/* name is that of its struct, and of its directory. */
#define COLLECTION(name, says, ...)                                            \
	DIRECTORY("/" #name, says, .collection = &name,                        \
		.attr = collection_attr, .list = collection_list,              \
		.find = collection_find, .remove = collection_remove,          \
		__VA_ARGS__)
#define COLLECTION_LINK(at, says)                                              \
	LINK(at, says, .attr = resource_attr, .render = collection_link)
#define ALIAS(at, what)                                                        \
	COLLECTION_LINK(at,                                                    \
		"the " what " of a draft that was moved here under this name")

/* ---- a resource: HERE is the path of its row ---- */

#define RESOURCE(says)                                                         \
	DIRECTORY(HERE, says "; rmdir is refused without -o allow_delete",     \
		.exists = resource_exists, .attr = resource_attr)

/* Values that it may have, or (E) that its detail should have. */
#define FIELD(file, names, says, ...)                                          \
	READABLE(HERE "/" file, says, .exists = resource_exists,               \
		.source = resource_source, .member = names, __VA_ARGS__)
#define FIELD_E(file, names, says)                                             \
	FIELD(file, names, says, .flags = ROW_EXPECTED)
#define VALUE(file, names, writes, says)                                       \
	WRITABLE(HERE "/" file, says, .exists = resource_exists,               \
		.flags = ROW_EXPECTED, .member = names,                        \
		.render = resource_value_render, .write = writes)
#define ACTION(file, writes, says)                                             \
	WRITABLE(HERE "/" file, says, .exists = resource_exists,               \
		.flags = ROW_ACTION, .render = action_render, .write = writes)
/* An action that takes key=value words. */
#define WORDS(file, says)                                                      \
	WRITABLE(HERE "/" file, says, .exists = resource_exists,               \
		.render = action_render, .write = action_write)
#define ID                                                                     \
	READABLE(HERE "/id", "the API's id of it", .exists = resource_exists,  \
		.flags = ROW_FINAL, .render = resource_id_render)
#define JSON(file)                                                             \
	READABLE(HERE "/" file, "all that the API says of it",                 \
		.exists = resource_exists, .render = resource_json_render)
#define LOCKED                                                                 \
	VALUE("locked", "locked", resource_locked_write,                       \
		"1: it cannot be destroyed; writing 0 or 1 unlocks or locks "  \
		"it")

/* What sessions and services have in common. */
#define CONTAINER(what, snapshot)                                              \
	LOCKED,                                                                \
		FIELD_E("network_mode", "network_mode|network",                \
			"zerotrust or semitrusted"),                           \
		FIELD("container_name", "container_name",                      \
			"the container's name"),                               \
		FIELD_E("created_at", "created_at", "when it was created"),    \
		FIELD("last_activity", "last_activity",                        \
			"when it was last used"),                              \
		FIELD("memory_mb", "memory_mb", "its memory, in megabytes"),   \
		DIRECTORY(HERE "/run",                                         \
			"every file saved here is a command that runs in "     \
			"the " what,                                           \
			.saves = resource_run_saves),                          \
		DIRECTORY(HERE "/snapshots",                                   \
			"its snapshots; mkdir NAME takes one",                 \
			.exists = resource_exists,                             \
			.attr = resource_moving_attr, .list = taken_list,      \
			.find = taken_find, .make_dir = taken_make,            \
			.endpoint = snapshot),                                 \
		LINK(HERE "/snapshots/{snapshot}", "one of them, by its name", \
			.render = taken_link),                                 \
		ROW(ROW_DIR, HERE "/snapshots/{taken}", 0755,                  \
			"what mkdir answers with: a link from then on",        \
			.flags = ROW_VOLATILE | ROW_UNLISTED)

/* ---- fs/tree/resource_dirs.c ---- */

/* run/: the directory in which its commands are saved. */
int resource_run_saves(
	struct op *op, const struct node *dir, struct lookup_result *found);

/* snapshots/: links to the snapshots that were taken of it, by their names;
 * mkdir takes one. */
int taken_list(struct op *op, const struct node *node, struct listing *listing);
int taken_find(struct op *op, const struct node *node, const char *name,
	struct lookup_result *found);
int taken_make(struct op *op, const struct node *node, const char *name,
	struct lookup_result *found);
int taken_link(struct op *op, const struct node *node, FILE *out);

#endif
