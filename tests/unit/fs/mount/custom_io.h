/* SPDX-License-Identifier: MIT */
/* tests/unit/fs/mount/custom_io.h - fuse_session_custom_io, which libfuse
 * before 3.14 lacks */
#ifndef TESTS_UNIT_FS_MOUNT_CUSTOM_IO_H
#define TESTS_UNIT_FS_MOUNT_CUSTOM_IO_H

#include "fs/core/fuse.h"

#if FUSE_VERSION < FUSE_MAKE_VERSION(3, 14)

#include <stdio.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <unistd.h>

struct fuse_custom_io {
	ssize_t (*writev)(int fd, struct iovec *iov, int count, void *ctx);
	ssize_t (*read)(int fd, void *bytes, size_t size, void *ctx);
};

static const struct fuse_custom_io *custom_io;
static int custom_fd = -1; /* -1 again before it is closed */

/* Replaces the C library's, also for libfuse. */
ssize_t read(int fd, void *bytes, size_t size)
{
	return fd >= 0 && fd == custom_fd
		? custom_io->read(fd, bytes, size, NULL)
		: syscall(SYS_read, fd, bytes, size);
}

ssize_t writev(int fd, const struct iovec *iov, int count)
{
	return fd >= 0 && fd == custom_fd
		? custom_io->writev(fd, (struct iovec *)iov, count, NULL)
		: syscall(SYS_writev, fd, iov, count);
}

static inline int fuse_session_custom_io(
	struct fuse_session *session, const struct fuse_custom_io *io, int fd)
{
	char path[32];

	custom_io = io;
	custom_fd = fd;
	snprintf(path, sizeof(path), "/dev/fd/%d", fd);
	return fuse_session_mount(session, path);
}

static inline void custom_io_end(void)
{
	custom_fd = -1;
}

#else

static inline void custom_io_end(void)
{
}

#endif

#endif
