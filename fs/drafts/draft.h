/* SPDX-License-Identifier: MIT */
/* fs/drafts/draft.h - a directory that is filled at leisure, then made
 * something of */
#ifndef FS_DRAFTS_DRAFT_H
#define FS_DRAFTS_DRAFT_H

#include "fs/core/op.h"
#include "fs/files/files.h"

/* Submits the draft's program with its input files as an asynchronous job, and
 * leaves the name as a link to it. An operation; the draft stays as it was
 * where the API refuses it. -EINVAL: no program, or several and none is main.*.
 */
int draft_submit_job(struct op *op, struct file *draft, const char *name);

/* A directory that was made where drafts are filled. */
bool file_is_draft(const struct file *file);

#endif
