/* SPDX-License-Identifier: MIT */
/* fs/ops/save.h - a save executes exactly once, however the file was written */
#ifndef FS_OPS_SAVE_H
#define FS_OPS_SAVE_H

#include "fs/core/handle.h"
#include "fs/core/op.h"

/* The close of one descriptor: tells whether it is the last, saves if so, and
 * waits for what the API says. An operation: run again until it is done. */
int save_flush(struct op *op);

/* Makes what was written durable, runs nothing. An operation. */
int save_fsync(struct op *op);

/* The handle's release has been counted: saves what is left unsaved, if it was
 * the last writer. Nobody waits. */
void save_released(struct core *core, struct handle *handle);

/* The file was renamed to name in dir. An operation: content that nobody sent
 * yet, without a writer, is a save under its new name. */
int save_renamed(
	struct op *op, struct file *file, struct file *dir, const char *name);

#endif
