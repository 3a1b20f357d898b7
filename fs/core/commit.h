/* SPDX-License-Identifier: MIT */
/* fs/core/commit.h - makes a saved file durable, in the worker */
#ifndef FS_CORE_COMMIT_H
#define FS_CORE_COMMIT_H

#include "fs/core/op.h"

struct file;
struct file_opened;

/* See file_commit_begin. op, which may be NULL, gets the task, if there is
 * something to make durable. */
int commit_start(struct core *core, struct file *file,
	struct file_opened *opened, struct op *op);

#endif
