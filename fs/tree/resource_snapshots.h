/* SPDX-License-Identifier: MIT */
/* fs/tree/resource_snapshots.h - snapshots/ of a session or a service */
#ifndef FS_TREE_RESOURCE_SNAPSHOTS_H
#define FS_TREE_RESOURCE_SNAPSHOTS_H

#include <jansson.h>

#include "fs/core/row.h"

/* Functions of its rows: links to the snapshots that were taken of it, by
 * their names; mkdir takes one. */
int taken_list(struct op *op, const struct node *node, struct listing *listing);
int taken_find(struct op *op, const struct node *node, const char *name,
	struct found *found);
int taken_make(struct op *op, const struct node *node, const char *name,
	struct found *found);
int taken_link(struct op *op, const struct node *node, FILE *out);

/* The rows of its directory; HERE as in fs/tree/resource_rows.h. */
#define SNAPSHOTS                                                              \
	{                                                                      \
		.path = HERE "snapshots",                                      \
		.kind = ROW_DIR,                                               \
		.mode = 0755,                                                  \
		.exists = resource_exists,                                     \
		.attr = resource_moving_attr,                                  \
		.list = taken_list,                                            \
		.find = taken_find,                                            \
		.make_dir = taken_make,                                        \
		.help = "its snapshots; mkdir NAME takes one",                 \
	},                                                                     \
		{                                                              \
			.path = HERE "snapshots/{snapshot}",                   \
			.kind = ROW_LINK,                                      \
			.mode = 0777,                                          \
			.flags = ROW_VOLATILE,                                 \
			.render = taken_link,                                  \
			.help = "one of them, by its name",                    \
		},                                                             \
	{                                                                      \
		.path = HERE "snapshots/{taken}", .kind = ROW_DIR,             \
		.mode = 0755, .flags = ROW_VOLATILE | ROW_UNLISTED,            \
		.help = "what mkdir answers with: a link from then on",        \
	}

#endif
