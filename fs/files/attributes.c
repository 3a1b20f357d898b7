/* SPDX-License-Identifier: MIT */
/* fs/files/attributes.c - attributes of backing files, as they are shown */
#include "fs/files/files.h"

#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/xattr.h>
#include <unistd.h>

#include "fs/base/base.h"
#include "fs/files/files_private.h"

/* A file inherits the group, and a directory the setgid bit, of a setgid
 * directory. chown(2) clears setuid and setgid bits, so the mode is set again.
 */
int owner_set(struct inode *dir, int fd, const char *name, mode_t mode,
	const struct file_caller *caller)
{
	gid_t gid = caller->gid;
	struct stat st;

	if (!dir->files->is_root || (!caller->uid && !caller->gid))
		return 0;
	if (fstatat(fd, "", &st, AT_EMPTY_PATH) == 0 && st.st_mode & S_ISGID)
		gid = (gid_t)-1;
	if (fchownat(fd, name, caller->uid, gid, AT_SYMLINK_NOFOLLOW))
		return -errno;
	if (S_ISREG(mode) && mode & (S_ISUID | S_ISGID) &&
		fchmodat(fd, name, mode & 07777, 0))
		return -errno;
	return 0;
}

static int inode_stat(struct inode *inode, struct stat *st)
{
	struct file_opened *opened = LIST_FIRST(&inode->opened);
	const char *name;
	int fd, err;

	if (opened)
		return fstat(opened->fd, st) ? -errno : 0;
	err = inode_reach(inode, &fd, &name);
	if (err)
		return err;
	if (fstatat(fd, name, st, AT_SYMLINK_NOFOLLOW | AT_EMPTY_PATH))
		return errno == ENOENT ? -ESTALE : -errno;
	if (inode->file.number && st->st_ino != inode->file.number)
		return -ESTALE;
	return 0;
}

static struct stat top_stat(const struct files_options *options)
{
	return (struct stat){
		.st_mode = S_IFDIR | options->top_mode,
		.st_blksize = 4096,
		.st_atim = options->epoch,
		.st_mtim = options->epoch,
		.st_ctim = options->epoch,
	};
}

/* A directory's link count is 1, which means "unknown", as in btrfs: virtual
 * directories in it would count, too. */
int file_stat(struct file *file, struct stat *st)
{
	struct inode *inode = inode_of(file);
	const struct files_options *options = &inode->files->options;
	bool is_top = inode->dir && inode->dir->key;
	int err = inode_stat(inode, st);

	/* It does not exist on disk yet, or was removed before it did. */
	if (is_top && (err == -ENOENT || (inode->is_pinned && inode->fd < 0)))
		*st = top_stat(options);
	else if (err)
		return err;
	st->st_ino = file->ino;
	if (inode->dir)
		st->st_nlink = dir_is_alive(inode);
	if (!S_ISLNK(st->st_mode))
		st->st_mode &= ~(
			S_ISDIR(st->st_mode) ? options->dmask : options->fmask);
	if (options->has_uid || is_top)
		st->st_uid = options->uid;
	if (options->has_gid || is_top)
		st->st_gid = options->gid;
	return 0;
}

static uint64_t born_at(int fd, const char *name)
{
	struct statx stat;

	if (statx(fd, name,
		    AT_SYMLINK_NOFOLLOW | AT_EMPTY_PATH | AT_STATX_DONT_SYNC,
		    STATX_BTIME, &stat) ||
		!(stat.stx_mask & STATX_BTIME))
		return 0;
	return (uint64_t)stat.stx_btime.tv_sec * 1000000000 +
		stat.stx_btime.tv_nsec;
}

uint64_t file_born(struct file *file)
{
	struct inode *inode = inode_of(file);
	struct file_opened *opened = LIST_FIRST(&inode->opened);
	const char *name = "";
	int fd;

	if (opened)
		fd = opened->fd;
	else if (inode_reach(inode, &fd, &name))
		return 0;
	return born_at(fd, name);
}

uint64_t file_found_born(const struct file_found *found)
{
	return born_at(found->dir, found->name);
}

/* ---- changes ---- */

/* Creates a top directory on disk, where its attributes are set. */
static int top_make_first(struct inode *inode)
{
	int fd = inode->dir && inode->dir->key ? dir_fd_make(inode) : 0;

	return fd < 0 ? fd : 0;
}

/* By path if the kernel has no handle: unlike ftruncate(2), truncate(2) leaves
 * the times alone if the size stays. */
static int size_set(struct inode *inode, struct file_opened *opened, off_t size)
{
	int fd = opened ? opened->fd : -1;
	char path[REACH_MAX];
	struct stat st;
	int err;

	if (!S_ISREG(inode->file.type))
		return inode->dir ? -EISDIR : -EINVAL;
	err = inode_path(inode, path);
	if (!err)
		err = inode_stat(inode, &st);
	if (err)
		return err;
	if (fd >= 0 ? ftruncate(fd, size) : truncate(path, size))
		return -errno;
	if (st.st_size != size)
		inode->file.generation++;
	return 0;
}

/* The kernel has checked the caller; the disk checks the daemon. Setting the
 * same owner again is always allowed. */
static int owner_change(struct inode *inode, int which, const struct stat *st)
{
	uid_t uid = which & FILE_SET_UID ? st->st_uid : (uid_t)-1;
	gid_t gid = which & FILE_SET_GID ? st->st_gid : (gid_t)-1;
	const struct files_options *options = &inode->files->options;
	bool is_shown = options->has_uid || options->has_gid ||
		(inode->dir && inode->dir->key);
	const char *name;
	struct stat now;
	int fd, err = file_stat(&inode->file, &now);

	if (!err)
		err = inode_reach(inode, &fd, &name);
	if (!err &&
		(is_shown ||
			fchownat(fd, name, uid, gid,
				AT_SYMLINK_NOFOLLOW | AT_EMPTY_PATH)))
		err = is_shown ? -EPERM : -errno;
	if (err == -EPERM && (uid == (uid_t)-1 || uid == now.st_uid) &&
		(gid == (gid_t)-1 || gid == now.st_gid))
		err = 0;
	return err;
}

static int mode_set(struct inode *inode, mode_t mode)
{
	char path[REACH_MAX];
	int err;

	if (S_ISLNK(inode->file.type))
		return -EOPNOTSUPP;
	err = inode_path(inode, path);
	if (err)
		return err;
	return chmod(path, mode & 07777) ? -errno : 0;
}

static int times_set(struct inode *inode, int which, const struct stat *st)
{
	struct timespec times[2] = { st->st_atim, st->st_mtim };
	const char *name;
	int fd, err = inode_reach(inode, &fd, &name);

	if (err)
		return err;
	if (which & FILE_SET_ATIME_NOW)
		times[0].tv_nsec = UTIME_NOW;
	else if (!(which & FILE_SET_ATIME))
		times[0].tv_nsec = UTIME_OMIT;
	if (which & FILE_SET_MTIME_NOW)
		times[1].tv_nsec = UTIME_NOW;
	else if (!(which & FILE_SET_MTIME))
		times[1].tv_nsec = UTIME_OMIT;
	return utimensat(fd, name, times, AT_SYMLINK_NOFOLLOW | AT_EMPTY_PATH)
		? -errno
		: 0;
}

int file_setattr(struct file *file, struct file_opened *opened, int which,
	const struct stat *st)
{
	struct inode *inode = inode_of(file);
	int times = FILE_SET_ATIME | FILE_SET_MTIME | FILE_SET_ATIME_NOW |
		FILE_SET_MTIME_NOW;
	int err = top_make_first(inode);

	if (!err && which & FILE_SET_SIZE)
		err = size_set(inode, opened, st->st_size);
	if (!err && which & (FILE_SET_UID | FILE_SET_GID))
		err = owner_change(inode, which, st);
	if (!err && which & FILE_SET_MODE)
		err = mode_set(inode, st->st_mode);
	if (!err && which & times)
		err = times_set(inode, which, st);
	if (!err)
		inode->is_dirty = true;
	return err;
}

void file_touch(struct file *dir)
{
	const struct stat none = { 0 };

	times_set(inode_of(dir), FILE_SET_MTIME_NOW, &none);
}

int file_readlink(struct file *file, char **target)
{
	char text[PATH_MAX];
	const char *name;
	ssize_t len;
	int fd, err = inode_reach(inode_of(file), &fd, &name);

	if (!S_ISLNK(file->type))
		return -EINVAL;
	if (err)
		return err;
	len = readlinkat(fd, name, text, sizeof(text));
	if (len < 0)
		return -errno;
	*target = strndup(text, (size_t)len);
	return *target ? 0 : -ENOMEM;
}

/* ---- extended attributes ---- */

static int xattr_path(struct file *file, const char *name, char path[REACH_MAX])
{
	if (name && strncmp(name, "user.", 5))
		return -ENOTSUP;
	if (S_ISLNK(file->type))
		return name ? -EPERM : -ENOTSUP;
	return inode_path(inode_of(file), path);
}

int file_setxattr(struct file *file, const char *name, const void *value,
	size_t size, int flags)
{
	char path[REACH_MAX];
	int err = top_make_first(inode_of(file));

	if (!err)
		err = xattr_path(file, name, path);
	if (!err && setxattr(path, name, value, size, flags))
		err = -errno;
	if (!err)
		inode_of(file)->is_dirty = true;
	return err;
}

ssize_t file_getxattr(
	struct file *file, const char *name, void *value, size_t size)
{
	char path[REACH_MAX];
	int err = xattr_path(file, name, path);
	ssize_t n;

	if (err)
		return err == -ENOENT || err == -EPERM ? -ENODATA : err;
	n = getxattr(path, name, value, size);
	return n < 0 ? -errno : n;
}

/* Only names of user.* are shown. */
ssize_t file_listxattr(struct file *file, char *list, size_t size)
{
	char path[REACH_MAX], *all;
	int err = xattr_path(file, NULL, path);
	size_t used = 0, len;
	ssize_t n;

	if (err)
		return err == -ENOENT || err == -ENOTSUP ? 0 : err;
	all = malloc(XATTR_LIST_MAX);
	if (!all)
		return -ENOMEM;
	n = listxattr(path, all, XATTR_LIST_MAX);
	err = n < 0 ? -errno : 0;
	for (char *name = all; n > 0 && name < all + n; name += len) {
		len = strlen(name) + 1;
		if (strncmp(name, "user.", 5))
			continue;
		memmove(all + used, name, len);
		used += len;
	}
	if (size && used > size)
		err = -ERANGE;
	else if (size)
		memcpy(list, all, used);
	free(all);
	return err ? (err == -ENOTSUP ? 0 : err) : (ssize_t)used;
}

int file_removexattr(struct file *file, const char *name)
{
	char path[REACH_MAX];
	int err = xattr_path(file, name, path);

	if (!err && removexattr(path, name))
		err = -errno;
	if (!err)
		inode_of(file)->is_dirty = true;
	return err == -ENOENT ? -ENODATA : err;
}
