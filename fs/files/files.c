/* SPDX-License-Identifier: MIT */
/* fs/files/files.c - all files of a mount */
#include "fs/files/files.h"

#include <errno.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "fs/base/base.h"
#include "fs/files/files_private.h"

int files_open(int state_fd, const char *path,
	const struct files_options *options, struct files **out)
{
	struct files *files = calloc(1, sizeof(*files));
	struct stat st;

	if (!files)
		return -ENOMEM;
	umask(0);
	if (fstat(state_fd, &st) ||
		(mkdirat(state_fd, REMOVED_NAME, 0700) && errno != EEXIST)) {
		free(files);
		return -errno;
	}
	files->state_fd = state_fd;
	files->options = *options;
	files->dev = st.st_dev;
	files->salt = hash_text(HASH_START, path);
	files->is_root = geteuid() == 0;
	TAILQ_INIT(&files->cache);
	*out = files;
	return 0;
}

void files_close(struct files *files)
{
	struct inode *inode, *next;
	struct place *place;

	if (!files)
		return;
	HASH_ITER(hh, files->table, inode, next)
	{
		while ((place = TAILQ_FIRST(&inode->places))) {
			TAILQ_REMOVE(&inode->places, place, link);
			free(place);
		}
		inode_free(inode);
	}
	free(files);
}

void top_path(const char *key, char path[PATH_MAX])
{
	if (!strcmp(key, "jobs/new"))
		snprintf(path, PATH_MAX, "jobs-new"); /* jobs/ holds results */
	else
		snprintf(path, PATH_MAX, "%s", key);
}

/* ---- freezing ---- */

void file_freeze(struct file *dir)
{
	file_hold(dir);
	inode_of(dir)->dir->freezes++;
}

void file_thaw(struct file *dir)
{
	inode_of(dir)->dir->freezes--;
	file_drop(dir);
}

static bool dir_is_frozen(const struct inode *dir)
{
	while (dir && !dir->dir->freezes)
		dir = dir_parent(dir);
	return dir;
}

bool file_is_frozen(const struct file *file)
{
	const struct inode *inode = inode_of(file);
	struct place *place;

	if (inode->dir)
		return dir_is_frozen(inode);
	TAILQ_FOREACH(place, &inode->places, link)
	if (dir_is_frozen(place->dir))
		return true;
	return false;
}

/* ---- what a start finds ---- */

struct walk {
	void (*each)(void *ctx, const struct file_found *found);
	void *ctx;
	bool is_partial;
};

static int walk_dir(struct walk *walk, int fd, const char *name)
{
	DIR *stream = dir_stream(fd, name);
	bool has_inodes = false; /* lists the numbers that stat(2) gives */
	struct dirent *entry;
	struct stat st;
	int err = 0;

	if (!stream && errno == ENOMEM)
		return -ENOMEM;
	if (!stream) {
		walk->is_partial = true;
		return 0;
	}
	while (!err && (entry = dir_next(stream))) {
		st.st_mode = DTTOIF(entry->d_type);
		st.st_ino = entry->d_ino;
		if ((entry->d_type == DT_UNKNOWN ||
			    (!has_inodes && entry->d_type != DT_DIR)) &&
			fstatat(dirfd(stream), entry->d_name, &st,
				AT_SYMLINK_NOFOLLOW))
			continue;
		if (S_ISDIR(st.st_mode)) {
			err = walk_dir(walk, dirfd(stream), entry->d_name);
			continue;
		}
		has_inodes = st.st_ino == entry->d_ino;
		const struct file_found found = { st.st_ino, dirfd(stream),
			entry->d_name };
		walk->each(walk->ctx, &found);
	}
	closedir(stream);
	return err;
}

static int walk_top(
	struct files *files, struct walk *walk, int fd, const char *name)
{
	struct stat st;

	if (fstatat(fd, name, &st, AT_SYMLINK_NOFOLLOW) || !S_ISDIR(st.st_mode))
		return 0;
	if ((st.st_mode & 07777) != files->options.top_mode)
		mode_try(fd, name, files->options.top_mode);
	return walk_dir(walk, fd, name);
}

static int walk_resources(
	struct files *files, struct walk *walk, const char *name)
{
	DIR *stream = dir_stream(files->state_fd, name);
	struct dirent *entry;
	int fd, err = 0;

	while (stream && !err && (entry = dir_next(stream))) {
		fd = openat(dirfd(stream), entry->d_name,
			O_PATH | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
		if (fd < 0)
			continue;
		err = walk_top(files, walk, fd, "run");
		close(fd);
	}
	if (stream)
		closedir(stream);
	return err;
}

int files_walk(struct files *files,
	void (*each)(void *ctx, const struct file_found *found), void *ctx)
{
	static const char *const tops[] = { "run", "jobs-new" };
	struct walk walk = { each, ctx, false };
	int err = 0;

	for (size_t i = 0; !err && i < sizeof(tops) / sizeof(*tops); i++)
		err = walk_top(files, &walk, files->state_fd, tops[i]);
	if (!err)
		err = walk_resources(files, &walk, "services");
	if (!err)
		err = walk_resources(files, &walk, "sessions");
	return err ? err : walk.is_partial;
}
