/* SPDX-License-Identifier: MIT */
/* fs/core/disk.h - whether the state directory's disk takes changes now */
#ifndef FS_CORE_DISK_H
#define FS_CORE_DISK_H

#include "fs/core/op.h"

/*
 * A disk may accept no changes for seconds, or until somebody thaws it. The
 * loop, which makes small changes itself, would block, and with it everybody
 * who only reads. So a thread tries a change first: an operation that changes
 * something waits for it, unless the last try has only just succeeded. What is
 * in memory, and on a disk that can be read, is served meanwhile.
 *
 * The thread does nothing else: /proc may wait for a process whose execve waits
 * for a close, which would wait here for its turn behind /proc.
 */
enum { DISK_LATE_MAX = 4 };

struct disk {
	struct worker *worker; /* NULL: not started */
	bool is_asked;
	uint64_t fresh_until_ms;
	struct op_list waiters;
	void (*late[DISK_LATE_MAX])(struct core *core); /* NULL: none */
};

void disk_init(struct disk *disk);

/* True if the disk has just taken a change. If not, the thread tries one. */
bool disk_is_ready(struct core *core);

/* 0, or -EINPROGRESS once: op is run again after the try. */
int disk_wait(struct op *op);

/* Calls save now, or as soon as the disk takes changes, before all that
 * disk_wait holds up. */
void disk_later(struct core *core, void (*save)(struct core *core));

#endif
