/* SPDX-License-Identifier: MIT */
/* fs/ops/open_descriptors.h - which process closes a file, and whether it has
 * saved */
#ifndef FS_OPS_OPEN_DESCRIPTORS_H
#define FS_OPS_OPEN_DESCRIPTORS_H

#include <stdint.h>
#include <sys/types.h>

/* The thread group of a thread id, from /proc/TID/status; 0: not told
 * (another pid namespace, a process that is gone). */
pid_t writer_process(pid_t tid);

enum writer_close {
	WRITER_LAST,	/* no other writable descriptor of the inode there */
	WRITER_MORE,	/* it has another one */
	WRITER_KILLED,	/* it is being killed by a signal: it has not saved */
	WRITER_UNKNOWN, /* /proc does not tell */
};

/*
 * What a FLUSH of inode ino by thread tid means (tree.md, "What a save is"):
 * opener is the process that opened the handle. Another process than the
 * opener, a tid of 0 and an unreadable /proc are WRITER_UNKNOWN.
 */
enum writer_close writer_close(pid_t tid, pid_t opener, uint64_t ino);

#endif
