/* SPDX-License-Identifier: MIT */
/* fs/base/libc.h - what another or older C library, or kernel headers, lack */
#ifndef FS_BASE_LIBC_H
#define FS_BASE_LIBC_H

#include <features.h>

#include <linux/magic.h>

#ifndef FUSE_SUPER_MAGIC /* Linux 5.11 */
#define FUSE_SUPER_MAGIC 0x65735546
#endif

#ifdef __GLIBC__

#if !__GLIBC_PREREQ(2, 32)
#define LIBC_LACKS_ERROR_NAMES
#include <sys/syscall.h>
#ifndef SYS_openat2
#define SYS_close_range __NR_close_range
#define SYS_openat2 __NR_openat2
#endif
#endif
#if !__GLIBC_PREREQ(2, 34)
#include <sys/syscall.h>
#include <unistd.h>
#define close_range(...) syscall(SYS_close_range, __VA_ARGS__)
#endif

#else /* musl */

#define LIBC_LACKS_ERROR_NAMES

#include <dirent.h>
#include <linux/limits.h>
#include <stdio.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#ifndef RENAME_NOREPLACE
#define RENAME_NOREPLACE 1
#define RENAME_EXCHANGE 2
#endif
#ifndef STATX_INO
#include <linux/stat.h>
#define AT_STATX_DONT_SYNC 0x4000
#define statx(...) syscall(SYS_statx, __VA_ARGS__)
#endif
#define renameat2(...) syscall(SYS_renameat2, __VA_ARGS__)
#define close_range(...) syscall(SYS_close_range, __VA_ARGS__)

/* Of the directory itself: path is ".". */
#define scandirat(fd, path, names, filter, compare)                            \
	({                                                                     \
		char link_[32];                                                \
		snprintf(link_, sizeof(link_), "/proc/self/fd/%d", fd);        \
		scandir(link_, names, filter, compare);                        \
	})

#endif

#endif
