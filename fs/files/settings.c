/* SPDX-License-Identifier: MIT */
/* fs/files/settings.c - what is set for a directory: a hidden file in it */
#include "fs/files/files.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "api/api.h"
#include "fs/base/base.h"
#include "fs/files/files_private.h"

enum { SETTINGS_MAX = 16 << 20 };

/* Not in the directory itself, where people would see it. */
#define NEW_NAME "settings.new"

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

/* 0, also where there was none to remove. */
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

static int settings_write(struct inode *dir, const json_t *settings)
{
	int state_fd = dir->files->state_fd, fd = dir_fd_make(dir), err;
	size_t len;
	char *text;

	if (fd < 0)
		return fd;
	text = json_write(settings, &len);
	if (!text)
		return -ENOMEM;
	err = state_write(state_fd, NEW_NAME, text, len, 0);
	free(text);
	if (!err && renameat(state_fd, NEW_NAME, fd, SETTINGS_NAME))
		err = -errno;
	if (!err)
		dir->is_dirty = dir->dir->is_settings_dirty = true;
	return err;
}

int file_settings_set(struct file *file, const char *name, json_t *value)
{
	struct inode *dir = inode_of(file);
	json_t *changed =
		file_settings(file) ? json_twin(file_settings(file)) : NULL;
	int err = object_set(&changed, name, value);

	if (!err)
		err = settings_write(dir, changed);
	if (err) {
		json_decref(changed);
		return err;
	}
	json_decref(dir->dir->settings);
	dir->dir->settings = changed;
	dir->dir->is_read = true;
	return 0;
}
