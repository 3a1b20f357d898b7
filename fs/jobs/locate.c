/* SPDX-License-Identifier: MIT */
/* fs/jobs/locate.c - paths of saved files and jobs, as users see them */
#include "fs/jobs/locate.h"

#include <stdlib.h>
#include <string.h>

#include "fs/core/core.h"
#include "fs/jobs/jobs.h"

/* The key of a top directory has an id or a number where a user sees a name. */
static void top_locate(struct core *core, struct file *top, FILE *out)
{
	const struct dir_kind *kind = dir_kind_of(top);
	char *id = dir_kind_id(kind, top);
	const struct node node = {
		.row = kind->row ? tree_row(kind->row) : NULL,
		.id = id ? id : "",
		.name = "",
	};

	if (node.row)
		row_locate(core, &node, out);
	free(id);
}

void dir_locate(
	struct core *core, struct file *dir, const char *name, FILE *out)
{
	struct file *top = dir, *parent;
	char *path;

	if (!name && file_parent(dir) && !file_place(dir, 0, &dir, &name))
		return;
	while ((parent = file_parent(top)))
		top = parent;
	top_locate(core, top, out);
	path = name ? project_path(top, dir, name) : NULL;
	if (path)
		fprintf(out, "/%s", path);
	free(path);
}

int file_refuse(struct core *core, const char *method, struct file *dir,
	const char *name, int err, const char *why)
{
	char path[1024] = "";
	FILE *out = fmemopen(path, sizeof(path), "w");

	if (out) {
		dir_locate(core, dir, name, out);
		fclose(out);
	}
	errors_add(core->errors, &core->now, method, path, 0, err, why);
	return err;
}

/* Uses the name that its file has, or had when it was saved (run_path). */
static bool program_locate(const struct job *job, FILE *out)
{
	struct core *core = job->core;
	struct file *file =
		job->file ? file_by_number(core->files, job->file) : NULL;
	struct file *dir;
	const char *name = job->path ? strstr(job->path, "//") : NULL;
	char *key;

	if (file && file_place(file, 0, &dir, &name)) {
		dir_locate(core, dir, name, out);
		return true;
	}
	key = name ? strndup(job->path, (size_t)(name - job->path)) : NULL;
	dir = key ? files_top(core->files, key) : NULL;
	free(key);
	if (!dir)
		return false;
	dir_locate(core, dir, name + 2, out);
	file_drop(dir);
	return true;
}

void job_locate(const struct job *job, FILE *out)
{
	char name[300];

	if (job->session) {
		fprintf(out, "/sessions/%s", job->session);
		return;
	}
	if (!job->is_async && program_locate(job, out)) {
		fputs(".job", out);
		return;
	}
	job_name(job, name, sizeof(name));
	fprintf(out, "/jobs/%s", name);
}

int job_refuse(
	const struct job *job, const char *method, int err, const char *why)
{
	struct core *core = job->core;
	char path[1024] = "";
	FILE *out = fmemopen(path, sizeof(path), "w");

	if (out) {
		job_locate(job, out);
		fclose(out);
	}
	errors_add(core->errors, &core->now, method, path, 0, err, why);
	return err;
}
