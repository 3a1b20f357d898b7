/* SPDX-License-Identifier: MIT */
/* fs/files/reach.c - descriptors by which backing files are reached */
#include "fs/files/files.h"

#include <errno.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "fs/files/files_private.h"

/*
 * A file is reached by its directory's descriptor and its name, never by a path
 * from the root: a rename above it changes nothing, and a path may be longer
 * than PATH_MAX. Descriptors of directories are cached. A file that has lost
 * its last name while the kernel or a handle knows it is pinned: it is reached
 * by a descriptor that was opened before, which also keeps its inode number
 * from being reused.
 */

enum { CACHE_MAX = 256 };

static void cache_remove(struct inode *dir)
{
	TAILQ_REMOVE(&dir->files->cache, dir, cached);
	dir->files->cached--;
}

static void cache_add(struct inode *dir)
{
	struct files *files = dir->files;
	struct inode *last, *before;

	last = files->cached >= CACHE_MAX
		? TAILQ_LAST(&files->cache, inode_list)
		: NULL;
	for (; last && files->cached >= CACHE_MAX; last = before) {
		before = TAILQ_PREV(last, inode_list, cached);
		if (!last->dir->enters)
			inode_close_fd(last);
	}
	TAILQ_INSERT_HEAD(&files->cache, dir, cached);
	files->cached++;
}

static int top_open(struct inode *top)
{
	char path[PATH_MAX];
	int fd;

	top_path(top->dir->key, path);
	fd = openat(top->files->state_fd, path,
		O_PATH | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	return fd < 0 ? -errno : fd;
}

static int child_open(struct inode *dir, int parent_fd)
{
	int fd = openat(parent_fd, TAILQ_FIRST(&dir->places)->name,
		O_PATH | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	struct stat st;

	if (fd < 0)
		return errno == ENOENT || errno == ENOTDIR ? -ESTALE : -errno;
	if (fstat(fd, &st) || st.st_ino != dir->file.number ||
		st.st_dev != dir->dev) {
		close(fd);
		return -ESTALE;
	}
	return fd;
}

/* Opens the directories below the nearest one that has a descriptor, without
 * recursion. */
int dir_fd(struct inode *dir)
{
	struct inode *at, *parent;
	int fd;

	if (!dir->dir)
		return -ENOTDIR;
	if (!dir_is_alive(dir))
		return -ENOENT;
	if (dir->fd >= 0) {
		TAILQ_REMOVE(&dir->files->cache, dir, cached);
		TAILQ_INSERT_HEAD(&dir->files->cache, dir, cached);
	}
	while (dir->fd < 0) {
		at = dir;
		while ((parent = dir_parent(at)) && parent->fd < 0)
			at = parent;
		if (!parent && !at->dir->key)
			return -ESTALE;
		fd = parent ? child_open(at, parent->fd) : top_open(at);
		if (fd < 0)
			return fd;
		at->fd = fd;
		cache_add(at);
	}
	return dir->fd;
}

static int top_make(struct inode *top)
{
	char path[PATH_MAX], *slash = path;
	struct files *files = top->files;

	top_path(top->dir->key, path);
	while ((slash = strchr(slash, '/'))) {
		*slash = '\0';
		if (mkdirat(files->state_fd, path, 0700) && errno != EEXIST)
			return -errno;
		*slash++ = '/';
	}
	if (mkdirat(files->state_fd, path, files->options.top_mode) &&
		errno != EEXIST)
		return -errno;
	top->is_dirty = true;
	return dir_fd(top);
}

int dir_fd_make(struct inode *dir)
{
	int fd = dir_fd(dir);

	return fd == -ENOENT && dir->dir->key && !dir->is_pinned ? top_make(dir)
								 : fd;
}

void dir_enter(struct inode *dir)
{
	dir->dir->enters++;
	dir->holds++;
}

void dir_leave(struct inode *dir)
{
	dir->dir->enters--;
	file_drop(&dir->file);
}

int inode_reach(struct inode *inode, int *fd, const char **name)
{
	struct place *place = TAILQ_FIRST(&inode->places);

	*name = "";
	*fd = inode->fd;
	if (inode->is_pinned || inode->is_secret)
		return *fd < 0 ? -ESTALE : 0;
	if (inode->dir) {
		*fd = dir_fd(inode);
	} else if (place) {
		*name = place->name;
		*fd = dir_fd(place->dir);
	}
	return *fd == -1 ? -ESTALE : *fd < 0 ? *fd : 0;
}

int inode_path(struct inode *inode, char path[REACH_MAX])
{
	const char *name;
	int fd, err = inode_reach(inode, &fd, &name);

	snprintf(path, REACH_MAX, "/proc/self/fd/%d%s%s", fd, *name ? "/" : "",
		name);
	return err;
}

int inode_open(struct inode *inode, int flags)
{
	char path[REACH_MAX];
	const char *name;
	int fd, err = inode_reach(inode, &fd, &name);

	if (err)
		return err;
	flags |= O_CLOEXEC | O_NOCTTY | O_NONBLOCK;
	if (*name) {
		fd = openat(fd, name, flags | O_NOFOLLOW);
	} else {
		inode_path(inode, path);
		fd = open(path, flags);
	}
	return fd < 0 ? -errno : fd;
}

int file_open_dir(struct file *file)
{
	return inode_open(inode_of(file), O_RDONLY | O_DIRECTORY);
}

void inode_pin(struct inode *inode, int fd)
{
	if (inode->dir) {
		if (inode->fd >= 0)
			cache_remove(inode);
		directory_clear(inode->dir);
	} else {
		inode_close_fd(inode);
		inode->fd = fd;
	}
	inode->is_pinned = true;
}

void fd_close(struct files *files, int fd)
{
	struct stat st;

	if (files->options.close_slowly && fstat(fd, &st) == 0 &&
		!st.st_nlink && st.st_blocks > LARGE_BLOCKS)
		files->options.close_slowly(files->options.ctx, fd);
	else
		close(fd);
}

void inode_close_fd(struct inode *inode)
{
	if (inode->fd < 0)
		return;
	if (inode->dir && !inode->is_pinned)
		cache_remove(inode);
	if (inode->dir)
		close(inode->fd);
	else
		fd_close(inode->files, inode->fd);
	inode->fd = -1;
}
