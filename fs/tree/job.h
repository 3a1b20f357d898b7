/* SPDX-License-Identifier: MIT */
/* fs/tree/job.h - what the tables of jobs share */
#ifndef FS_TREE_JOB_H
#define FS_TREE_JOB_H

#include "fs/core/core.h"

/* The job that a node belongs to, in sessions/ the recording; NULL: it was
 * forgotten, or there is none. */
struct job *node_job(struct op *op, const struct node *node);

/* The attr of a job's rows: sets the times. */
int job_attr(struct op *op, const struct node *node, struct stat *attr,
	double *timeout_s);

/* The exists and render of rows of files of a job, and of those that this mount
 * has a text for; the remove of its directory. */
int job_exists(struct op *op, const struct node *node);
int job_text_exists(struct op *op, const struct node *node);
int job_text_render(struct op *op, const struct node *node, FILE *out);
int job_remove_file(
	struct op *op, const struct node *node, const char *name, bool is_dir);

/* Whether this name in a job's directory may be removed: 0, -ENOENT, -EBUSY
 * until the job has ended, -EPERM for a job of another mount. */
int job_may_remove(struct op *op, const struct node *node, const char *name);

/* Opens a file of the job in the state directory. */
int job_file_open(struct op *op, struct job *job, struct handle *handle,
	const char *suffix);

/* Rows of artifacts/: fs/tree/artifacts.c. */
int artifacts_list(
	struct op *op, const struct node *node, struct listing *listing);
int artifacts_find(struct op *op, const struct node *node, const char *name,
	struct lookup_result *found);
int artifact_attr(struct op *op, const struct node *node, struct stat *attr,
	double *timeout_s);
int artifact_open(
	struct op *op, const struct node *node, struct handle *handle);
int artifact_remove(
	struct op *op, const struct node *node, const char *name, bool is_dir);

#endif
