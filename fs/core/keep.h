/* SPDX-License-Identifier: MIT */
/* fs/core/keep.h - replaces small files of the account, and makes them durable
 */
#ifndef FS_CORE_KEEP_H
#define FS_CORE_KEEP_H

#include <stdbool.h>
#include <stddef.h>

#include "fs/core/op.h"

/* How many different files are replaced in this way. */
enum { KEEPS_MAX = 4 };

struct keep {
	struct core *core;
	const char *name; /* NULL: none yet */
	bool is_busy, is_again;
};

/* Replaces the file at once, which survives a kill; the recorder then makes it
 * durable. name must stay valid. The errors of state_write_last. */
int keep_write(
	struct core *core, const char *name, const void *bytes, size_t len);
/* Makes all of these files durable, and what was removed in jobs/, for an
 * operation without a task. Returns -EINPROGRESS; task_wait then gives the
 * result. */
int keep_sync(struct op *op);

#endif
