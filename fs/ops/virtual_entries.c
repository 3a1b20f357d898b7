/* SPDX-License-Identifier: MIT */
/* fs/ops/virtual_entries.c - entries of the mount among saved files */
#include "fs/ops/virtual_entries.h"

#include <errno.h>
#include <inttypes.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "fs/base/base.h"
#include "fs/core/core.h"
#include "fs/files/files.h"
#include "fs/jobs/jobs.h"

static const char settings_name[] = ".settings", commit_name[] = "commit";

static int job_found(const struct file *dir, const struct job *job,
	struct lookup_result *found)
{
	return lookup_row(found,
		tree_row(job->is_async && dir_kind_of(dir)->is_async
				? "/jobs/new/{name}.job"
				: "/jobs/{job}"),
		job->key, NULL);
}

/* A directory further down has no .settings, so that a project has only its own
 * files; there, a directory of this name is an ordinary one. */
static bool has_settings(const struct file *dir)
{
	const struct file *parent = file_parent(dir);

	return dir_kind_of(dir)->settings->name &&
		(!parent || !file_parent(parent));
}

int virtual_stays_apart(struct op *op, struct file *file, struct file *to)
{
	struct file *own;

	if (!S_ISDIR(file->type) || file_parent(to) ||
		!dir_kind_of(to)->settings->name ||
		file_lookup(file, settings_name, &own))
		return 0;
	file_drop(own);
	return file_refuse(op->core, op->method, to, op->new_name, -EPERM,
		"it contains a directory .settings, whose name is the mount's "
		"at this level");
}

static int commit_found(const struct file *dir, struct lookup_result *found)
{
	char ino[32];

	if (project_of(dir) != dir || !dir_kind_of(dir)->has_drafts ||
		dir_kind_of(dir)->saves != SAVES_RUN_PROGRAMS)
		return -ENOENT;
	snprintf(ino, sizeof(ino), "%" PRIu64, dir->ino);
	return lookup_row(
		found, tree_row("/jobs/new/{draft}/commit"), ino, NULL);
}

static int virtual_find(const struct op *op, struct file *dir, const char *name,
	struct lookup_result *found)
{
	const struct ghost *ghost;
	char program[NAME_MAX + 1];
	struct job *job = NULL;
	struct file *file;

	if (!strcmp(name, settings_name))
		return has_settings(dir) ? lookup_settings(found, dir)
					 : -ENOENT;
	if (!strcmp(name, commit_name))
		return commit_found(dir, found);
	if (!name_of_job(name, program))
		return -ENOENT;
	int err = file_lookup(dir, program, &file);
	if (err == -ENOENT &&
		(ghost = ghost_find(op->core, op->pid, dir, program)))
		return lookup_row(found, tree_row("/jobs/new/{name}.job"),
			ghost->key, NULL);
	if (err)
		return err;
	job = job_of_file(op->core, file->number);
	file_drop(file);
	return job ? job_found(dir, job, found) : -ENOENT;
}

int virtual_lookup(struct op *op, struct file *dir, const char *name,
	struct lookup_result *found)
{
	memset(found, 0, sizeof(*found));
	int err = file_lookup(dir, name, &found->file);
	return err == -ENOENT ? virtual_find(op, dir, name, found) : err;
}

bool virtual_is_name(const char *name)
{
	char program[NAME_MAX + 1];

	return !strcmp(name, settings_name) || !strcmp(name, commit_name) ||
		name_of_job(name, program);
}

int virtual_refuses(
	struct op *op, struct file *dir, const char *name, mode_t type)
{
	char program[NAME_MAX + 1];

	if (!strcmp(name, settings_name))
		return has_settings(dir)
			? file_refuse(op->core, op->method, dir, name, -EPERM,
				  "settings are those of this directory: write "
				  "to the files in its .settings")
			: S_ISDIR(type)
			? 0
			: file_refuse(op->core, op->method, dir, name, -EPERM,
				  "only a directory can have this name here");
	return name_of_job(name, program)
		? file_refuse(op->core, op->method, dir, name, -EPERM,
			  "such names are for jobs, which appear when a "
			  "program runs: choose another name")
		: 0;
}

struct listing_of {
	struct core *core;
	struct file *dir;
	struct listing *listing;
};

/* A name that would be too long is left out. */
static int list_job(
	const struct listing_of *of, const char *name, const struct job *job)
{
	char job_name[NAME_MAX + sizeof(".job")];
	struct lookup_result found;
	int err;

	snprintf(job_name, sizeof(job_name), "%s.job", name);
	if (strlen(job_name) > NAME_MAX)
		return 0;
	err = job_found(of->dir, job, &found);
	return err ? err : listing_add(of->listing, job_name, &found);
}

/* Lists the job first: rm -r removes in this order, and removing a program
 * removes its job. */
static int list_file(void *ctx, const char *name, uint64_t number, mode_t type)
{
	const struct listing_of *of = ctx;
	struct lookup_result found = { .type = type };
	struct job *job = S_ISREG(type) ? job_of_file(of->core, number) : NULL;
	int err = job ? list_job(of, name, job) : 0;

	found.ino = files_ino(of->core->files, number);
	return err ? err : listing_add(of->listing, name, &found);
}

int virtual_list(struct core *core, struct file *dir, struct listing *listing)
{
	struct listing_of of = { core, dir, listing };

	return file_each(dir, list_file, &of);
}

int virtual_unlink(struct op *op, struct file *dir, struct file *file)
{
	const struct job *job = job_of_file(op->core, file->number);
	struct ghost *ghost =
		job ? ghost_add(op->core, op->pid, dir, op->name, job) : NULL;
	int err = file_unlink(dir, op->name);

	if (err)
		ghost_free(op->core, ghost);
	else
		job_of_file_expire(op->core, file->number);
	return err;
}

int virtual_remove(struct op *op, struct file *dir)
{
	char program[NAME_MAX + 1];
	struct lookup_result found;
	struct file *file = NULL;
	struct ghost *ghost;
	int err = virtual_find(op, dir, op->name, &found);

	if (err)
		return err;
	struct job *job = job_by_key(op->core, found.id);
	lookup_clear(&found);
	if (!name_of_job(op->name, program))
		return file_refuse(op->core, op->method, dir, op->name, -EPERM,
			"it is part of the directory, and goes with it");
	ghost = ghost_find(op->core, op->pid, dir, program);
	if (ghost && file_lookup(dir, program, &file) == -ENOENT) {
		ghost_free(op->core, ghost);
		return 0;
	}
	file_drop(file);
	if (!job)
		return -ENOENT;
	if (!job_is_final(job))
		return file_refuse(op->core, op->method, dir, op->name, -EBUSY,
			job_is_busy);
	if (job->is_async)
		job_detach(job);
	else
		job_remove(job);
	return 0;
}
