/* SPDX-License-Identifier: MIT */
/* fs/files/list.c - reading and emptying backing directories */
#include "fs/files/files.h"

#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "fs/base/base.h"
#include "fs/files/files_private.h"

void mode_try(int fd, const char *name, mode_t mode)
{
	if (fchmodat(fd, name, mode, 0))
		return;
}

static mode_t type_of(int fd, const struct dirent *entry)
{
	struct stat st;

	if (entry->d_type != DT_UNKNOWN)
		return DTTOIF(entry->d_type);
	if (fstatat(fd, entry->d_name, &st, AT_SYMLINK_NOFOLLOW))
		return 0;
	return st.st_mode & S_IFMT;
}

int dir_clear(int fd, const char *name)
{
	bool has_settings = false;
	struct dirent *entry;
	DIR *stream = dir_stream(fd, name);
	int err = 0;

	if (!stream)
		return errno == EACCES ? 0 : -errno;
	while (!err && (entry = dir_next(stream)))
		if (is_settings(entry->d_name, type_of(dirfd(stream), entry)))
			has_settings = true;
		else
			err = -ENOTEMPTY;
	if (!err && has_settings && unlinkat(dirfd(stream), SETTINGS_NAME, 0))
		err = -errno;
	closedir(stream);
	return err;
}

int file_each(struct file *file,
	int (*each)(void *ctx, const char *name, uint64_t number, mode_t type),
	void *ctx)
{
	struct inode *dir = inode_of(file);
	struct dirent *entry;
	DIR *stream;
	int fd = dir_fd(dir), err = 0;

	if (fd < 0)
		return fd == -ENOENT ? 0 : fd;
	stream = dir_stream(fd, ".");
	if (!stream)
		return -errno;
	while (!err && (entry = dir_next(stream))) {
		mode_t type = type_of(fd, entry);
		if (!is_settings(entry->d_name, type) &&
			(S_ISREG(type) || S_ISDIR(type) || S_ISLNK(type)))
			err = each(ctx, entry->d_name, entry->d_ino, type);
	}
	if (!err)
		err = -errno;
	closedir(stream);
	return err;
}

static int find_in(struct inode *inode, struct inode *dir)
{
	int fd = dir_fd(dir), err = 0;
	DIR *stream = fd < 0 ? NULL : dir_stream(fd, ".");
	struct dirent *entry;

	if (!stream)
		return fd < 0 ? fd : -errno;
	while (!err && (entry = dir_next(stream)))
		if (entry->d_ino == inode->file.number &&
			!place_find(inode, dir, entry->d_name))
			err = place_add(inode, dir, entry->d_name);
	closedir(stream);
	return err;
}

/* New names are added behind those that the loop visits. */
int file_find_places(struct file *file)
{
	struct inode *inode = inode_of(file);
	struct place *place, *earlier, *last;
	int err = 0;

	last = TAILQ_LAST(&inode->places, place_list);
	TAILQ_FOREACH(place, &inode->places, link)
	{
		TAILQ_FOREACH(earlier, &inode->places, link)
		if (earlier->dir == place->dir)
			break;
		if (!err && earlier == place)
			err = find_in(inode, place->dir);
		if (place == last)
			break;
	}
	return err;
}

/* ---- whole trees ---- */

/* Removes the names of all known files in a tree, from the bottom up. dir may
 * be NULL: it is not known, and then neither is any file directly in it. */
static void tree_leave(
	struct files *files, struct inode *dir, int fd, const char *name)
{
	DIR *stream = dir_stream(fd, name);
	struct dirent *entry;
	struct stat st;

	if (!stream)
		return;
	while ((entry = dir_next(stream))) {
		if (S_ISDIR(type_of(dirfd(stream), entry)) &&
			name_stat(dirfd(stream), entry->d_name, &st) == 0)
			tree_leave(files, inode_find(files, &st), dirfd(stream),
				entry->d_name);
		name_leave(files, dir, dirfd(stream), entry->d_name);
	}
	closedir(stream);
}

/* One rename moves the whole tree aside. */
int file_remove_tree(struct file *file)
{
	struct inode *dir = inode_of(file);
	struct files *files = dir->files;
	struct place *place = TAILQ_FIRST(&dir->places);
	char path[PATH_MAX], aside[64];
	int fd = files->state_fd;

	if (!dir_is_alive(dir))
		return 0;
	if (place) {
		fd = dir_fd(place->dir);
		snprintf(path, sizeof(path), "%s", place->name);
	} else {
		top_path(dir->dir->key, path);
	}
	if (fd < 0)
		return fd;
	snprintf(aside, sizeof(aside), REMOVED_NAME "/%llx.%llx",
		(unsigned long long)file->ino,
		(unsigned long long)files->serial++);
	if (dir_fd(dir) < 0 || renameat(fd, path, files->state_fd, aside)) {
		if (errno != ENOENT)
			return -errno;
		inode_pin(dir, -1); /* nothing can be created in it any more */
		return 0;
	}
	file_hold(file);
	tree_leave(files, dir, files->state_fd, aside);
	inode_pin(dir, -1);
	if (place) {
		place->dir->is_dirty = true;
		place_remove(place);
	}
	if (files->options.sweep)
		files->options.sweep(files->options.ctx);
	file_drop(file);
	return 0;
}

/* Moves subdirectories up, so that no tree is too deep to remove. Returns how
 * many. */
static unsigned sweep_dir(int removed_fd, const char *name, unsigned *serial)
{
	unsigned moved = 0;
	struct dirent *entry;
	DIR *stream;
	char up[32];
	int err;

	mode_try(removed_fd, name, 0700);
	stream = dir_stream(removed_fd, name);
	while (stream && (entry = dir_next(stream))) {
		if (unlinkat(dirfd(stream), entry->d_name, 0) == 0)
			continue;
		do {
			snprintf(up, sizeof(up), "up.%u", ++*serial);
			err = renameat2(dirfd(stream), entry->d_name,
				removed_fd, up, RENAME_NOREPLACE);
		} while (err && errno == EEXIST);
		moved += !err;
	}
	if (stream)
		closedir(stream);
	unlinkat(removed_fd, name, AT_REMOVEDIR);
	return moved;
}

void files_sweep(int state_fd)
{
	unsigned serial = 0, moved;
	struct dirent *entry;
	DIR *stream;

	do {
		moved = 0;
		stream = dir_stream(state_fd, REMOVED_NAME);
		while (stream && (entry = dir_next(stream)))
			moved += sweep_dir(
				dirfd(stream), entry->d_name, &serial);
		if (stream)
			closedir(stream);
	} while (moved);
}
