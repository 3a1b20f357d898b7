/* SPDX-License-Identifier: MIT */
/* tests/server/folder.c - creates, fills, copies and removes directories */
#include "folder.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

int folder_make(const char *path)
{
	char part[4096];
	char *slash;

	if (snprintf(part, sizeof(part), "%s/", path) >= (int)sizeof(part))
		return -ENAMETOOLONG;
	for (slash = strchr(part + 1, '/'); slash;
		slash = strchr(slash + 1, '/')) {
		*slash = '\0';
		if (mkdir(part, 0777) && errno != EEXIST)
			return -errno;
		*slash = '/';
	}
	return 0;
}

static int write_all(int fd, const char *bytes, size_t len)
{
	ssize_t done;

	while (len) {
		done = write(fd, bytes, len);
		if (done < 0 && errno != EINTR)
			return -errno;
		if (done > 0) {
			bytes += done;
			len -= done;
		}
	}
	return 0;
}

int folder_write(
	const char *dir, const char *name, const void *bytes, size_t len)
{
	char path[4096];
	int fd, err;

	if (snprintf(path, sizeof(path), "%s/%s", dir, name) >=
		(int)sizeof(path))
		return -ENAMETOOLONG;
	if (unlink(path) && errno != ENOENT)
		return -errno;
	fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0755);
	if (fd < 0)
		return -errno;
	err = write_all(fd, bytes, len);
	close(fd);
	return err;
}

static int remove_one(
	const char *path, const struct stat *info, int type, struct FTW *place)
{
	(void)info;
	(void)type;
	(void)place;
	remove(path);
	return 0;
}

int folder_remove(const char *path)
{
	if (nftw(path, remove_one, 16, FTW_DEPTH | FTW_PHYS))
		return -errno;
	return access(path, F_OK) ? 0 : -ENOTEMPTY;
}

int folder_read(const char *path, size_t limit, char **bytes, size_t *len)
{
	struct stat info;
	ssize_t got;
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK);

	if (fd < 0)
		return -errno;
	if (fstat(fd, &info) || !S_ISREG(info.st_mode) ||
		(size_t)info.st_size > limit) {
		close(fd);
		return -EFBIG;
	}
	*len = 0;
	*bytes = malloc(info.st_size + 1);
	while (*bytes && *len < (size_t)info.st_size) {
		got = read(fd, *bytes + *len, info.st_size - *len);
		if (got <= 0)
			break;
		*len += got;
	}
	close(fd);
	if (!*bytes)
		return -ENOMEM;
	(*bytes)[*len] = '\0';
	return 0;
}

int folder_each(const char *path, size_t limit,
	void (*each)(
		void *arg, const char *name, const void *bytes, size_t len),
	void *arg)
{
	struct dirent **names;
	char file[4096];
	char *bytes;
	size_t len;
	int count = scandir(path, &names, NULL, alphasort);
	int i;

	if (count < 0)
		return -errno;
	for (i = 0; i < count; i++) {
		snprintf(file, sizeof(file), "%s/%s", path, names[i]->d_name);
		if (folder_read(file, limit, &bytes, &len) == 0) {
			each(arg, names[i]->d_name, bytes, len);
			free(bytes);
		}
		free(names[i]);
	}
	free(names);
	return 0;
}
