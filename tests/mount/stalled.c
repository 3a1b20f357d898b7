/* SPDX-License-Identifier: MIT */
/* tests/mount/stalled.c - LD_PRELOAD: a disk that takes no changes while the
 * file $STALLED is there, and whose fsync takes $SLOW_MS */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

static void wait_for_disk(void)
{
	const char *stalled = getenv("STALLED");

	while (stalled && access(stalled, F_OK) == 0)
		usleep(20000);
}

#define NEXT(name) ((__typeof__(&name))dlsym(RTLD_NEXT, #name))
#define WAITING(type, name, declared, given)                                   \
	type name declared                                                     \
	{                                                                      \
		wait_for_disk();                                               \
		return NEXT(name) given;                                       \
	}

WAITING(int, futimens, (int fd, const struct timespec times[2]), (fd, times))
WAITING(int, mkdirat, (int fd, const char *name, mode_t mode), (fd, name, mode))
WAITING(int, unlinkat, (int fd, const char *name, int flags), (fd, name, flags))
WAITING(int, renameat, (int from, const char *old, int to, const char *name),
	(from, old, to, name))
WAITING(int, renameat2,
	(int from, const char *old, int to, const char *name, unsigned flags),
	(from, old, to, name, flags))
WAITING(ssize_t, pwrite64, (int fd, const void *bytes, size_t len, off_t at),
	(fd, bytes, len, at))
WAITING(int, ftruncate64, (int fd, off_t size), (fd, size))

int fsync(int fd)
{
	const char *slow_ms = getenv("SLOW_MS");

	wait_for_disk();
	if (slow_ms)
		usleep((unsigned)atoi(slow_ms) * 1000);
	return NEXT(fsync)(fd);
}

int openat64(int fd, const char *name, int flags, ...)
{
	mode_t mode = 0;
	va_list args;

	va_start(args, flags);
	if (flags & O_CREAT)
		mode = va_arg(args, mode_t);
	va_end(args);
	if (flags & (O_CREAT | O_TRUNC | O_WRONLY | O_RDWR))
		wait_for_disk();
	return NEXT(openat64)(fd, name, flags, mode);
}
