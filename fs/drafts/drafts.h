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
 * drafts/NUMBER/. The text of a row that is ROW_SECRET is in memory alone.
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
/* A rename to another name here, or to COLLECTION/NAME, which commits. */
int draft_move(struct op *op, const struct node *from, const char *name,
	const struct node *to, const char *new_name);

/* ---- functions of rows: a draft ---- */

/* By its name, in the collection that it is of. */
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
/* Commits under the draft's own name. */
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
 * the draft has gone, op->step is 1, and task_wait tells the rest. */
int draft_submit_job(struct op *op, struct file *draft, const char *name);

/* A directory that was made where drafts of jobs are filled. */
bool file_is_draft(const struct file *file);

#endif
