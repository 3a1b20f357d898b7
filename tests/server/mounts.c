/* SPDX-License-Identifier: MIT */
/* tests/server/mounts.c - the directories that a program sees as its own */
#include "mounts.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/mount.h>
#include <unistd.h>

#include "root.h"

/* A copy of a FUSE mount would keep the mount alive after its umount. */
static void drop_fuse_mounts(void)
{
	FILE *list = fopen("/proc/self/mounts", "re");
	char place[4096], type[64];

	while (list &&
		fscanf(list, "%*s %4095s %63s %*[^\n]", place, type) == 2)
		if (!strncmp(type, "fuse", 4) && strcmp(place, "/"))
			umount2(place, MNT_DETACH);
	if (list)
		fclose(list);
}

static int bind_fd(int fd, const char *to)
{
	char from[64];

	snprintf(from, sizeof(from), "/proc/self/fd/%d", fd);
	return mount(from, to, NULL, MS_BIND | MS_REC, NULL) ? -errno : 0;
}

/* Mounting one may hide the other's path, so both are opened first. */
static int bind_both(const char *dir)
{
	int fd = open(dir, O_PATH | O_DIRECTORY | O_CLOEXEC);
	int root = fd < 0
		? -1
		: openat(fd, MOUNTS_ROOT,
			  O_PATH | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	int err = fd < 0 ? -errno : 0;

	if (!err && root >= 0)
		err = bind_fd(root, "/root");
	if (!err)
		err = bind_fd(fd, "/tmp");
	if (root >= 0)
		close(root);
	if (fd >= 0)
		close(fd);
	return err;
}

int mounts_make(const char *dir, bool has_user_namespace)
{
	struct mount_attr closed = { .attr_set = MOUNT_ATTR_RDONLY };
	struct mount_attr open_again = { .attr_clr = MOUNT_ATTR_RDONLY };
	static const char *const writable[] = { "/tmp", "/root", "/dev" };
	size_t i;
	int err;

	if (mount("none", "/", NULL, MS_REC | MS_SLAVE, NULL))
		return -errno;
	if (!has_user_namespace)
		drop_fuse_mounts();
	err = has_user_namespace ? root_enter(dir) : bind_both(dir);
	if (err)
		return err;
	mount_setattr(AT_FDCWD, "/", AT_RECURSIVE, &closed, sizeof(closed));
	for (i = 0; i < sizeof(writable) / sizeof(*writable); i++)
		mount_setattr(AT_FDCWD, writable[i], AT_RECURSIVE, &open_again,
			sizeof(open_again));
	return 0;
}
