/* SPDX-License-Identifier: MIT */
/* fs/jobs/dir_kind.c - what a save means, by where it is made */
#include "fs/jobs/dir_kind.h"

#include <errno.h>
#include <fcntl.h>
#include <fnmatch.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "api/api.h"
#include "fs/base/base.h"
#include "fs/jobs/project.h"

static const struct dir_kind *kinds; /* the first without a root ends */

void dir_kinds_init(const struct dir_kind *table)
{
	kinds = table;
}

/* A top directory whose kind this version does not know keeps its files. */
static const struct setting no_settings[1];
static const struct dir_kind nothing = {
	.root = "",
	.saves = SAVES_RUN_NOTHING,
	.settings = no_settings,
};

const struct dir_kind *dir_kind_of(const struct file *dir)
{
	const char *key = file_top_key(dir);

	for (const struct dir_kind *kind = kinds; key && kind->root; kind++)
		if (!fnmatch(kind->root, key, FNM_PATHNAME))
			return kind;
	return &nothing;
}

char *dir_kind_id(const struct dir_kind *kind, const struct file *dir)
{
	const char *star = strchr(kind->root, '*');

	if (!star)
		return strdup("");
	const char *id = file_top_key(dir) + (star - kind->root);
	char *name = strndup(id, strcspn(id, "/"));
	char *decoded = name ? safe_name_decode(name) : NULL;
	free(name);
	return decoded;
}

static bool is_hidden(const struct file *dir)
{
	struct file *parent;
	const char *name;

	for (; file_parent(dir); dir = parent)
		if (!file_place(dir, 0, &parent, &name) ||
			name_hides_files(name))
			return true;
	return false;
}

bool fd_has_shebang(int fd)
{
	char start[2];

	return pread(fd, start, 2, 0) == 2 && start[0] == '#' &&
		start[1] == '!';
}

static bool has_shebang(struct file *file)
{
	struct file_opened opened;
	bool has;

	if (file_open(file, O_RDONLY, &opened))
		return false;
	has = fd_has_shebang(opened.fd);
	file_close(&opened);
	return has;
}

static bool has_content(struct file *file)
{
	struct stat st;

	return S_ISREG(file->type) && file_stat(file, &st) == 0 && st.st_size;
}

bool dir_kind_is_program(
	const struct dir_kind *kind, const char *name, struct file *file)
{
	if (name_is_ignored(name) || !has_content(file))
		return false;
	return kind->saves == SAVES_RUN_COMMANDS || language_of_name(name) ||
		(!name_has_ending(name) && has_shebang(file));
}

/* Whether programs run in a directory, each on its own. */
static bool runs_each(struct file *dir)
{
	struct file *project = project_of(dir);

	return !project || (project == dir && project_is_plain(project));
}

bool dir_kind_runs(struct file *dir, const char *name, struct file *file)
{
	const struct dir_kind *kind = dir_kind_of(dir);

	if (kind->saves == SAVES_RUN_NOTHING || is_hidden(dir) ||
		(kind->has_drafts && file_parent(dir)))
		return false;
	return runs_each(dir) ? dir_kind_is_program(kind, name, file)
			      : project_is_main(dir, name, file);
}

bool dir_kind_settles(struct file *dir, const char *name)
{
	return !runs_each(dir) ||
		(dir_kind_of(dir)->saves == SAVES_RUN_PROGRAMS &&
			!name_has_ending(name));
}

bool dir_kind_keeps(struct file *dir, const char *name, struct file *file)
{
	return dir_kind_of(dir)->saves == SAVES_RUN_PROGRAMS &&
		!file_parent(dir) && !name_is_ignored(name) &&
		has_content(file) &&
		!dir_kind_is_program(dir_kind_of(dir), name, file);
}

bool name_is_too_long(const char *name)
{
	return strlen(name) + strlen(".job") > NAME_MAX;
}

int dir_kind_refuses(struct file *dir, const char *name)
{
	const struct dir_kind *kind = dir_kind_of(dir);
	bool runs = kind->saves == SAVES_RUN_COMMANDS ||
		(kind->saves == SAVES_RUN_PROGRAMS && language_of_name(name));

	return runs && name_is_too_long(name) && !name_is_ignored(name) &&
			!is_hidden(dir) && runs_each(dir)
		? -ENAMETOOLONG
		: 0;
}

int dir_kind_settings(struct file *dir, json_t **settings)
{
	json_t *all = json_object();
	int err = all ? 0 : -ENOMEM;

	*settings = NULL;
	for (; dir && !err; dir = file_parent(dir)) {
		err = json_inherit(all, file_settings(dir));
	}
	if (err)
		json_decref(all);
	else
		*settings = all;
	return err;
}

const json_t *dir_kind_setting(struct file *dir, const char *name)
{
	const json_t *value = NULL;

	for (; dir && !value; dir = file_parent(dir)) {
		value = json_object_get(file_settings(dir), name);
	}
	return value;
}
