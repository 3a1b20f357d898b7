/* SPDX-License-Identifier: MIT */
/* fs/base/fd.c - contents of files and directories, by descriptor */
#include "fs/base/fd.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <linux/fs.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <unistd.h>

int fd_write(int fd, const char *bytes, size_t len)
{
	ssize_t n;

	while (len) {
		n = write(fd, bytes, len);
		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return -errno;
		bytes += n;
		len -= (size_t)n;
	}
	return 0;
}

int fd_read(int fd, size_t limit, char **out, size_t *len)
{
	size_t room = 0, used = 0, asked;
	char *bytes = NULL, *more;
	struct stat st;
	bool is_end;
	ssize_t n;

	if (fstat(fd, &st) < 0)
		return -errno;
	if (!S_ISREG(st.st_mode))
		return S_ISDIR(st.st_mode) ? -EISDIR : -EINVAL;
	do {
		if (used + 1 >= room) {
			room = room ? room * 2 : (size_t)st.st_size + 2;
			if (room > limit + 2)
				room = limit + 2;
			more = realloc(bytes, room);
			if (!more) {
				free(bytes);
				return -ENOMEM;
			}
			bytes = more;
		}
		asked = room - used - 1;
		n = read(fd, bytes + used, asked);
		if (n > 0)
			used += (size_t)n;
		/* a file of /proc, which has no size, may give less */
		is_end = n == 0 || (st.st_size && n > 0 && (size_t)n < asked);
	} while ((n > 0 && !is_end && used <= limit) ||
		(n < 0 && errno == EINTR));
	if (n < 0 || used > limit) {
		n = n < 0 ? -errno : -EFBIG;
		free(bytes);
		return (int)n;
	}
	bytes[used] = '\0';
	*out = bytes;
	*len = used;
	return 0;
}

int fd_copy(int from, int to)
{
	char buf[65536];
	off_t at = 0, out = 0;
	ssize_t n;

	if (ioctl(to, FICLONE, from) == 0)
		return 0;
	while (copy_file_range(from, &at, to, &out, SSIZE_MAX / 2, 0) > 0)
		continue;
	while ((n = pread(from, buf, sizeof(buf), at)) > 0) {
		n = pwrite(to, buf, (size_t)n, at);
		if (n < 0)
			break;
		at += n;
	}
	return n < 0 ? -errno : 0;
}

DIR *dir_stream(int fd, const char *name)
{
	DIR *stream;

	fd = openat(fd, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	if (fd < 0)
		return NULL;
	stream = fdopendir(fd);
	if (!stream)
		close(fd);
	return stream;
}

struct dirent *dir_next(DIR *stream)
{
	struct dirent *entry;

	do {
		errno = 0;
		entry = readdir(stream);
	} while (entry &&
		(!strcmp(entry->d_name, ".") || !strcmp(entry->d_name, "..")));
	return entry;
}
