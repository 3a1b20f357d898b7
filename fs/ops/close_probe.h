/* SPDX-License-Identifier: MIT */
/* fs/ops/close_probe.h - asks /proc about a closing process, off the loop */
#ifndef FS_OPS_CLOSE_PROBE_H
#define FS_OPS_CLOSE_PROBE_H

#include "fs/core/core.h"
#include "fs/ops/open_descriptors.h"

/*
 * Reading /proc/PID can block on the very close that is being handled: execve
 * holds a lock (exec_update_lock) while it closes what is close-on-exec, and
 * /proc/PID/stat takes that lock. So a separate thread reads, and if it is not
 * done in time, the answer is WRITER_UNKNOWN: the close returns, the lock is
 * released, and the RELEASE saves.
 */

/* What writer_close says of op->pid: 0, -EINPROGRESS, -ENOMEM. Uses op->task.
 * The operation is uninterruptible meanwhile: a writer that is being killed
 * interrupts its close, and must be recognised. */
int close_probe_ask(
	struct op *op, pid_t opener, uint64_t ino, enum writer_close *found);

#endif
