/* SPDX-License-Identifier: MIT */
/* fs/core/keep.h - small files of the account are replaced, and made durable */
#ifndef FS_CORE_KEEP_H
#define FS_CORE_KEEP_H

#include <stdbool.h>
#include <stddef.h>

#include "fs/core/op.h"

/* How many files are replaced in this way. */
enum { KEEPS_MAX = 4 };

struct keep {
	struct core *core;
	const char *name; /* NULL: none yet */
	bool is_busy, is_again;
};

/* Replaces the file at once, for a kill; the worker then makes it durable.
 * name stays. The errors of state_write_last. */
int keep_write(
	struct core *core, const char *name, const void *bytes, size_t len);
/* Makes durable all of these files, and what was removed in jobs/, for an
 * operation without a task. Returns -EINPROGRESS; then task_wait tells. */
int keep_sync(struct op *op);

#endif
