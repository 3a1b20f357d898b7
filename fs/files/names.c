/* SPDX-License-Identifier: MIT */
/* fs/files/names.c - names come, go and move */
#include "fs/files/files.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "fs/base/base.h"
#include "fs/files/files_private.h"

int name_stat(int fd, const char *name, struct stat *st)
{
	if (fstatat(fd, name, st, AT_SYMLINK_NOFOLLOW))
		return -errno;
	if (is_settings(name, st->st_mode))
		return -ENOENT;
	return S_ISREG(st->st_mode) || S_ISDIR(st->st_mode) ||
			S_ISLNK(st->st_mode)
		? 0
		: -ENOENT;
}

void name_gone(struct files *files, const struct stat *st)
{
	struct inode *inode = inode_find(files, st);

	if (S_ISDIR(st->st_mode) || st->st_nlink > 1 || !files->options.gone)
		return;
	files->options.gone(
		files->options.ctx, st->st_ino, inode ? &inode->file : NULL);
}

int file_lookup(struct file *file, const char *name, struct file **out)
{
	struct inode *dir = inode_of(file);
	struct stat st;
	int fd, err;

	*out = NULL;
	fd = dir_fd(dir);
	err = fd < 0 ? fd : name_stat(fd, name, &st);
	return err ? err : inode_adopt(dir, name, &st, out);
}

/* ---- making ---- */

/* Finishes a new file. If that fails, the name is removed again. */
static int name_made(struct inode *dir, int fd, const char *name, mode_t mode,
	const struct file_caller *caller, struct file **out)
{
	struct stat st;
	int err;

	dir->is_dirty = true;
	err = owner_set(dir, fd, name, mode, caller);
	if (!err)
		err = name_stat(fd, name, &st);
	if (!err)
		err = inode_adopt(dir, name, &st, out);
	if (!err)
		inode_of(*out)->is_dirty = true;
	else
		unlinkat(fd, name, S_ISDIR(mode) ? AT_REMOVEDIR : 0);
	return err;
}

int file_create(struct file *file, const char *name, mode_t mode, int flags,
	const struct file_caller *caller, struct file_opened *opened,
	struct file **out)
{
	struct inode *dir = inode_of(file);
	int dir_fd = dir_fd_make(dir), fd, err;

	if (dir_fd < 0)
		return dir_fd;
	fd = openat(dir_fd, name,
		(flags & O_ACCMODE) | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC,
		mode & 07777);
	if (fd < 0)
		return -errno;
	err = name_made(dir, dir_fd, name, S_IFREG | mode, caller, out);
	if (err || !opened)
		close(fd);
	else
		opened_add(opened, *out, fd);
	return err;
}

/* Creates a symlink if there is a target, else a directory. */
static int node_make(struct inode *dir, const char *name, mode_t mode,
	const char *target, const struct file_caller *caller, struct file **out)
{
	int fd = dir_fd_make(dir);

	if (fd < 0)
		return fd;
	if (target ? symlinkat(target, fd, name)
		   : mkdirat(fd, name, mode & 07777))
		return -errno;
	return name_made(dir, fd, name, mode, caller, out);
}

int file_mkdir(struct file *dir, const char *name, mode_t mode,
	const struct file_caller *caller, struct file **out)
{
	return node_make(
		inode_of(dir), name, S_IFDIR | mode, NULL, caller, out);
}

int file_symlink(struct file *dir, const char *name, const char *target,
	const struct file_caller *caller, struct file **out)
{
	return node_make(
		inode_of(dir), name, S_IFLNK | 0777, target, caller, out);
}

int file_link(struct file *file, struct file *into, const char *name)
{
	struct inode *inode = inode_of(file), *dir = inode_of(into);
	int fd = dir_fd_make(dir), err;
	char path[REACH_MAX];
	struct place *place;

	if (fd < 0)
		return fd;
	if (inode->dir)
		return -EPERM;
	place = place_new(dir, name);
	if (!place)
		return -ENOMEM;
	err = inode_path(inode, path);
	if (!err &&
		linkat(AT_FDCWD, path, fd, name,
			inode->is_pinned ? AT_SYMLINK_FOLLOW : 0))
		err = -errno;
	if (err) {
		place_remove(place);
		return err;
	}
	place_insert(place, inode);
	dir->is_dirty = inode->is_dirty = true;
	return 0;
}

/* ---- names that go ---- */

/* A file that may lose its last known name, and the descriptor that keeps it
 * reachable then. If the file is not known, closing the descriptor frees its
 * blocks, which the worker does. */
struct leaving {
	struct inode *inode; /* held; NULL: not known */
	struct stat st;	     /* all 0: there is no such name */
	int fd;
};

static int leaving_begin(
	struct leaving *leaving, struct files *files, int fd, const char *name)
{
	int err;

	*leaving = (struct leaving){ .fd = -1 };
	err = name_stat(fd, name, &leaving->st);
	if (err) {
		leaving->st = (struct stat){ 0 };
		return err;
	}
	leaving->inode = inode_find(files, &leaving->st);
	if (leaving->inode)
		leaving->inode->holds++;
	if (!S_ISDIR(leaving->st.st_mode))
		leaving->fd = openat(fd, name, O_PATH | O_NOFOLLOW | O_CLOEXEC);
	else if (leaving->inode)
		dir_fd(leaving->inode);
	return 0;
}

/* Updates the known names and files after a removal. */
static void leaving_end(struct leaving *leaving, struct files *files,
	struct inode *dir, const char *name, bool has_left)
{
	struct inode *inode = leaving->inode;

	if (has_left && leaving->st.st_nlink) {
		if (inode)
			place_remove(place_find(inode, dir, name));
		name_gone(files, &leaving->st);
	}
	if (inode && has_left && TAILQ_EMPTY(&inode->places) &&
		!inode->is_pinned) {
		inode_pin(inode, leaving->fd);
		leaving->fd = -1;
	}
	if (leaving->fd >= 0)
		fd_close(files, leaving->fd);
	if (inode)
		file_drop(&inode->file);
}

void name_leave(
	struct files *files, struct inode *dir, int fd, const char *name)
{
	struct leaving leaving;

	if (leaving_begin(&leaving, files, fd, name) == 0)
		leaving_end(&leaving, files, dir, name, true);
}

static int name_remove(struct inode *dir, const char *name, bool is_dir)
{
	struct leaving leaving;
	int fd = dir_fd(dir), err;

	if (fd < 0)
		return fd;
	err = leaving_begin(&leaving, dir->files, fd, name);
	if (!err) {
		err = is_dir && S_ISDIR(leaving.st.st_mode)
			? dir_clear(fd, name)
			: 0;
		if (!err && unlinkat(fd, name, is_dir ? AT_REMOVEDIR : 0))
			err = -errno;
		leaving_end(&leaving, dir->files, dir, name, !err);
	}
	if (!err)
		dir->is_dirty = true;
	return err;
}

int file_unlink(struct file *file, const char *name)
{
	return name_remove(inode_of(file), name, false);
}

int file_rmdir(struct file *file, const char *name)
{
	return name_remove(inode_of(file), name, true);
}

/* ---- names that move ---- */

/* Moves a known file to a place, which was allocated before, so that nothing
 * can fail after the rename. */
static void name_moved(struct inode *inode, struct place *to,
	const struct inode *dir, const char *name)
{
	if (!to)
		return;
	place_insert(to, inode);
	place_remove(place_find(inode, dir, name));
	inode->is_dirty = true;
}

struct rename {
	struct inode *dir, *new_dir;
	int fd, new_fd;
	const char *name, *new_name;
	unsigned flags;
};

static int rename_do(
	const struct rename *to, struct leaving *old, const struct stat *st)
{
	struct inode *dir = to->dir, *new_dir = to->new_dir,
		     *inode = inode_find(dir->files, st),
		     *other = to->flags & RENAME_EXCHANGE ? old->inode : NULL;
	struct place *place = inode ? place_new(new_dir, to->new_name) : NULL;
	struct place *back = other ? place_new(dir, to->name) : NULL;
	bool is_same =
		st->st_ino == old->st.st_ino && st->st_dev == old->st.st_dev;
	int err = (inode && !place) || (other && !back) ? -ENOMEM : 0;

	if (!err && !to->flags && !is_same && S_ISDIR(st->st_mode) &&
		S_ISDIR(old->st.st_mode))
		err = dir_clear(to->new_fd, to->new_name);
	if (!err &&
		renameat2(
			to->fd, to->name, to->new_fd, to->new_name, to->flags))
		err = -errno;
	if (!err)
		dir->is_dirty = new_dir->is_dirty = true;
	/* Two names of one file: rename(2) leaves both. */
	if (err || is_same) {
		place_remove(place);
		place_remove(back);
	} else {
		name_moved(inode, place, dir, to->name);
		name_moved(other, back, new_dir, to->new_name);
	}
	leaving_end(old, dir->files, new_dir, to->new_name,
		!err && !is_same && !(to->flags & RENAME_EXCHANGE));
	return err;
}

static int rename_on_disk(struct rename *to)
{
	struct leaving old;
	struct stat st;
	int err = name_stat(to->fd, to->name, &st);

	if (err)
		return err;
	err = leaving_begin(&old, to->dir->files, to->new_fd, to->new_name);
	return err && err != -ENOENT ? err : rename_do(to, &old, &st);
}

int file_rename(struct file *file, const char *name, struct file *new_file,
	const char *new_name, unsigned flags)
{
	struct rename to = {
		.dir = inode_of(file),
		.new_dir = inode_of(new_file),
		.name = name,
		.new_name = new_name,
		.flags = flags,
	};

	if (flags & ~(unsigned)(RENAME_NOREPLACE | RENAME_EXCHANGE))
		return -EINVAL;
	to.new_fd = dir_fd_make(to.new_dir);
	if (to.new_fd < 0)
		return to.new_fd;
	to.fd = dir_fd(to.dir);
	return to.fd < 0 ? to.fd : rename_on_disk(&to);
}
