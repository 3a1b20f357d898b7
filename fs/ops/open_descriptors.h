/* SPDX-License-Identifier: MIT */
/* fs/ops/open_descriptors.h - which process closes, and is it the last close?
 */
#ifndef FS_OPS_OPEN_DESCRIPTORS_H
#define FS_OPS_OPEN_DESCRIPTORS_H

#include <stdint.h>
#include <sys/types.h>

/* The thread group of a thread, from /proc/TID/status; 0 if it is not there
 * (another pid namespace, or the process is gone). */
pid_t writer_process(pid_t tid);

enum writer_close {
	WRITER_LAST,	/* no other writable descriptor of the inode there */
	WRITER_MORE,	/* there is another one */
	WRITER_CHILD,	/* not itself, but a child process has one */
	WRITER_KILLED,	/* it is being killed by a signal: it has not saved */
	WRITER_UNKNOWN, /* /proc does not say */
};

/*
 * What a FLUSH of inode ino by thread tid means (fs/FUSE.md 3). opener is the
 * process that opened the handle. WRITER_UNKNOWN if another process closes, if
 * tid is 0, or if /proc cannot be read.
 */
enum writer_close writer_close(pid_t tid, pid_t opener, uint64_t ino);

#endif
