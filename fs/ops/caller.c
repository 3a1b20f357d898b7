/* SPDX-License-Identifier: MIT */
/* fs/ops/caller.c - which system call a look-up is a part of */
#include "fs/ops/caller.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "fs/base/base.h"

struct making {
	unsigned long path;  /* its address in the caller's memory */
	unsigned long flags; /* of open; all for mkdir; 0: another call */
};

static int making_read(pid_t tid, struct making *making)
{
	unsigned long args[3];
	char path[64], text[256];
	long number;

	snprintf(path, sizeof(path), "/proc/%ld/syscall", (long)tid);
	if (proc_read(AT_FDCWD, path, text, sizeof(text)) ||
		sscanf(text, "%ld %lx %lx %lx", &number, &args[0], &args[1],
			&args[2]) != 4 ||
		number == SYS_openat2)
		return -EACCES;
	*making = (struct making){ 0 };
	if (number == SYS_openat)
		*making = (struct making){ args[1], args[2] };
	if (number == SYS_mkdirat)
		*making = (struct making){ args[1], ~0UL };
#ifdef SYS_open
	if (number == SYS_open)
		*making = (struct making){ args[0], args[1] };
	if (number == SYS_mkdir)
		*making = (struct making){ args[0], ~0UL };
#endif
	return 0;
}

int caller_creates(pid_t tid, int flag)
{
	struct making making;
	int err = making_read(tid, &making);

	return err ? err : (making.flags & (unsigned long)flag) != 0;
}

/* Cuts the last component off a path, if that is this name. */
static bool path_cut(char *path, const char *name)
{
	size_t len = strlen(path), name_len = strlen(name);

	while (len && path[len - 1] == '/')
		len--;
	if (len < name_len || memcmp(path + len - name_len, name, name_len))
		return false;
	len -= name_len;
	path[len] = '\0';
	return !len || path[len - 1] == '/';
}

bool caller_makes(pid_t tid, const char *dir, const char *name)
{
	char file[64], path[PATH_MAX];
	struct making making;
	ssize_t len;

	if (making_read(tid, &making) || !(making.flags & O_EXCL))
		return false;
	snprintf(file, sizeof(file), "/proc/%ld/mem", (long)tid);
	int fd = open(file, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return false;
	len = pread(fd, path, sizeof(path) - 1, (off_t)making.path);
	close(fd);
	if (len <= 0)
		return false;
	path[len] = '\0';
	if (!path_cut(path, name))
		return false;
	/* Of "files/files" it is the first, unless dir is "files". */
	return !path_cut(path, name) || !strcmp(dir, name);
}
