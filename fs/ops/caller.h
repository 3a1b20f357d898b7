/* SPDX-License-Identifier: MIT */
/* fs/ops/caller.h - which system call a look-up is a part of */
#ifndef FS_OPS_CALLER_H
#define FS_OPS_CALLER_H

#include <stdbool.h>
#include <sys/types.h>

/*
 * The kernel does not say what a name is looked up for: LOOKUP comes before
 * CREATE or MKDIR, and decides whether that is sent. /proc/TID/syscall shows it
 * to those who may trace the thread.
 */

/* Whether the thread is in a mkdir, or an open with this flag, O_CREAT or
 * O_EXCL: 1, 0, or -EACCES: /proc does not say. */
int caller_creates(pid_t tid, int flag);

/* Whether such a call (with O_EXCL) creates this name in dir, and not something
 * below it. Reads the thread's memory, which can block on a request of the
 * mount: do not call it on the loop. */
bool caller_makes(pid_t tid, const char *dir, const char *name);

#endif
