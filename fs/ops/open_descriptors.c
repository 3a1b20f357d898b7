/* SPDX-License-Identifier: MIT */
/* fs/ops/open_descriptors.c - what /proc says about a process that closes */
#include "fs/ops/open_descriptors.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "fs/base/base.h"

/* From the kernel's include/linux/sched.h; field 9 of /proc/PID/stat. */
#define PF_SIGNALED 0x00000400UL

static pid_t status_process(const char *status)
{
	unsigned long long tgid = 0;

	return proc_number(status, "Tgid:", 10, &tgid) ? (pid_t)tgid : 0;
}

/*
 * execve closes O_CLOEXEC descriptors when it has the new memory but not yet
 * the new program. Reading /proc/PID/stat blocks until it has: it would wait
 * for the very FLUSH that is being handled.
 */
static bool status_in_exec(const char *status)
{
	unsigned long long code_kb = 0;

	return proc_number(status, "VmExe:", 10, &code_kb) && !code_kb;
}

pid_t writer_process(pid_t tid)
{
	char status[4096];

	return proc_status(tid, status, sizeof(status))
		? 0
		: status_process(status);
}

/*
 * A thread that ends because another one called exit_group() has PF_SIGNALED,
 * too, and may be the one that closes the descriptors. The exit code (field 52)
 * tells them apart: its low seven bits are the signal.
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

/*
 * Whether descriptor `name` is certainly of another inode: statx is twice as
 * fast as reading fdinfo. AT_STATX_DONT_SYNC asks no filesystem for anything,
 * ours neither.
 */
static bool is_other_inode(int fds, const char *name, uint64_t ino)
{
	struct statx stat;

	return statx(fds, name, AT_STATX_DONT_SYNC, STATX_INO, &stat) == 0 &&
		stat.stx_ino != ino;
}

/* Whether descriptor `name` of an fdinfo directory writes to inode ino; *told
 * becomes false if the kernel shows no inode numbers there (before 5.14). */
static bool writes_to(int fdinfo, const char *name, uint64_t ino, bool *told)
{
	unsigned long long flags = 0, number = 0;
	char text[1024];

	/* another thread has closed it meanwhile: no writer */
	if (proc_read(fdinfo, name, text, sizeof(text)) ||
		!proc_number(text, "flags:", 8, &flags))
		return false;
	if (!proc_number(text, "ino:", 10, &number)) {
		*told = false;
		return false;
	}
	return number == ino && (flags & O_ACCMODE) != O_RDONLY;
}

/* Reads an fdinfo directory; sets *any if there is a descriptor. */
static enum writer_close table_look(const char *path, uint64_t ino, bool *any)
{
	enum writer_close found = WRITER_LAST;
	const struct dirent *entry;
	bool told = true;
	DIR *dir = opendir(path);
	int fds;

	if (!dir)
		return WRITER_UNKNOWN;
	fds = openat(dirfd(dir), "../fd", O_PATH | O_DIRECTORY | O_CLOEXEC);
	errno = 0;
	while (found == WRITER_LAST && (entry = readdir(dir))) {
		if (entry->d_name[0] == '.')
			continue;
		*any = true;
		if (is_other_inode(fds, entry->d_name, ino))
			continue;
		if (writes_to(dirfd(dir), entry->d_name, ino, &told))
			found = WRITER_MORE;
		else if (!told)
			found = WRITER_UNKNOWN;
		errno = 0;
	}
	if (found == WRITER_LAST && errno)
		found = WRITER_UNKNOWN;
	if (fds >= 0)
		close(fds);
	closedir(dir);
	return found;
}

/*
 * The table is empty if the first thread has ended. Usually the whole process
 * ends; but if another thread calls execve, the first one ends, and the one
 * that lives on has the descriptors.
 */
static enum writer_close tables_look(pid_t process, uint64_t ino, bool *any)
{
	enum writer_close found, another;
	const struct dirent *entry;
	char path[128];
	DIR *threads;

	snprintf(path, sizeof(path), "/proc/%ld/fdinfo", (long)process);
	found = table_look(path, ino, any);
	if (found != WRITER_LAST || *any)
		return found;
	snprintf(path, sizeof(path), "/proc/%ld/task", (long)process);
	threads = opendir(path);
	while (threads && !*any && (entry = readdir(threads))) {
		snprintf(path, sizeof(path), "/proc/%ld/task/%.32s/fdinfo",
			(long)process, entry->d_name);
		another = entry->d_name[0] == '.' ? WRITER_LAST
						  : table_look(path, ino, any);
		if (*any)
			found = another;
	}
	if (threads)
		closedir(threads);
	return found;
}

/*
 * Whether a child process writes to the inode. The program that a shell (fish)
 * or another parent starts with its output in the file goes on writing after
 * the parent has closed it.
 */
static bool children_write(pid_t process, uint64_t ino)
{
	char path[128], text[4096], *rest = text, *word;
	bool any = false;

	snprintf(path, sizeof(path), "/proc/%ld/task/%ld/children",
		(long)process, (long)process);
	if (proc_read(AT_FDCWD, path, text, sizeof(text)))
		return false;
	while ((word = strsep(&rest, " "))) {
		snprintf(path, sizeof(path), "/proc/%.16s/fdinfo", word);
		if (*word && table_look(path, ino, &any) == WRITER_MORE)
			return true;
	}
	return false;
}

enum writer_close writer_close(pid_t tid, pid_t opener, uint64_t ino)
{
	enum writer_close found;
	char status[4096];
	bool any = false;

	if (proc_status(tid, status, sizeof(status)) || opener <= 0 ||
		status_process(status) != opener || status_in_exec(status))
		return WRITER_UNKNOWN;
	found = tables_look(opener, ino, &any);
	if (found == WRITER_LAST && !any &&
		(is_killed(tid) || is_killed(opener)))
		return WRITER_KILLED;
	if (found == WRITER_LAST && any && children_write(opener, ino))
		return WRITER_CHILD;
	return found;
}
