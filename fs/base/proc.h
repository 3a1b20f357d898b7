/* SPDX-License-Identifier: MIT */
/* fs/base/proc.h - what /proc says of a thread */
#ifndef FS_BASE_PROC_H
#define FS_BASE_PROC_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

/* The first size - 1 bytes of a file, as a string. 0 or -errno. */
int proc_read(int dir_fd, const char *path, char *text, size_t size);
/* The same of /proc/TID/status, reading which never blocks. -ESRCH: tid is 0.
 */
int proc_status(pid_t tid, char *text, size_t size);
/* The number that follows the label of a line; false if there is none. */
bool proc_number(
	const char *text, const char *label, int base, unsigned long long *out);

#endif
