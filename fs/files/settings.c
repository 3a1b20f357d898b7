/* SPDX-License-Identifier: MIT */
/* fs/files/settings.c - what is set for a directory: a hidden file in it */
#include "fs/files/files.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "api/api.h"
#include "fs/base/base.h"
#include "fs/files/files_private.h"

enum { SETTINGS_MAX = 16 << 20 };

/* It is in the state directory, where users do not see it. */
#define NEW_NAME "settings.new"

bool is_settings(const char *name, mode_t type)
{
	return !strcmp(name, SETTINGS_NAME) && !S_ISDIR(type);
}

json_t *file_settings(struct file *file)
{
	struct directory *dir = inode_of(file)->dir;
	int fd = dir->is_read ? -1 : dir_fd(inode_of(file));
	char *text;
	size_t len;

	if (dir->is_read || fd < 0)
		return dir->settings;
	dir->is_read = true;
	if (state_read(fd, SETTINGS_NAME, SETTINGS_MAX, &text, &len))
		return NULL;
	if (json_parse(text, len, &dir->settings) == 0 &&
		!json_is_object(dir->settings)) {
		json_decref(dir->settings);
		dir->settings = NULL;
	}
	free(text);
	return dir->settings;
}

/* 0, even if there was nothing to remove. */
static int object_set(json_t **object, const char *name, json_t *value)
{
	if (!*object)
		*object = json_object();
	if (!value) {
		json_object_del(*object, name);
		return *object ? 0 : -ENOMEM;
	}
	return json_object_set_new(*object, name, value) ? -ENOMEM : 0;
}

/* Syncs the content before the rename, which may replace durable settings. The
 * directory may be gone. */
int settings_write(int state_fd, int dir_fd, const char *text, size_t len)
{
	int fd = openat(state_fd, NEW_NAME,
		O_WRONLY | O_CREAT | O_TRUNC | O_NOFOLLOW | O_CLOEXEC, 0600);
	int err = fd < 0 ? -errno : fd_write(fd, text, len);

	if (!err && fsync(fd))
		err = -errno;
	if (fd >= 0)
		close(fd);
	if (!err && renameat(state_fd, NEW_NAME, dir_fd, SETTINGS_NAME))
		err = errno == ENOENT ? 0 : -errno;
	return err;
}

int file_settings_set(struct file *file, const char *name, json_t *value)
{
	struct inode *dir = inode_of(file);
	int fd = dir_fd_make(dir);
	json_t *changed =
		file_settings(file) ? json_twin(file_settings(file)) : NULL;
	int err = object_set(&changed, name, value);

	if (err || fd < 0) {
		json_decref(changed);
		return err ? err : fd;
	}
	dir->is_dirty = dir->dir->is_settings_dirty = true;
	json_decref(dir->dir->settings);
	dir->dir->settings = changed;
	dir->dir->is_read = true;
	return 0;
}
