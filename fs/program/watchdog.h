/* SPDX-License-Identifier: MIT */
/* fs/program/watchdog.h - unmounts when the daemon was killed */
#ifndef FS_PROGRAM_WATCHDOG_H
#define FS_PROGRAM_WATCHDOG_H

/*
 * Forks a process that waits for the caller's end, however it comes, and then
 * removes the dead mount of ours at path, if there is one. It holds no key and
 * no descriptor of the caller's. Call it before there are keys or threads.
 * fusermount3's own auto_unmount, of libfuse 3.14, does so for root alone.
 * -errno of the pipe or the fork.
 */
int guard_start(const char *path);

#endif
