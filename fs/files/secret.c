/* SPDX-License-Identifier: MIT */
/* fs/files/secret.c - files that are kept in memory alone */
#include "fs/files/files.h"

#include <errno.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/sendfile.h>
#include <unistd.h>

#include "fs/files/files_private.h"

/*
 * A secret is a memfd. Its names are in the memory lists of its directories,
 * which are searched before the disk. A file becomes a secret when it gets a
 * name that says so: its content on disk is then truncated and unlinked, and it
 * cannot get another kind of name any more.
 */

bool secret_name(const struct inode *dir, const char *name, mode_t type)
{
	return S_ISREG(type) && dir->files->options.is_secret &&
		dir->files->options.is_secret(&dir->file, name);
}

struct place *secret_find(const struct inode *dir, const char *name)
{
	struct place *place;

	if (!dir->dir)
		return NULL;
	TAILQ_FOREACH(place, &dir->dir->memory, memory)
	if (!strcmp(place->name, name))
		return place;
	return NULL;
}

/* A descriptor. If the owner cannot be set, it is the daemon. */
static int memory_new(
	const struct files *files, mode_t mode, uid_t uid, gid_t gid)
{
	int fd = memfd_create("secret", MFD_CLOEXEC);

	if (fd < 0)
		return -errno;
	fchmod(fd, mode & 0700);
	if (files->is_root && fchown(fd, uid, gid))
		return fd;
	return fd;
}

int secret_create(struct inode *dir, const char *name, mode_t mode,
	const struct file_caller *caller, struct file **out)
{
	struct file *file;
	int fd, err;

	if (secret_find(dir, name) ||
		faccessat(dir_fd(dir), name, F_OK, AT_SYMLINK_NOFOLLOW) == 0)
		return -EEXIST;
	fd = memory_new(dir->files, mode, caller->uid, caller->gid);
	if (fd < 0)
		return fd;
	err = inode_new_secret(dir->files, fd, &file);
	if (err) {
		close(fd);
		return err;
	}
	err = place_add(inode_of(file), dir, name);
	if (err)
		file_drop(file);
	else
		*out = file;
	return err;
}

/* A descriptor of a copy in memory of what is on disk. The kernel copies, so
 * that nothing is left in the daemon's own memory. */
static int memory_take(struct inode *inode)
{
	int from = inode_open(inode, O_RDONLY), fd;
	struct stat st;
	ssize_t n = 1;

	if (from < 0)
		return from;
	if (fstat(from, &st))
		fd = -errno;
	else if (st.st_size > SECRET_MAX)
		fd = -EFBIG;
	else
		fd = memory_new(inode->files, st.st_mode, st.st_uid, st.st_gid);
	while (fd >= 0 && n > 0)
		n = sendfile(fd, from, NULL, SECRET_MAX);
	if (n < 0 || (fd >= 0 && lseek(fd, 0, SEEK_SET))) {
		n = -errno;
		close(fd);
		fd = (int)n;
	}
	close(from);
	return fd;
}

/* Truncates and unlinks the file; the inode number stays reserved. */
static int disk_remove(struct inode *inode)
{
	struct files *files = inode->files;
	int fd = inode_open(inode, O_WRONLY), err = 0;
	struct place *place;
	struct stat st;

	if (fd >= 0 && ftruncate(fd, 0))
		err = -errno;
	if (fd >= 0)
		close(fd);
	inode->reserved_fd = inode_open(inode, O_PATH);
	TAILQ_FOREACH(place, &inode->places, link)
	{
		if (fstatat(dir_fd(place->dir), place->name, &st,
			    AT_SYMLINK_NOFOLLOW) ||
			unlinkat(dir_fd(place->dir), place->name, 0))
			err = -errno;
		else
			name_gone(files, &st);
		place->dir->is_dirty = true;
	}
	return err;
}

/* Takes a file from disk into memory. */
static int secret_conceal(struct inode *inode)
{
	struct file_opened *opened;
	struct place *place;
	int fd = memory_take(inode), err;

	if (fd < 0)
		return fd;
	err = file_find_places(&inode->file);
	if (!err)
		err = disk_remove(inode);
	if (err) {
		close(fd);
		return err;
	}
	LIST_FOREACH(opened, &inode->opened, link)
	dup3(fd, opened->fd, O_CLOEXEC);
	inode_close_fd(inode);
	inode->fd = fd;
	inode->is_secret = true;
	inode->is_pinned = false;
	TAILQ_FOREACH(place, &inode->places, link)
	TAILQ_INSERT_TAIL(&place->dir->dir->memory, place, memory);
	return 0;
}

int secret_link(struct inode *inode, struct inode *dir, const char *name)
{
	struct place *place;
	struct stat st;
	int err = 0;

	if (!secret_name(dir, name, inode->file.type))
		return -EPERM;
	if (secret_find(dir, name) ||
		fstatat(dir_fd(dir), name, &st, AT_SYMLINK_NOFOLLOW) == 0)
		return -EEXIST;
	place = place_new(dir, name);
	if (!place)
		return -ENOMEM;
	if (!inode->is_secret)
		err = secret_conceal(inode);
	if (err)
		place_remove(place);
	else
		place_insert(place, inode);
	return err;
}

void secret_unlink(struct place *place)
{
	struct inode *inode = place->inode;

	inode->holds++;
	place_remove(place);
	file_drop(&inode->file);
}

/* Removes what a rename replaces. */
static int replaced_remove(
	struct inode *dir, const char *name, const struct inode *by)
{
	struct place *place = secret_find(dir, name);
	struct stat st;

	if (place && place->inode != by) {
		secret_unlink(place);
		return 0;
	}
	if (place || name_stat(dir_fd(dir), name, &st))
		return 0;
	if (S_ISDIR(st.st_mode))
		return -EISDIR;
	return file_unlink(&dir->file, name);
}

static int secret_move(struct inode *inode, struct inode *dir, const char *name,
	struct inode *new_dir, const char *new_name)
{
	struct place *place = place_new(new_dir, new_name);
	int err = place ? replaced_remove(new_dir, new_name, inode) : -ENOMEM;

	if (!err && !inode->is_secret)
		err = secret_conceal(inode);
	if (err || place_find(inode, new_dir, new_name)) {
		place_remove(place);
		return err;
	}
	place_insert(place, inode);
	place_remove(place_find(inode, dir, name));
	return 0;
}

static int secret_exchange(struct place *one, struct place *other)
{
	struct inode *inode = one->inode;

	TAILQ_REMOVE(&inode->places, one, link);
	TAILQ_REMOVE(&other->inode->places, other, link);
	one->inode = other->inode;
	other->inode = inode;
	TAILQ_INSERT_TAIL(&one->inode->places, one, link);
	TAILQ_INSERT_TAIL(&inode->places, other, link);
	return 0;
}

int secret_rename(struct inode *dir, const char *name, struct inode *new_dir,
	const char *new_name, unsigned flags)
{
	struct place *from = secret_find(dir, name);
	struct place *onto = secret_find(new_dir, new_name);
	struct file *file;
	bool is_wanted;
	int err;

	if (!from && !onto && !secret_name(new_dir, new_name, S_IFREG))
		return 1;
	err = file_lookup(&dir->file, name, &file);
	if (err)
		return err;
	is_wanted = secret_name(new_dir, new_name, file->type);
	if (!from && !onto && !is_wanted)
		err = 1;
	else if (onto && flags & RENAME_NOREPLACE)
		err = -EEXIST;
	else if (flags & RENAME_EXCHANGE)
		err = from && onto ? secret_exchange(from, onto) : -EPERM;
	else if (!is_wanted)
		err = S_ISDIR(file->type) ? -ENOTDIR : -EPERM;
	else
		err = secret_move(inode_of(file), dir, name, new_dir, new_name);
	file_drop(file);
	return err;
}

void secret_wipe(struct inode *inode)
{
	static const char zeroes[4096];
	struct stat st;

	if (fstat(inode->fd, &st))
		return;
	for (off_t at = 0; at < st.st_size; at += (off_t)sizeof(zeroes))
		if (pwrite(inode->fd, zeroes, sizeof(zeroes), at) < 0)
			return;
}
