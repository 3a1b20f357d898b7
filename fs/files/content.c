/* SPDX-License-Identifier: MIT */
/* fs/files/content.c - content of backing files, by descriptors of handles */
#include "fs/files/files.h"

#include <errno.h>
#include <stdlib.h>
#include <unistd.h>

#include "fs/files/files_private.h"

void opened_add(struct file_opened *opened, struct file *file, int fd)
{
	opened->fd = fd;
	opened->file = file;
	LIST_INSERT_HEAD(&inode_of(file)->opened, opened, link);
	file_hold(file);
}

static void content_changed(struct inode *inode)
{
	inode->file.generation++;
	inode->is_dirty = true;
}

static int content_cut(struct inode *inode, int fd, bool is_writable)
{
	struct stat st, none = { 0 };

	if (!is_writable)
		return file_setattr(&inode->file, NULL, FILE_SET_SIZE, &none);
	if (fstat(fd, &st) || ftruncate(fd, 0))
		return -errno;
	if (st.st_size)
		content_changed(inode);
	return 0;
}

/* The kernel sends the offset of an appending write; with O_APPEND, pwrite(2)
 * would ignore it. O_DIRECT concerns the kernel's cache. For O_SYNC the kernel
 * sends an fsync after the write. */
int file_open(struct file *file, int flags, struct file_opened *opened)
{
	struct inode *inode = inode_of(file);
	bool is_writable = (flags & O_ACCMODE) != O_RDONLY;
	int fd, err;

	if (!S_ISREG(file->type))
		return inode->dir ? -EISDIR : -ELOOP;
	fd = inode_open(inode, flags & (O_ACCMODE | O_NOATIME));
	if (fd < 0)
		return fd;
	err = flags & O_TRUNC ? content_cut(inode, fd, is_writable) : 0;
	if (err) {
		close(fd);
		return err;
	}
	opened_add(opened, file, fd);
	return 0;
}

void file_close(struct file_opened *opened)
{
	struct inode *inode = inode_of(opened->file);

	LIST_REMOVE(opened, link);
	fd_close(inode->files, opened->fd);
	opened->fd = -1;
	file_drop(&inode->file);
}

ssize_t file_write(
	struct file_opened *opened, const void *bytes, size_t len, off_t offset)
{
	struct inode *inode = inode_of(opened->file);
	size_t done = 0;
	ssize_t n = 1;

	if (offset < 0)
		return -EINVAL;
	while (done < len && n > 0) {
		n = pwrite(opened->fd, (const char *)bytes + done, len - done,
			offset + (off_t)done);
		if (n < 0 && errno == EINTR)
			n = 1;
		else if (n > 0)
			done += (size_t)n;
	}
	if (done)
		content_changed(inode);
	return done || !len ? (ssize_t)done : n < 0 ? -errno : -EIO;
}

/* Allocating blocks does not change the content; a new size or zeroes do. */
int file_allocate(struct file_opened *opened, int mode, off_t offset, off_t len)
{
	struct inode *inode = inode_of(opened->file);
	struct stat st;

	if (offset < 0 || len <= 0)
		return -EINVAL;
	if (fstat(opened->fd, &st) || fallocate(opened->fd, mode, offset, len))
		return -errno;
	inode->is_dirty = true;
	if (mode & ~FALLOC_FL_KEEP_SIZE || (!mode && offset + len > st.st_size))
		content_changed(inode);
	return 0;
}

int file_open_cut(struct file *file, off_t size)
{
	struct inode *inode = inode_of(file);
	struct stat st;
	int fd;

	if (!S_ISREG(file->type) || file_stat(file, &st) ||
		st.st_size <= size || st.st_blocks - size / 512 < LARGE_BLOCKS)
		return -ENOENT;
	fd = inode_open(inode, O_WRONLY);
	if (fd < 0)
		return -ENOENT; /* the caller uses the handle's descriptor */
	content_changed(inode);
	return fd;
}
