/* SPDX-License-Identifier: MIT */
/* fs/ops/cut.h - large files are truncated by the worker */
#ifndef FS_OPS_CUT_H
#define FS_OPS_CUT_H

#include "fs/core/op.h"
#include "fs/files/files.h"

/* Freeing hundreds of megabytes takes as many milliseconds. If op is about to
 * truncate so large a file to size, the worker does it first: 0 (done, or not
 * needed), -EINPROGRESS, or -errno. Uses op->task. */
int cut_ahead(struct op *op, struct file *file, off_t size);

#endif
