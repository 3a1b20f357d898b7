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
		.attr = collection_attr, .about = collection_about,            \
		.list = collection_list, .find = collection_find,              \
		.remove = collection_remove, __VA_ARGS__)
#define COLLECTION_LINK(at, says)                                              \
	LINK(at, says, .attr = resource_attr, .render = collection_link)

/* The setting of a value: its type, name and default. */
#define VALUE_SETTING(kind, word, value, ...)                                  \
	.setting = &(const struct setting)                                     \
	{                                                                      \
		.name = word, .type = SETTING_##kind, .preset = value,         \
		__VA_ARGS__                                                    \
	}

/* ---- drafts: DRAFT is the path of the row of one ---- */

#define DRAFTS(at, what)                                                       \
	DIRECTORY(at "/new", "drafts of " what "s: mkdir NAME makes one",      \
		.instead = "mkdir NAME here, and fill its files",              \
		.attr = drafts_attr, .list = drafts_list, .find = drafts_find, \
		.make_dir = draft_make, .remove = draft_remove,                \
		.move = draft_move),                                           \
		ROW(ROW_DIR, at "/new/{draft}", 0755,                          \
			"a file for each value that can be set; mv it to "     \
			"the directory above new/ to create it",               \
			.flags = ROW_VOLATILE | ROW_SCRATCH,                   \
			.locate = draft_locate, .exists = draft_exists,        \
			.attr = draft_attr, .make_dir = draft_refuse_name,     \
			.make_file = draft_refuse_name,                        \
			.remove = draft_value_remove),                         \
		DIRECTORY(at "/new/{draft}/files",                             \
			"its input files, with their paths",                   \
			.saves = draft_saves),                                 \
		WRITABLE(at "/new/{draft}/commit",                             \
			"1 creates the " what " under the draft's name",       \
			.flags = ROW_ACTION, .exists = draft_exists,           \
			.text = "write 1 here to create the " what "\n",       \
			.write = draft_commit_write)
#define DRAFT_ROW(word, bits, says, ...)                                       \
	ROW(ROW_FILE, DRAFT "/" word, bits, says, .exists = draft_exists,      \
		.render = draft_value_render, .write = draft_value_write,      \
		__VA_ARGS__)
/* A value of one line, and one of several. */
#define DRAFT_VALUE(kind, word, value, says, ...)                              \
	DRAFT_ROW(word, 0644, says,                                            \
		VALUE_SETTING(kind, word, value, __VA_ARGS__))
#define DRAFT_LINES(kind, word, says, ...)                                     \
	DRAFT_ROW(word, 0644, says, .flags = ROW_APPENDS,                      \
		.check = draft_value_check,                                    \
		VALUE_SETTING(kind, word, "", __VA_ARGS__))
#define DRAFT_NETWORK(preset)                                                  \
	DRAFT_VALUE(CHOICE, "network_mode", preset,                            \
		"zerotrust: no network; semitrusted: through a proxy",         \
		.choices = "zerotrust semitrusted")
#define DRAFT_VCPU                                                             \
	DRAFT_VALUE(NUMBER, "vcpu", "1",                                       \
		"virtual CPUs, with 2 GB each, 1 to 8", .min = 1, .max = 8)

/* ---- a resource: HERE is the path of its row ---- */

#define RESOURCE(says)                                                         \
	DIRECTORY(HERE, says "; rmdir is refused without -o allow_delete",     \
		.flags = ROW_SCRATCH, .locate = resource_locate,               \
		.instead = "write to a value to change it",                    \
		.exists = resource_exists, .attr = resource_attr,              \
		.about = resource_about)

/* Values that it may have, or (E) that its detail should have. */
#define FIELD(file, names, says, ...)                                          \
	READABLE(HERE "/" file, says, .exists = resource_exists,               \
		.source = resource_source, .member = names, __VA_ARGS__)
#define FIELD_E(file, names, says)                                             \
	FIELD(file, names, says, .flags = ROW_EXPECTED)
/* Writing calls `sends`; kind and what follows belong to its setting. */
#define VALUE(file, names, sends, says, kind, ...)                             \
	WRITABLE(HERE "/" file, says, .exists = resource_exists,               \
		.flags = ROW_EXPECTED, .member = names,                        \
		.render = resource_value_render,                               \
		.write = resource_value_write, .send = sends,                  \
		VALUE_SETTING(kind, file, "", __VA_ARGS__))
#define STATE(names, says)                                                     \
	VALUE("state", names, state_send, says, CHOICE, .choices = STATES)
#define STATES "running frozen sleeping"
#define VCPU(sends, says)                                                      \
	VALUE("vcpu", "vcpu", sends, says, NUMBER, .min = 1, .max = 8)
#define ACTION(file, writes, says)                                             \
	WRITABLE(HERE "/" file, says, .exists = resource_exists,               \
		.flags = ROW_ACTION, .render = action_render, .write = writes)
/* An action that takes key=value words. */
#define WORDS(file, says)                                                      \
	WRITABLE(HERE "/" file, says, .exists = resource_exists,               \
		.render = action_render, .write = action_write)
/* An action that takes the id of a snapshot. */
#define RESTORE_FROM                                                           \
	WORDS("restore_from",                                                  \
		"the id of a snapshot, or its name in snapshots/, restores "   \
		"it from that")
#define ID                                                                     \
	READABLE(HERE "/id", "the API's id of it", .exists = resource_exists,  \
		.flags = ROW_FINAL, .render = resource_id_render)
#define JSON(file)                                                             \
	READABLE(HERE "/" file, "all that the API says of it",                 \
		.exists = resource_exists, .render = resource_json_render)
#define LOCKED                                                                 \
	VALUE("locked", "locked", locked_send,                                 \
		"1: it cannot be destroyed; writing 0 or 1 unlocks or locks "  \
		"it",                                                          \
		BOOL, )

/* What was made from it, as links named after each. */
#define PARTS(dir, part, asked, says)                                          \
	DIRECTORY(HERE "/" dir, says, .exists = resource_exists,               \
		.instead = "mkdir NAME makes one", .attr = resource_attr,      \
		.list = parts_list, .find = parts_find, .make_dir = part_make, \
		.endpoint = asked),                                            \
		LINK(HERE "/" dir "/" part, "one of them, by its name",        \
			.render = part_link),                                  \
		ROW(ROW_DIR, HERE "/" dir "/{taken}", 0755,                    \
			"the one that mkdir has made; a link from then on",    \
			.flags = ROW_VOLATILE | ROW_UNLISTED)
#define IMAGES                                                                 \
	PARTS("images", "{image}", API_IMAGE_PUBLISH,                          \
		"images made of it; mkdir NAME publishes one")

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
		READABLE(HERE "/wake_time", "how long its last wake-up took",  \
			.exists = wake_time_exists, .member = WAKE_TIME,       \
			.render = resource_value_render),                      \
		RESTORE_FROM,                                                  \
		DIRECTORY(HERE "/run",                                         \
			"every file saved here is a command that runs in "     \
			"the " what,                                           \
			.saves = resource_run_saves),                          \
		ROW(ROW_FILE, HERE "/console", 0644,                           \
			"its live shell: see CONSOLE", .flags = ROW_STREAM,    \
			.exists = resource_exists, .attr = console_attr,       \
			.open = console_open),                                 \
		WRITABLE(HERE "/console.size",                                 \
			"the live shell's COLUMNSxROWS",                       \
			.exists = resource_exists,                             \
			.render = console_size_render,                         \
			.write = console_size_write),                          \
		READABLE(HERE "/console.exit_code",                            \
			"how the last live shell ended, once one has",         \
			.exists = console_status_exists,                       \
			.attr = resource_moving_attr,                          \
			.render = console_status_render),                      \
		PARTS("snapshots", "{snapshot}", snapshot,                     \
			"its snapshots; mkdir NAME takes one")

/* ---- fs/tree/resource_dirs.c ---- */

/* run/: the directory in which commands are saved. */
int resource_run_saves(
	struct op *op, const struct node *dir, struct lookup_result *found);
int service_files_saves(
	struct op *op, const struct node *dir, struct lookup_result *found);

/* snapshots/ and images/: links to those that were made from it, by their
 * names; mkdir makes one. */
int parts_list(struct op *op, const struct node *node, struct listing *listing);
int parts_find(struct op *op, const struct node *node, const char *name,
	struct lookup_result *found);
int part_make(struct op *op, const struct node *node, const char *name,
	struct lookup_result *found);
int part_link(struct op *op, const struct node *node, FILE *out);

#endif
