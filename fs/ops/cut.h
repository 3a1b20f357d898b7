/* SPDX-License-Identifier: MIT */
/* fs/ops/cut.h - large files are truncated by the worker */
#ifndef FS_OPS_CUT_H
#define FS_OPS_CUT_H

#include "fs/core/op.h"
#include "fs/files/files.h"

/* Before op truncates the file to size: waits while the file is frozen. Freeing
 * hundreds of megabytes takes as many milliseconds, so the worker truncates
 * such a file first. 0 (done, or not needed), -EINPROGRESS, or -errno. Uses
 * op->task. */
int cut_ahead(struct op *op, struct file *file, off_t size);

#endif
