/* SPDX-License-Identifier: MIT */
/* fs/core/row.h - the tree that users see, as tables of rows */
#ifndef FS_CORE_ROW_H
#define FS_CORE_ROW_H

#include <stdio.h>
#include <sys/stat.h>

#include "fs/core/op.h"

/*
 * Every file and directory is one row of a static table, one table a file
 * (fs/tree_*.c). Look-up, listing, attributes, reading, writing and the man
 * page are one function each over the rows (fs/ops/nodes.c, fs/core/row.c).
 *
 * A row is placed by its path. A component in braces is a placeholder: what
 * stands there is found by its directory's `find` and listed by its `list`.
 * "/jobs/{job}" is the directory of a job wherever it is shown.
 */

struct node;
struct row;
struct handle;
struct listing;
struct spool_inode;

enum row_kind { ROW_DIR, ROW_FILE, ROW_LINK };

enum row_flag {
	/* Content never changes once it is there: the kernel may keep it. */
	ROW_FINAL = 1,
	/* Has no size that is known before it is read: 0, direct_io. */
	ROW_UNSIZED = 2,
	/* Any write is the action; what is read is the help line or the id
	 * that the last one gave. */
	ROW_ACTION = 4,
	/* A write at the end of the file adds to the value, instead of
	 * replacing it. */
	ROW_APPENDS = 8,
	/* Never kept: not in a cache, not by the kernel. */
	ROW_SECRET = 16,
	/* Not listed, but there for who asks for it by name. */
	ROW_UNLISTED = 32,
	/* What stands under its name may be another thing at the next look. */
	ROW_VOLATILE = 128,
	/* A file of nothing, whose being there is the value: touch and rm. */
	ROW_EMPTY = 64,
	/* The API promises it in a resource's detail: listed before that was
	 * asked for. */
	ROW_EXPECTED = 256,
};

/* What a name stands for: a row with what fills its placeholders, or a file of
 * a spool. id and name are copied by who fills it in, free()d by found_clear.
 */
struct found {
	const struct row *row;
	char *id, *name;
	struct spool_inode *inode;
};
void found_clear(struct found *found);
int found_row(struct found *found, const struct row *row, const char *id,
	const char *name);

struct row {
	const char *path;
	const char *help; /* one line, for the man page and the README */
	enum row_kind kind;
	mode_t mode; /* permission bits; w: it may be opened for writing */
	unsigned flags;

	/* Where its content comes from. `source` gives an answer, and member
	 * the names of the value in it ("state|status"): there is no such file
	 * where the answer has none of them. Or `render` prints it. A link's
	 * content is its target. Both may return -EINPROGRESS, and -ENOENT for
	 * what is not there. */
	int (*source)(struct op *op, const struct node *node, json_t **answer);
	const char *member;
	int (*render)(struct op *op, const struct node *node, FILE *out);

	/* Whether it is there at all; NULL: wherever its directory is, and for
	 * a member, where the answer has it. 0 or -ENOENT. Never asks the API
	 * for what a listing must not ask for. */
	int (*exists)(struct op *op, const struct node *node);

	/* Whether a listing leaves it out now, so that no walk stumbles over
	 * what cannot be read; asks nobody. NULL: never. */
	bool (*is_hidden)(struct op *op, const struct node *node);

	/* A directory's dynamic entries, beside its static rows. */
	int (*list)(struct op *op, const struct node *node,
		struct listing *listing);
	int (*find)(struct op *op, const struct node *node, const char *name,
		struct found *found);

	/* A spool: the top directory in which people save. */
	int (*spool)(
		struct op *op, const struct node *dir, struct found *found);

	/* Times, and whatever else of the attributes is special. *timeout_s
	 * is how long the kernel may believe them. NULL: the directory's. */
	int (*attr)(struct op *op, const struct node *node, struct stat *attr,
		double *timeout_s);

	/* What was written, at the close. Run again like any operation. */
	int (*write)(struct op *op, const struct node *node, const char *text,
		size_t len);

	/* Of several lines: whether the lines so far can be right. Called at
	 * each write, so that a shell's echo is told. */
	int (*check)(struct core *core, const struct node *node,
		const char *text, size_t len);

	/* Reading that is no snapshot: results of a job that is going on. */
	int (*open)(
		struct op *op, const struct node *node, struct handle *handle);

	/* Events that are ready, and a notice when that changes, as of struct
	 * handle_kind. NULL: always ready. */
	unsigned (*poll)(struct core *core, struct handle *handle,
		struct fuse_pollhandle *poll);

	/* Of a directory: making, removing, and moving things into it. */
	int (*make_dir)(struct op *op, const struct node *node,
		const char *name, struct found *found);
	int (*make_file)(struct op *op, const struct node *node,
		const char *name, struct found *found);
	int (*remove)(struct op *op, const struct node *node, const char *name,
		bool is_dir);
	/* `inode` (a draft, a file) is moved here under this name. */
	int (*move_in)(struct op *op, const struct node *node,
		struct spool_inode *inode, const char *name);
};

/*
 * Links rows to their directories; once, before anything else. tables: each
 * ends with a row without a path; NULL ends them. -EINVAL: a row without a
 * directory or a name given twice (a test sees that it is neither).
 */
int tree_init(const struct row *const *tables);

const struct row *tree_root(void);
/* The row with this path; NULL: none. */
const struct row *tree_row(const char *path);
const struct row *tree_parent(const struct row *row);
/* The name of a row: the last component of its path. */
const char *row_name(const struct row *row);
bool row_is_placeholder(const struct row *row);
/* The static rows of a directory, in table order: i = 0, 1, ...; NULL: no
 * more. Placeholders are not among them. */
const struct row *tree_child(const struct row *dir, size_t i);

/* ---- content ---- */

/* The whole content of a row's node: 0 (owned by the caller, free()),
 * -EINPROGRESS, -ENOENT, ... */
int row_content(
	struct op *op, const struct node *node, char **text, size_t *len);
/* Whether the row is there for this node: 0, -ENOENT, -EINPROGRESS. */
int row_exists(struct op *op, const struct node *node);
/* Those of its attributes that are known without asking. */
void row_attr_plain(
	const struct core *core, const struct node *node, struct stat *attr);
/* Attributes of a node; node->drawn is of its content. */
int row_attr(
	struct op *op, struct node *node, struct stat *attr, double *timeout_s);

/* ---- helpers for tables ---- */

/* How long the kernel may believe what came with this answer, in seconds. */
double answer_timeout_s(const struct op *op, const struct cache_answer *answer);
/* When an answer of the whole account changed: when this mount saw it change;
 * what never changed is as old as the state directory. */
struct timespec answer_changed(struct core *core, enum api_endpoint endpoint,
	const struct cache_answer *answer);
/* Prints a value of the API as a file's content: one line. */
int render_value(const json_t *value, FILE *out);
/* Prints an answer indented. */
int render_json(const json_t *value, FILE *out);
/* Sets mtime, ctime and atime. */
void attr_times(struct stat *attr, const struct timespec *mtime,
	const struct timespec *ctime);

#endif
