/* SPDX-License-Identifier: MIT */
/* fs/program/mountpoint.c - can the directory be mounted on */
#include "fs/program/program.h"

#include <errno.h>
#include <fcntl.h>
#include <mntent.h>
#include <poll.h>
#include <spawn.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/statfs.h>
#include <sys/sysmacros.h>
#include <sys/wait.h>
#include <unistd.h>

#define FUSE_DEVICE makedev(10, 229) /* as the kernel's devices.txt has it */
#define LINE_LEN (8 * PATH_MAX)	     /* two paths, each byte of them escaped */

extern char **environ;

int mountpoint_find(
	FILE *mounts, const char *path, struct mountpoint_mount *mount)
{
	char line[LINE_LEN];
	struct mntent entry;
	int err = -ENOENT;

	while (getmntent_r(mounts, &entry, line, sizeof(line))) {
		if (strcmp(entry.mnt_dir, path) || !entry.mnt_type[0])
			continue;
		snprintf(mount->fstype, sizeof(mount->fstype), "%s",
			entry.mnt_type);
		snprintf(mount->source, sizeof(mount->source), "%s",
			entry.mnt_fsname);
		err = 0; /* the last one with this path is the topmost */
	}
	return err;
}

static int mount_on(const char *path, struct mountpoint_mount *mount)
{
	FILE *mounts = setmntent("/proc/self/mounts", "re");
	int err;

	if (!mounts)
		return -errno;
	err = mountpoint_find(mounts, path, mount);
	endmntent(mounts);
	return err;
}

/* Like realpath(3), which asks the filesystem and so fails on a dead mount. */
static int path_resolve(const char *path, char out[PATH_MAX])
{
	int fd = open(path, O_PATH | O_CLOEXEC), err = 0;
	char link[40];
	ssize_t len;

	if (fd < 0)
		return -errno;
	snprintf(link, sizeof(link), "/proc/self/fd/%d", fd);
	len = readlink(link, out, PATH_MAX);
	if (len < 0)
		err = -errno;
	else if (len == PATH_MAX)
		err = -ENAMETOOLONG;
	else
		out[len] = '\0';
	close(fd);
	return err;
}

/* For users, who may not call umount(2). */
static int fusermount_detach(const char *path)
{
	char *const argv[] = { "fusermount3", "-u", "-z", "-q", "--",
		(char *)path, NULL };
	int status;
	pid_t pid;
	int err = posix_spawnp(&pid, argv[0], NULL, NULL, argv, environ);

	if (err)
		return -err;
	while (waitpid(pid, &status, 0) < 0)
		if (errno != EINTR)
			return -errno;
	return WIFEXITED(status) && WEXITSTATUS(status) == 0 ? 0 : -EPERM;
}

static int detach(const char *path)
{
	if (umount2(path, MNT_DETACH | UMOUNT_NOFOLLOW) == 0)
		return 0;
	return errno == EPERM ? fusermount_detach(path) : -errno;
}

/* The errors of a FUSE mount whose daemon has ended. */
static bool is_dead(int err)
{
	return err == -ENOTCONN || err == -ECONNABORTED;
}

/* Returns the error of a dead mount, too. stat is not enough: the kernel
 * answers it for a dead daemon as long as the cached attributes are fresh. It
 * never caches statfs. is_fuse is needed because /proc/self/mounts also lists
 * mounts that another one hides. */
static int path_probe(const char *path, bool *is_dir, bool *is_fuse)
{
	struct statfs fs = { 0 };
	struct stat st;

	if (stat(path, &st))
		return -errno;
	if (statfs(path, &fs) && is_dead(-errno))
		return -errno;
	*is_dir = S_ISDIR(st.st_mode);
	*is_fuse = fs.f_type == FUSE_SUPER_MAGIC;
	return 0;
}

static int dead_remove(const char *path, char *why, size_t why_len)
{
	struct mountpoint_mount mount = { .fstype = "?", .source = "?" };
	int err = mount_on(path, &mount);

	if (err || strcmp(mount.fstype, MOUNTPOINT_FSTYPE))
		return refuse(-ENOTCONN, why, why_len,
			"%s: a dead mount of type %s (%s) is on it; run: "
			"umount -l %s",
			path, mount.fstype, mount.source, path);
	err = detach(path);
	if (err)
		return refuse(-ENOTCONN, why, why_len,
			"%s: cannot unmount a dead unsandboxfs (%s); as its "
			"owner, run: fusermount3 -uz %s",
			path, strerror(-err), path);
	return 0;
}

static int live_check(
	const char *path, bool is_dir, bool is_fuse, char *why, size_t why_len)
{
	struct mountpoint_mount mount;

	if (!is_dir)
		return refuse(
			-ENOTDIR, why, why_len, "%s: not a directory", path);
	if (is_fuse && mount_on(path, &mount) == 0 &&
		strcmp(mount.fstype, MOUNTPOINT_FSTYPE) == 0)
		return refuse(-EBUSY, why, why_len,
			"%s: unsandboxfs is mounted there already (%s); to "
			"unmount it, run: fusermount3 -u %s",
			path, mount.source, path);
	return 0;
}

int mountpoint_remount(const struct options *options, char *why, size_t why_len)
{
	static const struct {
		const char *name;
		unsigned long flag;
	} flags[] = { { "noexec", MS_NOEXEC }, { "noatime", MS_NOATIME },
		{ "dirsync", MS_DIRSYNC }, { "sync", MS_SYNCHRONOUS } };
	const struct mntent given = { .mnt_opts = options->kernel };
	unsigned long wanted = MS_REMOUNT | MS_NOSUID | MS_NODEV |
		(options->read_only ? MS_RDONLY : 0);
	struct mountpoint_mount mount_there;
	char path[PATH_MAX];
	int err = path_resolve(options->mountpoint, path);

	if (!err)
		err = mount_on(path, &mount_there);
	if (!err && strcmp(mount_there.fstype, MOUNTPOINT_FSTYPE))
		err = -ENOENT;
	if (err)
		return refuse(err, why, why_len,
			"%s: no unsandboxfs is mounted there", path);
	for (size_t i = 0; i < sizeof(flags) / sizeof(*flags); i++)
		if (options->kernel && hasmntopt(&given, flags[i].name))
			wanted |= flags[i].flag;
	if (mount(NULL, path, NULL, wanted, NULL))
		return refuse(-errno, why, why_len, "%s: cannot remount: %s",
			path, strerror(errno));
	return 0;
}

int mountpoint_passed(const char *path)
{
	int fd, len;

	return sscanf(path, "/dev/fd/%9d%n", &fd, &len) == 1 && fd >= 0 &&
			path[len] == '\0'
		? fd
		: -1;
}

int mountpoint_take(const char *path, char *why, size_t why_len)
{
	struct pollfd poll_fd = { .fd = mountpoint_passed(path) };
	struct stat st;

	/* 0 to 2 are the daemon's own. */
	if (poll_fd.fd <= STDERR_FILENO || fstat(poll_fd.fd, &st) ||
		!S_ISCHR(st.st_mode) || st.st_rdev != FUSE_DEVICE)
		return refuse(-EBADF, why, why_len,
			"%s: not /dev/fuse, opened by the caller as descriptor "
			"3 or higher",
			path);
	if (poll(&poll_fd, 1, 0) < 0 || poll_fd.revents & POLLERR)
		return refuse(-EBADF, why, why_len,
			"%s: /dev/fuse, but not mounted; the caller has to "
			"mount it first",
			path);
	fcntl(poll_fd.fd, F_SETFD, FD_CLOEXEC);
	return 0;
}

int mountpoint_look(const char *path, char *text, size_t text_len)
{
	struct mountpoint_mount mount;
	char out[PATH_MAX];
	bool is_dir = false, is_fuse = false;
	int err = path_resolve(path, out);

	if (!err)
		err = path_probe(out, &is_dir, &is_fuse);
	if (is_dead(err))
		return refuse(err, text, text_len,
			"%s: a dead mount; to replace it, mount again, or run: "
			"fusermount3 -uz %s",
			path, path);
	if (err)
		return refuse(
			err, text, text_len, "%s: %s", path, strerror(-err));
	if (live_check(out, is_dir, is_fuse, text, text_len) == -ENOTDIR)
		return -ENOTDIR;
	if (is_fuse && mount_on(out, &mount) == 0 &&
		strcmp(mount.fstype, MOUNTPOINT_FSTYPE) == 0)
		return refuse(0, text, text_len,
			"%s: mounted (%s), and answers", path, mount.source);
	return refuse(0, text, text_len, "%s: can be mounted on", path);
}

int mountpoint_prepare(
	const char *path, char out[PATH_MAX], char *why, size_t why_len)
{
	bool is_dir, is_fuse;
	int err = path_resolve(path, out);

	/* Dead mounts may lie on top of one another; each turn removes one. */
	while (!err) {
		err = path_probe(out, &is_dir, &is_fuse);
		if (!err)
			return live_check(out, is_dir, is_fuse, why, why_len);
		if (!is_dead(err))
			break;
		err = dead_remove(out, why, why_len);
		if (err)
			return err;
	}
	if (err == -ENOENT)
		return refuse(err, why, why_len,
			"%s: does not exist; to create it, run: mkdir -p %s",
			path, path);
	return refuse(err, why, why_len, "%s: %s", path, strerror(-err));
}
