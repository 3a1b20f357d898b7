/* SPDX-License-Identifier: MIT */
/* fs/ops/save.c - a save executes exactly once, however the file was written */
#include "fs/ops/save.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <syslog.h>

#include "fs/base/log.h"
#include "fs/core/core.h"
#include "fs/files/files.h"
#include "fs/jobs/jobs.h"
#include "fs/ops/close_probe.h"
#include "fs/ops/open_descriptors.h"

/*
 * When has a file been saved?
 *
 * Not when a descriptor is closed: a shell closes one at the dup2 that follows
 * its open, before any byte is written, and its children close theirs between
 * two lines of `{ a; b; } > f`. Not when the last descriptor is gone either:
 * then nobody is left to be told of an error. So content has a generation, and
 * a close is a save if the generation was not sent yet and the closing process
 * is the one that opened, holds no other writable descriptor of the file, and
 * is not being killed. All else is left to the last release, which always comes
 * and is handled before the process's next request, since there is one loop.
 *
 * A rename moves the inode and with it what was sent: content is never run
 * again under a new name. Content that was not sent (it was written under a
 * name that does not run) is saved by its rename onto a name that does, unless
 * a writer is still there, whose close will do it.
 */

/* ---- the durable half: what close accepts is on disk ---- */

struct commit {
	struct file_commit *commit;
	struct op_list waiters;
	unsigned holds; /* the worker's, and the waiting operation's */
	bool is_done;
	int err;
};

static void commit_drop(struct commit *commit)
{
	if (--commit->holds == 0)
		free(commit);
}

static void commit_work(void *ctx)
{
	struct commit *commit = ctx;

	commit->err = file_commit_work(commit->commit);
}

static void commit_done(void *ctx)
{
	struct commit *commit = ctx;

	file_commit_end(commit->commit);
	commit->is_done = true;
	if (commit->err)
		log_line(LOG_ERR, "a file could not be kept: %s",
			strerror(-commit->err));
	ops_wake(&commit->waiters);
	commit_drop(commit);
}

/* *out is NULL if there is nothing to make durable. */
static int commit_start(struct core *core, struct file *file,
	struct file_opened *opened, struct commit **out)
{
	struct commit *commit = calloc(1, sizeof(*commit));
	int err = 0;

	*out = NULL;
	if (!commit)
		return -ENOMEM;
	commit->holds = 1;
	TAILQ_INIT(&commit->waiters);
	commit->commit = file_commit_begin(file, opened, &err);
	if (!commit->commit) {
		free(commit);
		return err;
	}
	err = worker_submit(core->worker, commit_work, commit_done, commit);
	if (err) {
		file_commit_end(commit->commit);
		free(commit);
		return err;
	}
	*out = commit;
	return 0;
}

/* ---- what an operation waits for ---- */

struct save {
	struct commit *commit; /* held; NULL: none */
	struct job *job;       /* held; NULL: nothing runs */
	bool settles;
};

static void save_free(struct op *op)
{
	struct save *save = op->extra;

	if (save && save->commit)
		commit_drop(save->commit);
	if (save && save->job)
		job_drop(save->job);
}

static int save_wait_commit(struct op *op, struct commit *commit)
{
	if (!commit->is_done)
		return op_wait(op, &commit->waiters);
	return commit->err ? commit->err : op_reply_ok(op);
}

/*
 * The close waits for the request's refusal: for the answer to a submission, up
 * to run_wait for a run. That the content is on disk it always waits for.
 */
static int save_wait_job(struct op *op, struct save *save)
{
	struct job *job = save->job;
	const struct run *run = job->run;
	bool is_queued = run && !run->is_sent;

	if (job->commit_err)
		return job->commit_err;
	if (!job->is_stored && !job_is_final(job) && !job->is_removed)
		return op_wait(op, &job->waiters);
	if (job->status == JOB_ERROR)
		return job->err;
	if (save->settles || job_is_final(job) || job->is_removed)
		return op_reply_ok(op);
	if (job->is_async && job->was_accepted)
		return op_reply_ok(op);
	op_deadline(op, op->core->now_ms + op->core->options->run_wait_ms);
	if (op->is_late && ((!job->is_async && !job->is_making) || is_queued))
		return op_reply_ok(op);
	return op_wait(op, &job->waiters);
}

static int save_wait(struct op *op)
{
	struct save *save = op->extra;

	if (save->job)
		return save_wait_job(op, save);
	if (save->commit)
		return save_wait_commit(op, save->commit);
	return op_reply_ok(op);
}

/* A name under which a file is saved; dir NULL: it has none that runs. */
struct save_name {
	struct file *dir;
	const char *name;
};

/* Runs the file if its name says so, else makes it durable. */
static int save_start(struct core *core, struct file *file,
	struct file_opened *opened, const struct save_name *as,
	struct save *save)
{
	if (!as->dir || file->sent == file->generation ||
		!dir_kind_runs(as->dir, as->name, file))
		return commit_start(core, file, opened, &save->commit);
	run_unsettle(file);
	file->sent = file->generation;
	save->settles = dir_kind_settles(as->dir, as->name);
	return run_start(core, as->dir, as->name, file, opened, save->settles,
		&save->job);
}

static size_t names_known(const struct file *file)
{
	struct file *dir;
	const char *name;
	size_t count = 0;

	while (file_place(file, count, &dir, &name))
		count++;
	return count;
}

/* A file with several names runs once, under the first that runs. */
static int save_find_name(struct file *file, struct save_name *as)
{
	struct stat st;
	int err = file_stat(file, &st);

	if (!err && st.st_nlink > names_known(file))
		err = file_find_places(file);
	for (size_t i = 0; !err && file_place(file, i, &as->dir, &as->name);
		i++)
		if (dir_kind_runs(as->dir, as->name, file))
			return 0;
	as->dir = NULL;
	return err;
}

static int save_begin(struct op *op, struct file *file,
	struct file_opened *opened, const struct save_name *as)
{
	struct save *save = calloc(1, sizeof(*save));
	int err;

	if (!save)
		return -ENOMEM;
	err = save_start(op->core, file, opened, as, save);
	if (err) {
		free(save);
		return err;
	}
	if (save->commit)
		save->commit->holds++;
	if (save->job)
		job_hold(save->job);
	op->extra = save;
	op->end = save_free;
	return 0;
}

int save_flush(struct op *op)
{
	struct handle *handle = op->handle;
	struct file *file = handle->file;
	enum writer_close found;
	struct save_name as;

	if (op->extra)
		return save_wait(op);
	if (!handle->is_writable)
		return op_reply_ok(op);
	if (file->sent == file->generation && !file_is_dirty(file))
		return op_reply_ok(op);
	int err = close_probe_ask(op, handle->opener, file->ino, &found);
	if (err)
		return err;
	switch (found) {
	case WRITER_KILLED:
		log_line(LOG_INFO,
			"a writer was killed before its close: what it "
			"wrote is kept and not run");
		file->sent = file->generation;
		return op_reply_ok(op);
	case WRITER_MORE:
	case WRITER_UNKNOWN:
		return op_reply_ok(op);
	case WRITER_LAST:
		break;
	}
	err = save_find_name(file, &as);
	if (!err)
		err = save_begin(op, file, &handle->opened, &as);
	return err ? err : save_wait(op);
}

int save_fsync(struct op *op)
{
	struct handle *handle = op->handle;
	bool is_dir = S_ISDIR(handle->file->type);
	struct save *save = op->extra;

	if (save)
		return save_wait(op);
	save = calloc(1, sizeof(*save));
	if (!save)
		return -ENOMEM;
	int err = commit_start(op->core, handle->file,
		is_dir ? NULL : &handle->opened, &save->commit);
	if (err) {
		free(save);
		return err;
	}
	if (save->commit)
		save->commit->holds++;
	op->extra = save;
	op->end = save_free;
	return save_wait(op);
}

void save_released(struct core *core, struct handle *handle)
{
	struct file *file = handle->file;
	struct save save = { 0 };
	struct save_name as;
	struct stat st;
	int err;

	if (file->writers ||
		(file->sent == file->generation && !file_is_dirty(file)))
		return;
	err = file_stat(file, &st);
	if (!err && !st.st_nlink)
		return;
	if (!err)
		err = save_find_name(file, &as);
	if (!err)
		err = save_start(core, file, &handle->opened, &as, &save);
	if (err)
		log_line(LOG_ERR, "a file could not be saved: %s",
			strerror(-err));
}

int save_renamed(
	struct op *op, struct file *file, struct file *dir, const char *name)
{
	const struct save_name as = { dir, name };

	if (op->extra) {
		/* The name has changed whatever becomes of the run: an error
		 * here would make its user believe that it has not. */
		struct save *save = op->extra;
		if (save->job && !save->job->is_stored &&
			!job_is_final(save->job) && !save->job->is_removed)
			return op_wait(op, &save->job->waiters);
		return op_reply_ok(op);
	}
	run_unsettle(file);
	if (!S_ISREG(file->type) || file->writers ||
		file->sent == file->generation ||
		!dir_kind_runs(dir, name, file))
		return op_reply_ok(op);
	int err = save_begin(op, file, NULL, &as);
	if (err) {
		log_line(LOG_ERR, "a renamed file could not be run: %s",
			strerror(-err));
		return op_reply_ok(op);
	}
	return save_renamed(op, file, dir, name);
}
