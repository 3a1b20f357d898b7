/* SPDX-License-Identifier: MIT */
/* tests/server/root.c - a root directory without FUSE mounts */
#include "root.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "mounts.h"

enum { PATH_LEN = 4096 };

/* The new root, until it is entered. */
static const char place[] = "/tmp";

/* The mount points of FUSE; has_root: the program gets its own /root. */
struct left_out {
	char **paths;
	size_t count;
	bool has_root;
};

static int left_out_read(struct left_out *left_out)
{
	FILE *list = fopen("/proc/self/mounts", "re");
	char path[PATH_LEN], type[64];
	int err = list ? 0 : -errno;

	while (!err &&
		fscanf(list, "%*s %4095s %63s %*[^\n]", path, type) == 2) {
		char **grown;

		if (strncmp(type, "fuse", 4) || !path[1])
			continue;
		grown = reallocarray(left_out->paths, left_out->count + 1,
			sizeof(*left_out->paths));
		if (grown)
			left_out->paths = grown;
		if (!grown || !(grown[left_out->count] = strdup(path)))
			err = -ENOMEM;
		else
			left_out->count++;
	}
	if (list)
		fclose(list);
	return err;
}

static void left_out_clear(struct left_out *left_out)
{
	while (left_out->count)
		free(left_out->paths[--left_out->count]);
	free(left_out->paths);
}

static bool is_left_out(const struct left_out *left_out, const char *path)
{
	for (size_t i = 0; i < left_out->count; i++)
		if (!strcmp(left_out->paths[i], path))
			return true;
	return false;
}

static bool is_above(const struct left_out *left_out, const char *path)
{
	size_t len = strlen(path);

	for (size_t i = 0; i < left_out->count; i++)
		if (!strncmp(left_out->paths[i], path, len) &&
			left_out->paths[i][len] == '/')
			return true;
	return false;
}

static int bind(const char *from, const char *to)
{
	return mount(from, to, NULL, MS_BIND | MS_REC, NULL) ? -errno : 0;
}

static int plant_entries(const struct left_out *left_out, const char *from);

static int plant_directory(
	const struct left_out *left_out, const char *from, const char *to)
{
	if (mkdir(to, 0755))
		return -errno;
	if (is_left_out(left_out, from))
		return 0;
	return is_above(left_out, from) ? plant_entries(left_out, from)
					: bind(from, to);
}

static int plant_file(const char *from, const char *to)
{
	int fd = open(to, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0644);

	if (fd < 0)
		return -errno;
	close(fd);
	return bind(from, to);
}

static int plant_link(const char *from, const char *to)
{
	char target[PATH_LEN];
	ssize_t len = readlink(from, target, sizeof(target) - 1);

	if (len < 0)
		return -errno;
	target[len] = '\0';
	return symlink(target, to) ? -errno : 0;
}

static int plant(const struct left_out *left_out, const char *from)
{
	char to[PATH_LEN];
	struct stat stat;

	if (snprintf(to, sizeof(to), "%s%s", place, from) >= PATH_LEN)
		return -ENAMETOOLONG;
	if (lstat(from, &stat))
		return 0; /* it was removed, or is a dead mount */
	if (S_ISLNK(stat.st_mode))
		return plant_link(from, to);
	return S_ISDIR(stat.st_mode) ? plant_directory(left_out, from, to)
				     : plant_file(from, to);
}

static int plant_entries(const struct left_out *left_out, const char *from)
{
	DIR *dir = opendir(from);
	struct dirent *entry;
	char path[PATH_LEN];
	int err = 0;

	if (!dir) /* the program cannot read it either */
		return errno == EACCES ? 0 : -errno;
	while (!err && (entry = readdir(dir))) {
		if (!strcmp(entry->d_name, ".") || !strcmp(entry->d_name, ".."))
			continue;
		if (snprintf(path, sizeof(path), "%s/%s", from[1] ? from : "",
			    entry->d_name) >= PATH_LEN)
			err = -ENAMETOOLONG;
		else if (strcmp(path, place) != 0 &&
			!(left_out->has_root && !strcmp(path, "/root")))
			err = plant(left_out, path);
		if (err == -ENOENT) /* it was removed meanwhile */
			err = 0;
	}
	closedir(dir);
	return err;
}

static int root_change(void)
{
	if (chdir(place) || syscall(SYS_pivot_root, ".", ".") ||
		umount2(".", MNT_DETACH) || chdir("/"))
		return -errno;
	return 0;
}

int root_enter(const char *dir)
{
	struct left_out left_out = { 0 };
	char opened[64], root[80];
	int err, fd = open(dir, O_PATH | O_DIRECTORY | O_CLOEXEC);

	if (fd < 0)
		return -errno;
	snprintf(opened, sizeof(opened), "/proc/self/fd/%d", fd);
	snprintf(root, sizeof(root), "%s/%s", opened, MOUNTS_ROOT);
	left_out.has_root = access(root, X_OK) == 0;
	err = left_out_read(&left_out);
	if (!err && mount("root", place, "tmpfs", 0, "size=16m,mode=0755"))
		err = -errno;
	if (!err)
		err = plant_entries(&left_out, "/");
	if (!err && mkdir("/tmp/tmp", 0755))
		err = -errno;
	if (!err)
		err = bind(opened, "/tmp/tmp");
	if (!err && left_out.has_root && mkdir("/tmp/root", 0755))
		err = -errno;
	if (!err && left_out.has_root)
		err = bind(root, "/tmp/root");
	if (!err)
		err = root_change();
	left_out_clear(&left_out);
	close(fd);
	return err;
}
