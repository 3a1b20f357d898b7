/* SPDX-License-Identifier: MIT */
/* fs/jobs/project.c - a directory that is one program with its files */
#include "fs/jobs/project.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "fs/base/base.h"
#include "fs/jobs/dir_kind.h"

struct file *project_of(const struct file *dir)
{
	struct file *parent = file_parent(dir), *above;

	if (!parent)
		return NULL;
	while ((above = file_parent(parent))) {
		dir = parent;
		parent = above;
	}
	return (struct file *)dir;
}

/* What `.settings/main` names; NULL: nothing. */
static const char *main_setting(struct file *project)
{
	const char *path = json_string_value(dir_kind_setting(project, "main"));

	return path && *path ? path : NULL;
}

bool project_is_plain(struct file *project)
{
	const char *path = main_setting(project);

	return path && !strcmp(path, "*");
}

/* Whether this is the path of a name in dir, from the end to the start. */
static bool path_leads_to(const char *path, const struct file *project,
	struct file *dir, const char *name)
{
	size_t len = strlen(path), part;

	for (;;) {
		part = strlen(name);
		if (part > len || memcmp(path + len - part, name, part))
			return false;
		len -= part;
		if (dir == project)
			return !len;
		if (!len || path[--len] != '/' ||
			!file_place(dir, 0, &dir, &name))
			return false;
	}
}

bool project_is_main(struct file *dir, const char *name, struct file *file)
{
	struct file *project = project_of(dir);
	const char *path = main_setting(project);
	struct stat st;

	if (path)
		return path_leads_to(path, project, dir, name) &&
			S_ISREG(file->type) && !file_stat(file, &st) &&
			st.st_size;
	return dir == project &&
		(!strcmp(name, "main") || !strncmp(name, "main.", 5)) &&
		dir_kind_is_program(dir_kind_of(dir), name, file);
}

void program_clear(struct program *program)
{
	file_drop(program->dir);
	file_drop(program->file);
	free(program->name);
	*program = (struct program){ 0 };
}

/* ---- the main program ---- */

struct search {
	struct file *project;
	struct program *found;
	struct project_reason *reason;
};

static int search_add(void *ctx, const char *name, uint64_t number, mode_t type)
{
	struct search *search = ctx;
	struct program *found = search->found;
	struct file *file;

	(void)number;
	if (!S_ISREG(type) || file_lookup(search->project, name, &file))
		return 0;
	if (!project_is_main(search->project, name, file)) {
		file_drop(file);
		return 0;
	}
	if (found->file) {
		file_drop(file);
		snprintf(search->reason->text, sizeof(search->reason->text),
			"there are %.100s and %.100s; write to .settings/main "
			"which of them runs",
			found->name, name);
		return -ENODATA;
	}
	file_hold(search->project);
	found->dir = search->project;
	found->file = file;
	found->name = strdup(name);
	return found->name ? 0 : -ENOMEM;
}

/* Follows the path that the setting names. */
static int search_path(
	struct file *dir, const char *path, struct program *found)
{
	struct file *next;
	int err = 0;

	file_hold(dir);
	while (!err) {
		size_t len = strcspn(path, "/");
		char *name = strndup(path, len);
		err = name ? file_lookup(dir, name, &next) : -ENOMEM;
		if (!err && !path[len] && S_ISREG(next->type)) {
			*found = (struct program){ dir, next, name };
			return 0;
		}
		free(name);
		file_drop(dir);
		dir = err ? NULL : next;
		if (!err && (!path[len] || !S_ISDIR(dir->type)))
			err = -ENOENT;
		path += len + 1;
	}
	file_drop(dir);
	return err;
}

int project_find_main(struct file *project, struct program *program,
	struct project_reason *reason)
{
	struct search search = { project, program, reason };
	const char *path = main_setting(project);
	int err;

	*program = (struct program){ 0 };
	snprintf(reason->text, sizeof(reason->text),
		"there is no program %.255s in it; .settings/main names the "
		"one to run",
		path ? path : "main.*");
	err = path ? search_path(project, path, program)
		   : file_each(project, search_add, &search);
	if (err == -ENOENT || (!err && !program->file))
		err = -ENODATA;
	if (err)
		program_clear(program);
	return err;
}

bool project_lacks_main(
	struct file *project, const char *name, struct file *file)
{
	const struct dir_kind *kind = dir_kind_of(project);
	struct project_reason reason;
	struct program program;

	if (kind->saves != SAVES_RUN_PROGRAMS || kind->has_drafts ||
		!dir_kind_is_program(kind, name, file))
		return false;
	int err = project_find_main(project, &program, &reason);
	program_clear(&program);
	return err == -ENODATA;
}

char *project_path(
	const struct file *root, const struct file *dir, const char *name)
{
	char *path = strdup(name), *longer;
	struct file *parent;

	while (path && dir != root && file_place(dir, 0, &parent, &name)) {
		if (asprintf(&longer, "%s/%s", name, path) < 0)
			longer = NULL;
		free(path);
		path = longer;
		dir = parent;
	}
	return path;
}
