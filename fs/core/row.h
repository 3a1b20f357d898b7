/* SPDX-License-Identifier: MIT */
/* fs/core/row.h - the tree that users see, as tables of rows */
#ifndef FS_CORE_ROW_H
#define FS_CORE_ROW_H

#include <stdio.h>
#include <sys/stat.h>

#include "fs/core/op.h"

/*
 * Every file and directory is one row of a static table, one table a file
 * (fs/tree/). Lookup, listing, attributes, reading, writing and the man page
 * are one function each over the rows (fs/ops/, fs/core/row.c).
 *
 * A row's place is its path. A component in braces is a placeholder: its names
 * are found by `find` of its directory's row and listed by `list`.
 * "/jobs/{job}" is the directory of a job wherever it is shown.
 */

struct collection;
struct node;
struct row;
struct handle;
struct listing;
struct file;
struct files;

enum row_kind { ROW_DIR, ROW_FILE, ROW_LINK };

enum row_flag {
	/* The content never changes, so the kernel may cache it. */
	ROW_FINAL = 1,
	/* The size is not known before it is read: 0, direct_io. */
	ROW_UNSIZED = 2,
	/* Writing 1 is the action, and anything else is refused before `write`
	 * is called (fs/ops/writing.c); reading gives the help line. */
	ROW_ACTION = 4,
	/* A write at the end of the file adds to the value, instead of
	 * replacing it. */
	ROW_APPENDS = 8,
	/* Never cached, neither here nor by the kernel. */
	ROW_SECRET = 16,
	/* Not listed, but found by its name. */
	ROW_UNLISTED = 32,
	/* Its name may refer to something else at the next lookup. */
	ROW_VOLATILE = 128,
	/* An empty file whose existence is the value: touch and rm. */
	ROW_EMPTY = 64,
	/* The API promises it in a resource's detail: listed before the
	 * detail was fetched. */
	ROW_EXPECTED = 256,
	/* Without a position: `open` is called for writing, too, and gives the
	 * handle a kind that writes. A waiting read holds up no write. */
	ROW_STREAM = 512,
	/* A directory of values, in which programs may save by other names; see
	 * fs/ops/scratch.h. */
	ROW_SCRATCH = 1024,
};

/* What a name refers to: a row and what fills its placeholders, or a saved
 * file, which is held. lookup_clear frees them. In a listing of saved files
 * only ino and type are there. */
struct lookup_result {
	const struct row *row;
	char *id, *name;
	struct file *file;
	uint64_t ino;
	mode_t type;
};
void lookup_clear(struct lookup_result *found);
/* The top directory of this key; see files_top. -ENOMEM. */
int lookup_top(
	struct lookup_result *found, struct files *files, const char *key);
/* The settings of a directory: their id is its inode number, or its key. */
int lookup_settings(struct lookup_result *found, const struct file *dir);
int lookup_row(struct lookup_result *found, const struct row *row,
	const char *id, const char *name);

/* What is known of a directory, for its extended attributes
 * (fs/ops/row_xattrs.c). All zero: nothing. */
enum { ABOUT_LEN = 256 };
struct about {
	const char *id; /* borrowed until the loop's next turn; or NULL */
	char status[ABOUT_LEN];
	bool is_fetched; /* the API was asked: */
	uint64_t fetched_ms, fresh_until_ms;
};

struct row {
	const char *path;
	const char *help; /* one line, for the man page and the README */
	enum row_kind kind;
	mode_t mode; /* permission bits; w: it may be opened for writing */
	unsigned flags;

	/* Where its content comes from. `source` gets an answer, and `member`
	 * is the name of the value in it ("state|status": the first that is
	 * there); if the answer has none, the file does not exist. Without
	 * `member` the content is the whole answer. Or `render` prints it. A
	 * link's content is its target. Both may return -EINPROGRESS, and
	 * -ENOENT if it does not exist. `text` is content that never changes.
	 */
	int (*source)(struct op *op, const struct node *node, json_t **answer);
	enum api_endpoint endpoint; /* for functions that several rows share */
	const char *member;
	const struct setting *setting; /* what its value may be */
	const char *text;
	int (*render)(struct op *op, const struct node *node, FILE *out);

	/* Whether it exists: 0 or -ENOENT. NULL: if its directory does and, for
	 * a member, the answer has it. Never asks the API for what a listing
	 * must not ask for. */
	int (*exists)(struct op *op, const struct node *node);

	/* Whether a listing leaves it out now, because reading it would fail.
	 * Sends nothing. NULL: never. */
	bool (*is_hidden)(struct op *op, const struct node *node);

	/* The list of the API that the directory shows. It also applies to all
	 * rows below that have none of their own. NULL: none. */
	const struct collection *collection;

	/* Prints the path that users see, if what fills the placeholders is not
	 * a name but an id or a draft's number. node is of this row or of one
	 * below it; the caller prints what follows. NULL: `path`. */
	void (*locate)(struct core *core, const struct node *node, FILE *out);

	/* What to do where nothing can be made in this directory; for
	 * .unsandboxfs/errors. May be NULL. */
	const char *instead;

	/* A directory's dynamic entries, besides its static rows. */
	int (*list)(struct op *op, const struct node *node,
		struct listing *listing);
	int (*find)(struct op *op, const struct node *node, const char *name,
		struct lookup_result *found);

	/* A directory in which people save: found->file is its top. */
	int (*saves)(struct op *op, const struct node *dir,
		struct lookup_result *found);

	/* Sets the times, and what else is special in the attributes.
	 * *timeout_s is how long the kernel may cache them. NULL: as the
	 * directory's. */
	int (*attr)(struct op *op, const struct node *node, struct stat *attr,
		double *timeout_s);

	/* What is known of a directory: its extended attributes. Sends nothing.
	 * NULL: it has none. */
	void (*about)(struct core *core, const struct node *node,
		struct about *about);

	/* Takes what was written, at the close. Run again like any operation.
	 */
	int (*write)(struct op *op, const struct node *node, const char *text,
		size_t len);

	/* Sends a value, parsed as `setting` says; for functions that several
	 * rows have as `write`. */
	int (*send)(struct op *op, const struct node *node, json_t *value);

	/* For values of several lines: whether the lines so far can be right.
	 * Called at each write, so that a shell's echo gets the error. */
	int (*check)(struct core *core, const struct node *node,
		const char *text, size_t len);

	/* Opens what is not read as a snapshot: the output of a running job.
	 * Of a directory: what else its handle holds. */
	int (*open)(
		struct op *op, const struct node *node, struct handle *handle);

	/* As poll of struct handle_kind. NULL: always ready. */
	unsigned (*poll)(struct core *core, struct handle *handle,
		struct fuse_pollhandle *poll);

	/* For a directory: mkdir, create, unlink and rmdir, rename into it.
	 * `remove` may return -ENOSYS: now it is as if there were none. */
	int (*make_dir)(struct op *op, const struct node *node,
		const char *name, struct lookup_result *found);
	int (*make_file)(struct op *op, const struct node *node,
		const char *name, struct lookup_result *found);
	int (*remove)(struct op *op, const struct node *node, const char *name,
		bool is_dir);
	/* Renames `file` (a draft of a job) to this name here. If it is gone
	 * before all is done, op->step is set, and op->task awaited. */
	int (*move_in)(struct op *op, const struct node *node,
		struct file *file, const char *name);
	/* Renames `name` in this directory, here or to another row's directory.
	 */
	int (*move)(struct op *op, const struct node *from, const char *name,
		const struct node *to, const char *new_name);
};

/*
 * Links rows to their directories; once, before anything else. tables: each
 * ends with a row without a path; NULL ends them. -EINVAL if a row has no
 * directory or a name is there twice (a test checks the tables).
 */
int tree_init(const struct row *const *tables);

const struct row *tree_root(void);
/* The row with this path; NULL if there is none. */
const struct row *tree_row(const char *path);
const struct row *tree_parent(const struct row *row);
/* The row below a directory for this placeholder, such as "{pool}"; NULL if
 * there is none. */
const struct row *tree_below(const struct row *dir, const char *placeholder);
/* The name of a row: the last component of its path. */
const char *row_name(const struct row *row);
bool row_is_placeholder(const struct row *row);
/* The i-th static row of a directory, in table order, without placeholders;
 * NULL at the end. */
const struct row *tree_child(const struct row *dir, size_t i);
/* The static row of this name in a directory; NULL if there is none. */
const struct row *tree_named(const struct row *dir, const char *name);

/* ---- helpers for tables ---- */

/* How long the kernel may cache what came with this answer, in seconds. */
double answer_timeout_s(const struct op *op, const struct cache_answer *answer);
/* When this mount saw an answer about the whole account change. If it never
 * did: the age of the state directory. */
struct timespec answer_changed(struct core *core, enum api_endpoint endpoint,
	const struct cache_answer *answer);
/* Whether a text is 1, which triggers an action. */
bool text_is_one(const char *text);
/* Prints the path of a node that users see. */
void row_locate(struct core *core, const struct node *node, FILE *out);
/* The same as text, with this name (NULL: none) in the directory; cut to the
 * room. */
void row_path(struct core *core, const struct node *node, const char *name,
	char *path, size_t room);
/* Explains in .unsandboxfs/errors why something is refused: what was done to
 * the node (name NULL), or to this name in its directory. Returns err. */
int row_refuse(struct core *core, const char *method, const struct node *node,
	const char *name, int err, const char *why);
/* Prints a value of the API as a file's content: one line. */
int render_value(const json_t *value, FILE *out);
/* The same as text, owned by the caller, free(). -ENOMEM. */
int value_content(const json_t *value, char **text, size_t *len);
/* Prints an answer indented. */
int render_json(const json_t *value, FILE *out);
/* Sets mtime, ctime and atime. */
void attr_times(struct stat *attr, const struct timespec *mtime,
	const struct timespec *ctime);
/* Sets the size, in bytes, and the blocks that this takes. */
void attr_size(struct stat *attr, uint64_t size);

#endif
