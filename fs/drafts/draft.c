/* SPDX-License-Identifier: MIT */
/* fs/drafts/draft.c - drafts of jobs: a directory that is filled, then
 * submitted
 */
#include "fs/drafts/create.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "fs/base/base.h"
#include "fs/core/core.h"
#include "fs/files/files.h"
#include "fs/jobs/jobs.h"

struct candidates {
	struct file *draft;
	struct file *program; /* held; NULL: none yet */
	char *name;	      /* of that */
	size_t count;
	bool has_main;
};

static int candidate_add(
	void *ctx, const char *name, uint64_t number, mode_t type)
{
	struct candidates *all = ctx;
	bool is_main = !strncmp(name, "main.", 5) || !strcmp(name, "main");
	struct file *file;
	char *copy;

	(void)number;
	if (!S_ISREG(type) || file_lookup(all->draft, name, &file))
		return 0;
	bool is_program = dir_kind_is_program(name, file);
	all->count += is_program;
	if (!is_program || (all->program && (all->has_main || !is_main))) {
		file_drop(file);
		return 0;
	}
	all->has_main |= is_main;
	copy = strdup(name);
	free(all->name);
	file_drop(all->program);
	all->name = copy;
	all->program = file;
	return copy ? 0 : -ENOMEM;
}

/* The one program, or the one that is called main. */
static int draft_find_program(struct candidates *all)
{
	int err = file_each(all->draft, candidate_add, all);

	if (!err && (!all->program || (all->count > 1 && !all->has_main)))
		err = -EINVAL;
	return err;
}

static int draft_run(
	struct op *op, struct file *draft, const char *name, struct job **job)
{
	struct candidates all = { .draft = draft };
	int err = draft_find_program(&all);

	if (err == -EINVAL)
		errors_add(op->core->errors, &op->core->now, "MOVE", name, 0,
			err,
			all.count ? "the draft has several programs, and "
				    "none is called main.*"
				  : "the draft has no program");
	if (!err)
		err = run_start(op->core, draft, all.name, all.program, NULL,
			false, job);
	file_drop(all.program);
	free(all.name);
	return err;
}

bool file_is_draft(const struct file *file)
{
	return S_ISDIR(file->type) && file_parent(file) &&
		!file_parent(file_parent(file)) &&
		dir_kind_of(file)->has_drafts;
}

static int draft_start(
	struct op *op, struct file *draft, const char *name, struct job **job)
{
	struct core *core = op->core;

	if (!file_is_draft(draft))
		return -EPERM;
	if (jobs_lookup(core, name) ||
		json_object_get(core->jobs->aliases, name) ||
		!strcmp(name, "new") || !strcmp(name, "latest"))
		return -EEXIST;
	return draft_run(op, draft, name, job);
}

/* If interrupted, takes the job out of the queue: nothing was moved. */
static void draft_end(struct op *op)
{
	struct job *job = op->extra;

	if (job->run && run_is_waiting(job->run)) {
		run_drop(job->run);
		job_remove(job);
	}
	job_drop(job);
	op->extra = NULL;
}

int draft_submit_job(struct op *op, struct file *draft, const char *name)
{
	struct job *job = op->extra;

	if (!job) {
		int err = draft_start(op, draft, name, &job);
		if (err)
			return err;
		job_hold(job);
		op->extra = job;
		op->end = draft_end;
	}
	if (job->status == JOB_ERROR) {
		int err = job->err;
		job_remove(job);
		return err;
	}
	if (!job->was_accepted && !job_is_final(job))
		return op_wait(op, &job->waiters);
	file_remove_tree(draft);
	return jobs_set_alias(op->core, name, job);
}
