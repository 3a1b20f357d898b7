/* SPDX-License-Identifier: MIT */
/* fs/writer.c - what /proc tells of a process that closes a file */
#include "fs/writer.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* include/linux/sched.h of the kernel; /proc/PID/stat shows it in field 9. */
#define PF_SIGNALED 0x00000400UL

/* The first size - 1 bytes of a file of /proc, as a string. */
static int proc_read(int dir_fd, const char *path, char *text, size_t size)
{
	int fd = openat(dir_fd, path, O_RDONLY | O_CLOEXEC);
	size_t used = 0;
	ssize_t n;

	if (fd < 0)
		return -errno;
	do {
		n = read(fd, text + used, size - 1 - used);
		if (n > 0)
			used += (size_t)n;
	} while ((n > 0 && used < size - 1) || (n < 0 && errno == EINTR));
	n = n < 0 ? -errno : 0;
	close(fd);
	text[used] = '\0';
	return (int)n;
}

/* The number behind a line's label. */
static bool line_number(
	const char *text, const char *label, int base, unsigned long long *out)
{
	size_t len = strlen(label);
	const char *line = text;

	while (line && strncmp(line, label, len)) {
		line = strchr(line, '\n');
		if (line)
			line++;
	}
	if (!line)
		return false;
	*out = strtoull(line + len, NULL, base);
	return true;
}

pid_t writer_process(pid_t tid)
{
	unsigned long long tgid;
	char path[64], text[4096];

	if (tid <= 0)
		return 0;
	snprintf(path, sizeof(path), "/proc/%ld/status", (long)tid);
	if (proc_read(AT_FDCWD, path, text, sizeof(text)) ||
		!line_number(text, "Tgid:", 10, &tgid))
		return 0;
	return (pid_t)tgid;
}

/*
 * A thread that dies of exit_group() in another thread bears PF_SIGNALED as
 * well, and may be the one that closes the descriptors. What tells the two
 * apart is the exit code (field 52), whose low seven bits are the signal.
 */
static bool is_killed(pid_t tid)
{
	unsigned long flags = 0, code = 0;
	char path[64], text[2048], *field, *rest;

	snprintf(path, sizeof(path), "/proc/%ld/stat", (long)tid);
	if (proc_read(AT_FDCWD, path, text, sizeof(text)))
		return false;
	rest = strrchr(text, ')');
	if (!rest)
		return false;
	rest++;
	for (int number = 3; (field = strsep(&rest, " \n"));) {
		if (!*field)
			continue;
		if (number == 9)
			flags = strtoul(field, NULL, 10);
		if (number == 52)
			code = strtoul(field, NULL, 10);
		number++;
	}
	return (flags & PF_SIGNALED) && (code & 0x7f);
}

/* Whether descriptor `name` of an fdinfo directory writes to inode ino; told:
 * whether the kernel shows inode numbers there (5.14 and later do). */
static bool writes_to(int fdinfo, const char *name, uint64_t ino, bool *told)
{
	unsigned long long flags, number;
	char text[1024];

	/* One that another thread has closed since is no writer. */
	if (proc_read(fdinfo, name, text, sizeof(text)) ||
		!line_number(text, "flags:", 8, &flags))
		return false;
	if (!line_number(text, "ino:", 10, &number)) {
		*told = false;
		return false;
	}
	return number == ino && (flags & O_ACCMODE) != O_RDONLY;
}

static enum writer_close descriptors_look(pid_t process, uint64_t ino)
{
	enum writer_close found = WRITER_LAST;
	const struct dirent *entry;
	char path[64];
	bool told = true;
	DIR *dir;

	snprintf(path, sizeof(path), "/proc/%ld/fdinfo", (long)process);
	dir = opendir(path);
	if (!dir)
		return WRITER_UNKNOWN;
	errno = 0;
	while (found == WRITER_LAST && (entry = readdir(dir))) {
		if (entry->d_name[0] == '.')
			continue;
		if (writes_to(dirfd(dir), entry->d_name, ino, &told))
			found = WRITER_MORE;
		else if (!told)
			found = WRITER_UNKNOWN;
		errno = 0;
	}
	if (found == WRITER_LAST && errno)
		found = WRITER_UNKNOWN;
	closedir(dir);
	return found;
}

enum writer_close writer_close(pid_t tid, pid_t opener, uint64_t ino)
{
	enum writer_close found;
	pid_t process = writer_process(tid);

	if (process <= 0 || process != opener)
		return WRITER_UNKNOWN;
	found = descriptors_look(process, ino);
	if (found == WRITER_LAST && (is_killed(tid) || is_killed(process)))
		return WRITER_KILLED;
	return found;
}
