/* SPDX-License-Identifier: MIT */
/* fs/tree/resource_rows.h - rows that tables of resources have in common
 */
#ifndef FS_TREE_RESOURCE_ROWS_H
#define FS_TREE_RESOURCE_ROWS_H

#include "fs/resources/resources.h"

/* HERE is the path of the resource's row, with a slash behind it. */

/* Values that it may have, or (E) that its detail should have. */
#define FIELD(file, names, text)                                               \
	{                                                                      \
		.path = HERE file, .kind = ROW_FILE, .mode = 0444,             \
		.source = resource_source, .member = names,                    \
		.exists = resource_exists, .help = text,                       \
	}
#define FIELD_E(file, names, text)                                             \
	{                                                                      \
		.path = HERE file, .kind = ROW_FILE, .mode = 0444,             \
		.flags = ROW_EXPECTED, .source = resource_source,              \
		.member = names, .exists = resource_exists, .help = text,      \
	}
#define VALUE(file, names, writes, text)                                       \
	{                                                                      \
		.path = HERE file, .kind = ROW_FILE, .mode = 0644,             \
		.flags = ROW_EXPECTED, .member = names,                        \
		.render = resource_value_render, .exists = resource_exists,    \
		.write = writes, .help = text,                                 \
	}
#define ACTION(file, writes, text)                                             \
	{                                                                      \
		.path = HERE file, .kind = ROW_FILE, .mode = 0644,             \
		.flags = ROW_ACTION, .render = action_render,                  \
		.exists = resource_exists, .write = writes, .help = text,      \
	}
#define ID                                                                     \
	{                                                                      \
		.path = HERE "id", .kind = ROW_FILE, .mode = 0444,             \
		.flags = ROW_FINAL, .render = resource_id_render,              \
		.exists = resource_exists, .help = "the API's id of it",       \
	}
#define JSON(file)                                                             \
	{                                                                      \
		.path = HERE file, .kind = ROW_FILE, .mode = 0444,             \
		.render = resource_json_render, .exists = resource_exists,     \
		.help = "all that the API says of it",                         \
	}

#endif
