/* SPDX-License-Identifier: MIT */
/* fs/files/commit.c - makes content, and the names that lead to it, durable */
#include "fs/files/files.h"

#include <errno.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "fs/files/files_private.h"

/*
 * Files and directories are marked dirty: a file by any change to it, a
 * directory by any change to its names. A commit clears the marks of a file and
 * of the directories above it, and sets them again if it fails.
 *
 * Commits are done in order. So a commit of a file that is already being
 * committed has nothing to sync, but ends after the other one, and fails if
 * that one does.
 */
struct item {
	struct inode *inode; /* NULL: above the top directory */
	int fd;
	char *settings; /* to be written into this directory; NULL: synced */
	size_t len;
};

struct file_commit {
	struct files *files;
	uint64_t failed_before;
	bool awaits_others;
	struct item *items;
	size_t count;
	int err; /* -ECANCELED until the work was done */
};

/* Takes fd. */
static int item_add(struct file_commit *commit, struct inode *inode, int fd)
{
	struct item *grown;

	if (fd < 0)
		return fd;
	grown = reallocarray(commit->items, commit->count + 1, sizeof(*grown));
	if (!grown) {
		close(fd);
		return -ENOMEM;
	}
	commit->items = grown;
	grown[commit->count++] = (struct item){ inode, fd, NULL, 0 };
	if (inode) {
		inode->commits++;
		inode->is_dirty = false;
	}
	return 0;
}

/* Uses a descriptor that needs no read permission. */
static int settings_add(struct file_commit *commit, struct inode *dir)
{
	int fd = dir_fd(dir), err;
	char *text;
	size_t len;

	if (fd == -ENOENT) /* it was removed */
		return 0;
	text = json_write(dir->dir->settings, &len);
	if (!text)
		return -ENOMEM;
	fd = fd < 0 ? fd : fcntl(fd, F_DUPFD_CLOEXEC, 0);
	err = item_add(commit, dir, fd == -1 ? -errno : fd);
	if (err) {
		free(text);
		return err;
	}
	commit->items[commit->count - 1].settings = text;
	commit->items[commit->count - 1].len = len;
	dir->dir->is_settings_dirty = false;
	return 0;
}

/* The directories that a top directory is in, up to the state directory. */
static int above_add(
	struct file_commit *commit, const struct inode *top, int fd)
{
	char path[PATH_MAX], *rest = path;
	int err = 0;

	top_path(top->dir->key, path);
	while (!err && strsep(&rest, "/")) {
		fd = openat(fd, "..", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
		err = item_add(commit, NULL, fd < 0 ? -errno : fd);
	}
	return err;
}

/* A directory that its owner may not read cannot be synced. */
static int dir_add(struct file_commit *commit, struct inode *dir)
{
	bool is_top = dir->dir->key != NULL, is_dirty = dir->is_dirty;
	int err = dir->dir->is_settings_dirty ? settings_add(commit, dir) : 0;
	int fd = is_dirty ? file_open_dir(&dir->file) : -EACCES;

	if (!err && (fd == -EACCES || (fd == -ENOENT && is_top)))
		return 0;
	if (!err && fd >= 0 && is_top && dir->dir->is_new)
		err = above_add(commit, dir, fd);
	if (err) {
		if (fd >= 0)
			close(fd);
		return err;
	}
	err = item_add(commit, dir, fd);
	dir->dir->is_new &= err != 0;
	return err;
}

static int dirs_add(struct file_commit *commit, struct inode *dir)
{
	int err = 0;

	for (; dir && !err; dir = dir_parent(dir))
		err = dir_add(commit, dir);
	return err;
}

static int content_add(struct file_commit *commit, struct inode *inode,
	struct file_opened *opened)
{
	int fd;

	if (!inode->is_dirty || !S_ISREG(inode->file.type))
		return 0;
	if (!opened)
		opened = LIST_FIRST(&inode->opened);
	fd = opened ? fcntl(opened->fd, F_DUPFD_CLOEXEC, 0)
		    : inode_open(inode, O_RDONLY);
	if (fd == -EACCES)
		fd = inode_open(inode, O_WRONLY);
	return item_add(commit, inode, opened && fd < 0 ? -errno : fd);
}

static bool is_dirty(const struct inode *inode)
{
	return inode->is_dirty;
}

static bool is_being_committed(const struct inode *inode)
{
	return inode->commits > 0;
}

/* Whether it is so of the file, or of a directory above it. */
static bool any_is(
	const struct inode *inode, bool (*is_so)(const struct inode *inode))
{
	const struct inode *dir;
	struct place *place;

	if (is_so(inode))
		return true;
	TAILQ_FOREACH(place, &inode->places, link)
	for (dir = place->dir; dir; dir = dir_parent(dir))
		if (is_so(dir))
			return true;
	return false;
}

bool file_is_dirty(const struct file *file)
{
	return any_is(inode_of(file), is_dirty) ||
		any_is(inode_of(file), is_being_committed);
}

static void settings_forget(struct directory *dir)
{
	directory_clear(dir);
	dir->is_read = dir->is_settings_dirty = false;
}

/* What was not committed is dirty again. */
static void commit_free(struct file_commit *commit)
{
	struct item *item;

	for (size_t i = 0; i < commit->count; i++) {
		item = &commit->items[i];
		close(item->fd);
		if (!item->inode)
			continue;
		item->inode->commits--;
		if (commit->err) {
			item->inode->is_dirty = true;
			if (item->inode->dir)
				item->inode->dir->is_new = true;
			if (item->settings) /* the settings are as on disk */
				settings_forget(item->inode->dir);
		}
		free(item->settings);
		inode_release(item->inode);
	}
	free(commit->items);
	free(commit);
}

struct file_commit *file_commit_begin(
	struct file *file, struct file_opened *opened, int *err)
{
	struct inode *inode = inode_of(file);
	bool awaits_others = any_is(inode, is_being_committed);
	struct file_commit *commit;
	struct place *place;

	*err = 0;
	if (!awaits_others && !any_is(inode, is_dirty))
		return NULL;
	commit = calloc(1, sizeof(*commit));
	*err = commit ? 0 : -ENOMEM;
	if (!commit)
		return NULL;
	commit->err = -ECANCELED;
	commit->files = inode->files;
	commit->failed_before = inode->files->failed_commits;
	commit->awaits_others = awaits_others;
	*err = inode->dir ? dirs_add(commit, inode)
			  : content_add(commit, inode, opened);
	TAILQ_FOREACH(place, &inode->places, link)
	if (!*err && !inode->dir)
		*err = dirs_add(commit, place->dir);
	if (!*err)
		return commit;
	commit_free(commit); /* nobody can have left a part to it */
	return NULL;
}

/* Settings get their names first. Then content and directories are synced at
 * the same time: none is promised to be durable before all are. */
int file_commit_work(struct file_commit *commit)
{
	struct item *item = commit->items;
	struct part parts[PARTS_MAX];
	size_t count = 0, i;

	commit->err = 0;
	for (i = 0; !commit->err && i < commit->count; i++)
		if (item[i].settings)
			commit->err = settings_write(commit->files->state_fd,
				item[i].fd, item[i].settings, item[i].len);
	for (i = 0; !commit->err && i < commit->count; i++) {
		if (!item[i].settings)
			parts[count++] = (struct part){
				.work = part_sync,
				.ctx = &item[i].fd,
			};
		if (count == PARTS_MAX || i + 1 == commit->count) {
			commit->err = parts_do(parts, count);
			count = 0;
		}
	}
	return commit->err;
}

int file_commit_end(struct file_commit *commit)
{
	struct files *files = commit->files;
	int err = commit->err;

	if (err) {
		files->failed_commits++;
		files->commit_err = err;
	} else if (commit->awaits_others &&
		commit->failed_before != files->failed_commits) {
		err = files->commit_err;
	}
	commit_free(commit);
	return err;
}
