/* SPDX-License-Identifier: MIT */
/* fs/tree/rows.h - how the tables write a row, and answers as rows */
#ifndef FS_TREE_ROWS_H
#define FS_TREE_ROWS_H

#include "fs/core/core.h"

/* The longest time to live that can be asked for, in seconds. */
#define TEN_YEARS_S 315360000

/* A row: its path, its help, and its other members. */
#define ROW(what, at, bits, says, ...)                                         \
	{                                                                      \
		.path = at, .kind = what, .mode = bits, .help = says,          \
		__VA_ARGS__                                                    \
	}
#define DIRECTORY(at, says, ...) ROW(ROW_DIR, at, 0755, says, __VA_ARGS__)
#define FIXED_DIRECTORY(at, says, ...) ROW(ROW_DIR, at, 0555, says, __VA_ARGS__)
#define READABLE(at, says, ...) ROW(ROW_FILE, at, 0444, says, __VA_ARGS__)
#define WRITABLE(at, says, ...) ROW(ROW_FILE, at, 0644, says, __VA_ARGS__)
#define LINK(at, says, ...)                                                    \
	ROW(ROW_LINK, at, 0777, says, .flags = ROW_VOLATILE, __VA_ARGS__)

/* ---- answers that are about the whole account: fs/tree/answer.c ---- */

/* A value in the answer of an endpoint, the whole answer, and the list in it
 * that has the row's name, one item a line. */
#define ANSWER_VALUE(at, asked, names, says, ...)                              \
	READABLE(at, says, .attr = answer_attr, .source = answer_source,       \
		.endpoint = asked, .member = names, __VA_ARGS__)
#define ANSWER_JSON(at, asked, says, ...)                                      \
	READABLE(at, says, .attr = answer_attr, .source = answer_source,       \
		.endpoint = asked, __VA_ARGS__)
#define ANSWER_LIST(at, asked, says)                                           \
	READABLE(at, says, .attr = answer_attr, .render = answer_list_render,  \
		.endpoint = asked)

int answer_source(struct op *op, const struct node *node, json_t **json);
void answer_about(
	struct core *core, const struct node *node, struct about *about);
int answer_attr(struct op *op, const struct node *node, struct stat *attr,
	double *timeout_s);
/* A file whose value the API does not give does not exist. */
int answer_exists(struct op *op, const struct node *node);
int answer_list_render(struct op *op, const struct node *node, FILE *out);

#endif
