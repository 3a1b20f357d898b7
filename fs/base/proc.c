/* SPDX-License-Identifier: MIT */
/* fs/base/proc.c - what /proc says of a thread */
#include "fs/base/proc.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

int proc_read(int dir_fd, const char *path, char *text, size_t size)
{
	int fd = openat(dir_fd, path, O_RDONLY | O_CLOEXEC);
	size_t used = 0, room;
	ssize_t n;

	if (fd < 0)
		return -errno;
	/* The kernel gives whole entries, which are small: where half of the
	 * room is left, that was the last. */
	do {
		room = size - 1 - used;
		n = read(fd, text + used, room);
		if (n > 0)
			used += (size_t)n;
	} while ((n > 0 && (size_t)n > room / 2 && used < size - 1) ||
		(n < 0 && errno == EINTR));
	n = n < 0 ? -errno : 0;
	close(fd);
	text[used] = '\0';
	return (int)n;
}

int proc_status(pid_t tid, char *text, size_t size)
{
	char path[64];

	if (tid <= 0)
		return -ESRCH;
	snprintf(path, sizeof(path), "/proc/%ld/status", (long)tid);
	return proc_read(AT_FDCWD, path, text, size);
}

bool proc_number(
	const char *text, const char *label, int base, unsigned long long *out)
{
	const char *line = strstr(text, label);

	while (line && line > text && line[-1] != '\n')
		line = strstr(line + 1, label);
	if (line)
		*out = strtoull(line + strlen(label), NULL, base);
	return line;
}
