/* SPDX-License-Identifier: MIT */
/* fs/drafts/job_draft.c - drafts of jobs: a directory that is filled, then
 * submitted
 */
#include "fs/drafts/drafts.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "fs/base/base.h"
#include "fs/core/core.h"
#include "fs/files/files.h"
#include "fs/jobs/jobs.h"

static int draft_run(struct op *op, struct file *draft, struct job **job)
{
	struct project_reason reason;
	struct program main;
	int err = project_find_main(draft, &main, &reason);

	if (err == -ENODATA)
		file_refuse(op->core, "COMMIT", draft, NULL, err, reason.text);
	if (!err)
		err = run_start(op->core, main.dir, main.name, main.file, NULL,
			false, job);
	program_clear(&main);
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
	struct file *dir;
	const char *at;

	if (!file_is_draft(draft))
		return file_place(draft, 0, &dir, &at)
			? file_refuse(core, "COMMIT", dir, at, -EPERM,
				  "only a directory that was made in jobs/new/ "
				  "is submitted by mv: mkdir jobs/new/NAME, "
				  "copy it there, mv jobs/new/NAME jobs/")
			: -ENOENT;
	if (jobs_lookup(core, name) || !strcmp(name, "new") ||
		!strcmp(name, "latest"))
		return -EEXIST;
	return draft_run(op, draft, job);
}

/* The job of a draft, for the operation that submits it. */
struct submission {
	struct task task; /* without work: the operation holds it */
	struct job *job;  /* held */
};

/* If interrupted, takes the job out of the queue: nothing was moved. */
static void submission_free(struct task *task)
{
	struct submission *submission = (struct submission *)task;
	struct job *job = submission->job;

	if (job->run && run_is_waiting(job->run)) {
		run_drop(job->run);
		job_remove(job);
	}
	job_drop(job);
	free(submission);
}

static int submission_start(struct op *op, struct file *draft, const char *name)
{
	struct submission *submission = calloc(1, sizeof(*submission));
	int err = submission ? draft_start(op, draft, name, &submission->job)
			     : -ENOMEM;

	if (err) {
		free(submission);
		return err;
	}
	job_hold(submission->job);
	submission->task.free = submission_free;
	task_give(&submission->task, op);
	return 0;
}

/* The job cannot be undone, so the draft must be gone after a power cut, too.
 * The operation is run again without it. */
static int submission_sync(struct op *op, struct file *dir)
{
	task_drop(op->task);
	op->task = NULL;
	op->step = 1;
	int err = commit_start(op->core, dir, NULL, op);
	return err || !op->task ? err : task_wait(op);
}

/* A job that was refused, or could not be stored, stays in jobs/, with the
 * reason, like that of a refused save; the draft is unchanged, and has no
 * NAME.job. Nor is it changed before the job, and its id, are on disk. */
int draft_submit_job(struct op *op, struct file *draft, const char *name)
{
	int err = op->task ? 0 : submission_start(op, draft, name);

	if (err)
		return err;
	struct job *job = ((struct submission *)op->task)->job;
	if (!job_is_kept(job) || (!job->was_accepted && !job_is_final(job)))
		return op_wait(op, &job->waiters);
	if (job->status == JOB_ERROR || job->commit_err) {
		job_detach(job);
		return job->commit_err ? job->commit_err : job->err;
	}
	err = jobs_set_alias(op->core, name, job);
	struct file *dir = file_parent(draft);
	if (!err)
		err = file_remove_tree(draft);
	return err ? err : submission_sync(op, dir);
}
