/* SPDX-License-Identifier: MIT */
/* fs/jobs/run_again.c - rerun: the same file, as another save of it */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "fs/core/core.h"
#include "fs/files/files.h"
#include "fs/jobs/jobs.h"

/* The path of a file is "KEY//DIR/NAME": the key of its top directory, and what
 * is below that. Owned by the caller; NULL: it has no name, or out of memory.
 */
char *run_path(const struct file *file)
{
	char *below, *path;
	const char *name, *key;
	struct file *dir;

	if (!file_place(file, 0, &dir, &name))
		return NULL;
	key = file_top_key(dir);
	below = project_path(NULL, dir, name);
	if (!key || !below || asprintf(&path, "%s//%s", key, below) < 0)
		path = NULL;
	free(below);
	return path;
}

/* Takes path, which is changed. *out is held. */
static int find_by_path(struct core *core, char *path, struct file **out)
{
	char *rest = strstr(path, "//"), *name;
	struct file *file, *below;
	int err = 0;

	if (!rest)
		return -ENOENT;
	*rest = '\0';
	rest += 2;
	file = files_top(core->files, path);
	if (!file)
		return -ENOMEM;
	while (!err && (name = strsep(&rest, "/"))) {
		err = file_lookup(file, name, &below);
		if (err)
			break;
		file_drop(file);
		file = below;
	}
	if (err)
		file_drop(file);
	else
		*out = file;
	return err;
}

/* The job's file, held: one that is known, or where it was saved. -ENOENT: it
 * was removed, or renamed by somebody else's mount. */
static int find_file(struct job *job, struct file **out)
{
	struct core *core = job->core;
	char *path;
	int err;

	*out = job->file ? file_by_number(core->files, job->file) : NULL;
	if (*out) {
		file_hold(*out);
		return 0;
	}
	if (!job->file || !job->path)
		return -ENOENT;
	path = strdup(job->path);
	if (!path)
		return -ENOMEM;
	err = find_by_path(core, path, out);
	free(path);
	if (err || (*out)->number == job->file)
		return err;
	file_drop(*out);
	return -ENOENT;
}

static int start_again(struct core *core, struct file *file, struct job **job)
{
	struct file *dir;
	const char *name;

	for (size_t i = 0; file_place(file, i, &dir, &name); i++) {
		if (!dir_kind_runs(dir, name, file))
			continue;
		run_unsettle(file);
		file->sent = file->generation;
		return run_start(core, dir, name, file, NULL, false, job);
	}
	return -ENOENT;
}

/* The new job takes the place of the old one, which may be freed. */
int run_again(struct op *op, struct job *job)
{
	struct job *started;
	struct file *file;

	if (op->step) {
		started = job_by_number(op->core, op->step);
		return started ? job_wait_saved(op, started, false) : 0;
	}
	if (!job)
		return -ENOENT;
	int err = find_file(job, &file);
	if (err)
		return err;
	err = start_again(op->core, file, &started);
	file_drop(file);
	if (err)
		return err;
	op->step = started->number;
	return job_wait_saved(op, started, false);
}
