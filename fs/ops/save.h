/* SPDX-License-Identifier: MIT */
/* fs/ops/save.h - a save executes exactly once, however the file was written */
#ifndef FS_OPS_SAVE_H
#define FS_OPS_SAVE_H

#include "fs/core/core.h"

/* Closes one descriptor: if it is the last, saves, and waits for the API's
 * answer. An operation. */
int save_flush(struct op *op);

/* Makes what was written durable, runs nothing. An operation. */
int save_fsync(struct op *op);

/* Call it after a release: saves what is unsaved, if it was the last writer.
 * Errors are logged. */
void save_released(struct core *core, struct handle *handle);

/* Call it when the file was renamed to name in dir: content that was not sent,
 * and has no writer, is saved under its new name. -EINPROGRESS; else 0, and
 * the operation may reply. */
int save_renamed(
	struct op *op, struct file *file, struct file *dir, const char *name);

#endif
