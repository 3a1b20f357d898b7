/* SPDX-License-Identifier: MIT */
/* fs/ops/proc_probe.h - asks /proc about a process, off the loop */
#ifndef FS_OPS_PROC_PROBE_H
#define FS_OPS_PROC_PROBE_H

#include "fs/core/core.h"
#include "fs/ops/open_descriptors.h"

/*
 * Reading /proc/PID can block on the very request that is being handled: execve
 * holds a lock (exec_update_lock) while it closes what is close-on-exec, and
 * /proc/PID/stat takes that lock. So a separate thread reads; if it takes too
 * long, /proc counts as unreadable, the request returns, and the lock is
 * released. Both functions use op->task.
 */

/* The result of writer_close for op->pid, or WRITER_UNKNOWN if it takes too
 * long (the RELEASE then saves): 0, -EINPROGRESS, -ENOMEM. The operation is
 * uninterruptible meanwhile: a writer that is being killed interrupts its
 * close, and must be recognised. */
int close_probe_ask(
	struct op *op, pid_t opener, uint64_t ino, enum writer_close *found);

/* Whether op->pid is about to create op->name (caller_makes); false if it takes
 * too long. 0, -EINPROGRESS, -ENOMEM. */
int making_probe_ask(struct op *op, bool *makes);

#endif
