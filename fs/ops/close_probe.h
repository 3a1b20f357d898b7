/* SPDX-License-Identifier: MIT */
/* fs/ops/close_probe.h - asks /proc about a closing process, off the loop */
#ifndef FS_OPS_CLOSE_PROBE_H
#define FS_OPS_CLOSE_PROBE_H

#include "fs/core/op.h"
#include "fs/ops/open_descriptors.h"

/*
 * Reading /proc/PID can wait for the very close that is being handled: execve
 * holds a lock (exec_update_lock) while it closes what is close-on-exec, and
 * /proc/PID/stat wants that lock. So a thread of its own reads, and where it
 * does not come back in time the answer is WRITER_UNKNOWN: the close is let go,
 * the lock with it, and the release saves.
 */

/* What writer_close says of op->pid; run again until it is known. 0, or
 * -EINPROGRESS; -ENOMEM. The operation cannot be interrupted meanwhile: a
 * writer that is being killed interrupts its close, and is to be recognised. */
int close_probe_ask(
	struct op *op, pid_t opener, uint64_t ino, enum writer_close *found);

#endif
