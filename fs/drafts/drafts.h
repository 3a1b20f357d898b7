/* SPDX-License-Identifier: MIT */
/* fs/drafts/drafts.h - drafts: what is filled first, and committed later */
#ifndef FS_DRAFTS_DRAFTS_H
#define FS_DRAFTS_DRAFTS_H

#include "fs/core/core.h"
#include "fs/files/files.h"

/*
 * A draft of a service or a session is a directory with a file for each value
 * that can be set, as in configfs. The files are rows ("/services/new/{draft}/
 * ports"), whose `setting` says what their value is, what its default is, and
 * what the API calls it; a row without one takes any text. The id of a draft's
 * nodes is its number, so a rename changes no inode number.
 *
 * What was set is in drafts.json in the state directory, input files are in
 * drafts/NUMBER/. The text of a ROW_SECRET row is only in memory.
 */
struct drafts;

/* Reads drafts.json. NULL: out of memory. */
struct drafts *drafts_new(struct core *core);
void drafts_free(struct drafts *drafts);

/* ---- functions of rows: COLLECTION/new ---- */

int drafts_list(
	struct op *op, const struct node *node, struct listing *listing);
int drafts_find(struct op *op, const struct node *node, const char *name,
	struct lookup_result *found);
int drafts_attr(struct op *op, const struct node *node, struct stat *attr,
	double *timeout_s);
int draft_make(struct op *op, const struct node *node, const char *name,
	struct lookup_result *found);
/* rmdir of a draft, with all that is in it. */
int draft_remove(
	struct op *op, const struct node *node, const char *name, bool is_dir);
/* Renames a draft here; or moves it to COLLECTION/NAME, which commits it. */
int draft_move(struct op *op, const struct node *from, const char *name,
	const struct node *to, const char *new_name);

/* ---- functions of rows: a draft ---- */

/* Prints its path, with its name, in its collection. */
void draft_locate(struct core *core, const struct node *node, FILE *out);
int draft_exists(struct op *op, const struct node *node);
int draft_attr(struct op *op, const struct node *node, struct stat *attr,
	double *timeout_s);
int draft_value_render(struct op *op, const struct node *node, FILE *out);
int draft_value_write(
	struct op *op, const struct node *node, const char *text, size_t len);
/* As `check` of a row. */
int draft_value_check(struct core *core, const struct node *node,
	const char *text, size_t len);
/* rm of a value goes back to its default; files/ is emptied. */
int draft_value_remove(
	struct op *op, const struct node *node, const char *name, bool is_dir);
/* Other names: -EPERM, and .unsandboxfs/errors has the names that exist. */
int draft_refuse_name(struct op *op, const struct node *node, const char *name,
	struct lookup_result *found);
/* files/: its input files. */
int draft_saves(
	struct op *op, const struct node *dir, struct lookup_result *found);
/* Commits the draft under its own name. */
int draft_commit_write(
	struct op *op, const struct node *node, const char *text, size_t len);

/* ---- input files of what exists already ---- */

/* Adds the files of this directory to a request's body (taken). An operation's
 * part: 0 (text is the caller's, free()), -EINPROGRESS, or an -errno that is
 * explained. */
int inputs_add(struct op *op, struct file *files, json_t *body, char **text,
	size_t *len);

/* ---- drafts of jobs, which are saved directories ---- */

/* Submits the draft's program with its input files as an asynchronous job, and
 * leaves the name as a link to it. An operation; if the API refuses it, the
 * draft is unchanged. -ENODATA: no program, or several and none is main.*. Once
 * the draft is gone, op->step is 1, and task_wait gives the result. */
int draft_submit_job(struct op *op, struct file *draft, const char *name);

/* Whether it is a directory directly in jobs/new/. */
bool file_is_draft(const struct file *file);

#endif
