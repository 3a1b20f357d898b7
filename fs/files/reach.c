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
 * than PATH_MAX. Descriptors of the most recently used directories are cached.
 * A file that has lost its last name while the kernel or a handle knows it is
 * pinned: it is reached by a descriptor that was opened before, which also
 * keeps its inode number from being reused.
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

	if (files->cached >= CACHE_MAX)
		inode_close_fd(TAILQ_LAST(&files->cache, inode_list));
	TAILQ_INSERT_HEAD(&files->cache, dir, cached);
	files->cached++;
}

static int path_open(int fd, const char *name)
{
	return openat(fd, name, O_PATH | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
}

/* Follows no symbolic link. makes: creates the directories that are missing. */
static int top_open(const struct inode *top, bool makes)
{
	const struct files *files = top->files;
	char path[PATH_MAX], *rest = path, *name;
	int fd = files->state_fd, next;

	top_path(top->dir->key, path);
	while (fd >= 0 && (name = strsep(&rest, "/"))) {
		mode_t mode = rest ? 0700 : files->options.top_mode;
		if (makes && mkdirat(fd, name, mode) && errno != EEXIST)
			next = -errno;
		else if ((next = path_open(fd, name)) < 0)
			next = -errno;
		if (fd != files->state_fd)
			close(fd);
		fd = next;
	}
	return fd;
}

static int child_open(const struct inode *dir, int parent_fd)
{
	int fd = path_open(parent_fd, TAILQ_FIRST(&dir->places)->name);
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
static int dir_open(const struct inode *dir, bool makes)
{
	const struct inode *above = dir_parent(dir), *at;
	int first, fd, next;

	while (above && above->fd < 0)
		above = dir_parent(above);
	first = fd = above ? above->fd : -1;
	while (above != dir) {
		for (at = dir; dir_parent(at) != above;)
			at = dir_parent(at);
		next = at->dir->key ? top_open(at, makes) : child_open(at, fd);
		if (fd != first)
			close(fd);
		if (next < 0)
			return next;
		fd = next;
		above = at;
	}
	return fd;
}

static int dir_fd_of(struct inode *dir, bool makes)
{
	int fd = dir->fd;

	if (!dir->dir)
		return -ENOTDIR;
	if (!dir_is_alive(dir))
		return -ENOENT;
	if (fd < 0)
		fd = dir_open(dir, makes && dir->dir->key);
	else
		cache_remove(dir);
	if (fd < 0)
		return fd;
	if (makes && dir->dir->key && dir->fd < 0)
		dir->is_dirty = true;
	dir->fd = fd;
	cache_add(dir);
	return fd;
}

int dir_fd(struct inode *dir)
{
	return dir_fd_of(dir, false);
}

int dir_fd_make(struct inode *dir)
{
	return dir_fd_of(dir, true);
}

int inode_reach(struct inode *inode, int *fd, const char **name)
{
	struct place *place = TAILQ_FIRST(&inode->places);

	*name = "";
	*fd = inode->fd;
	if (inode->is_pinned)
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

int file_open_read(struct file *file)
{
	return inode_open(inode_of(file), O_RDONLY);
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
