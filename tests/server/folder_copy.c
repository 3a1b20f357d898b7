/* SPDX-License-Identifier: MIT */
/* tests/server/folder_copy.c - copies or measures a whole directory */
#include "folder.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/sendfile.h>
#include <sys/stat.h>
#include <unistd.h>

static int copy_file(
	int from_dir, int to_dir, const char *name, const struct stat *info)
{
	struct timespec times[2] = { info->st_atim, info->st_mtim };
	int err = 0;
	int from = openat(
		from_dir, name, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK);
	int to = openat(to_dir, name, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC,
		info->st_mode & 07777);
	ssize_t done;

	if (from < 0 || to < 0)
		err = -errno;
	while (!err) {
		done = sendfile(to, from, NULL, 1 << 24);
		if (done == 0)
			break;
		if (done < 0 && errno != EINTR)
			err = -errno;
	}
	if (to >= 0) {
		fchmod(to, info->st_mode & 07777);
		futimens(to, times);
		close(to);
	}
	if (from >= 0)
		close(from);
	return err;
}

static int copy_link(int from_dir, int to_dir, const char *name)
{
	char target[4096];
	ssize_t len = readlinkat(from_dir, name, target, sizeof(target) - 1);

	if (len < 0)
		return -errno;
	target[len] = '\0';
	return symlinkat(target, to_dir, name) ? -errno : 0;
}

static int copy_tree(int from_dir, int to_dir);

/* Opens both and copies the contents. */
static int copy_open(
	int from_dir, const char *from_name, int to_dir, const char *to_name)
{
	const int flags = O_RDONLY | O_DIRECTORY | O_CLOEXEC | O_NOFOLLOW;
	int from = openat(from_dir, from_name, flags);
	int to = openat(to_dir, to_name, flags);
	int err = errno;

	if (from >= 0 && to >= 0)
		return copy_tree(from, to);
	if (from >= 0)
		close(from);
	if (to >= 0)
		close(to);
	return -err;
}

static int copy_dir(
	int from_dir, int to_dir, const char *name, const struct stat *info)
{
	struct timespec times[2] = { info->st_atim, info->st_mtim };
	int err;

	if (mkdirat(to_dir, name, 0700) && errno != EEXIST)
		return -errno;
	err = copy_open(from_dir, name, to_dir, name);
	if (!err && fchmodat(to_dir, name, info->st_mode & 07777, 0))
		err = -errno;
	if (!err && utimensat(to_dir, name, times, AT_SYMLINK_NOFOLLOW))
		err = -errno;
	return err;
}

/* A file that disappears during the copy is skipped. */
static int copy_entry(int from_dir, int to_dir, const char *name)
{
	struct stat info;
	int err = 0;

	if (fstatat(from_dir, name, &info, AT_SYMLINK_NOFOLLOW))
		return 0;
	if (S_ISDIR(info.st_mode))
		err = copy_dir(from_dir, to_dir, name, &info);
	else if (S_ISLNK(info.st_mode))
		err = copy_link(from_dir, to_dir, name);
	else if (S_ISREG(info.st_mode))
		err = copy_file(from_dir, to_dir, name, &info);
	return err == -ENOENT ? 0 : err;
}

/* Takes both descriptors. */
static int copy_tree(int from_dir, int to_dir)
{
	DIR *list = fdopendir(from_dir);
	struct dirent *entry;
	int err = 0;

	if (!list) {
		close(from_dir);
		close(to_dir);
		return -ENOMEM;
	}
	while (!err && (entry = readdir(list))) {
		if (!strcmp(entry->d_name, ".") || !strcmp(entry->d_name, ".."))
			continue;
		err = copy_entry(from_dir, to_dir, entry->d_name);
	}
	closedir(list);
	close(to_dir);
	return err;
}

int folder_copy(const char *from, const char *to)
{
	int err = folder_make(to);

	return err ? err : copy_open(AT_FDCWD, from, AT_FDCWD, to);
}

static int size_tree(int dir, long long *size)
{
	DIR *list = fdopendir(dir);
	struct dirent *entry;
	struct stat info;
	int below;

	if (!list) {
		close(dir);
		return -ENOMEM;
	}
	while ((entry = readdir(list))) {
		if (!strcmp(entry->d_name, ".") || !strcmp(entry->d_name, ".."))
			continue;
		if (fstatat(dir, entry->d_name, &info, AT_SYMLINK_NOFOLLOW))
			continue;
		if (S_ISREG(info.st_mode))
			*size += info.st_size;
		if (!S_ISDIR(info.st_mode))
			continue;
		below = openat(dir, entry->d_name,
			O_RDONLY | O_DIRECTORY | O_CLOEXEC | O_NOFOLLOW);
		if (below >= 0)
			size_tree(below, size);
	}
	closedir(list);
	return 0;
}

int folder_size(const char *path, long long *size)
{
	int dir = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);

	*size = 0;
	return dir < 0 ? -errno : size_tree(dir, size);
}
