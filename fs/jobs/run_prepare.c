/* SPDX-License-Identifier: MIT */
/* fs/jobs/run_prepare.c - the request is made, and what was saved made durable
 */
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "fs/base/base.h"
#include "fs/core/core.h"
#include "fs/jobs/jobs.h"

/*
 * The worker writes the record before the request is sent, without which
 * nothing would tell after a kill that the program may have run. Then the disk
 * gets the time that the request takes. If the power fails before it is done,
 * the close has not returned, and nobody counts on what was saved.
 *
 * All is synced at the same time, so a record may name a copy of the program
 * that is incomplete: see code_check().
 */
struct run_sync {
	struct job *job; /* held; the worker reads core and number only */
	struct file_commit *commit; /* NULL: the content is on disk */
	int copy_fd, record_fd;	    /* negative: none */
	int err;
	bool is_commit_error; /* the content itself could not be stored */
	bool is_begun;
};

/* ---- in the worker ---- */

static int copy_make(const struct run *run, const char *content, size_t len)
{
	struct run_sync *sync = run->sync;

	sync->copy_fd = job_open_file(&run->core->state, run->job->number,
		"code", O_WRONLY | O_CREAT | O_EXCL);
	return sync->copy_fd < 0
		? sync->copy_fd
		: run_files_copy(run, sync->copy_fd, content, len);
}

static int record_make(const struct run *run)
{
	struct run_sync *sync = run->sync;

	sync->record_fd = state_open_last(run->core->state.jobs_fd,
		job_record_name(run->job->number).text, run->record,
		run->record_len);
	return sync->record_fd < 0 ? sync->record_fd : 0;
}

static void build_work(void *ctx)
{
	struct run *run = ctx;
	char *content = NULL;
	size_t len = 0;
	int read_err = run_files_read(run, &content, &len);
	int copy_err = copy_make(run, content, len);
	int record_err = record_make(run);

	run->err = copy_err ? copy_err : read_err ? read_err : record_err;
	run->code_size = len;
	if (!run->err && !run->is_dropped)
		run->err = run->kind->build(run, content, len);
	free(content);
}

static int commit_part(void *ctx)
{
	const struct run_sync *sync = ctx;

	return sync->commit ? file_commit_work(sync->commit) : 0;
}

static void sync_work(void *ctx)
{
	struct run_sync *sync = ctx;
	int jobs_fd = sync->job->core->state.jobs_fd;
	struct part parts[4] = { { commit_part, sync, 0 } };
	size_t count = 1;

	if (sync->copy_fd >= 0)
		parts[count++] = (struct part){ part_sync, &sync->copy_fd, 0 };
	if (sync->record_fd >= 0) {
		parts[count++] =
			(struct part){ part_sync, &sync->record_fd, 0 };
		parts[count++] = (struct part){ part_sync, &jobs_fd, 0 };
	}
	sync->err = parts_do(parts, count);
	sync->is_commit_error = parts[0].err != 0;
}

/* ---- in the recorder, if it writes a newer version of the record ---- */

/* Then that one is durable before, or could not be synced, or comes after. */
static void name_work(void *ctx)
{
	const struct run_sync *sync = ctx;

	state_name_last(sync->job->core->state.jobs_fd,
		job_record_name(sync->job->number).text);
}

/* ---- in the loop ---- */

static void sync_free(struct run_sync *sync)
{
	if (sync->commit)
		file_commit_end(sync->commit);
	if (sync->copy_fd >= 0)
		close(sync->copy_fd);
	if (sync->record_fd >= 0)
		close(sync->record_fd);
	free(sync);
}

static void sync_named(void *ctx)
{
	struct run_sync *sync = ctx;
	struct job *job = sync->job;

	job_written(job);
	if (job->is_removed)
		job_store_remove(job->core, job->number, 0);
	sync_free(sync);
	job_drop(job);
}

/* A run that waits for its turn is not sent. If the program may have run, the
 * close tells that what it has saved may be lost. */
static void sync_failed(const struct run_sync *sync)
{
	static const char sent[] = "the program was sent, but could not be "
				   "stored in the state directory";
	static const char unsent[] = "the program could not be stored in the "
				     "state directory";
	struct job *job = sync->job;
	struct run *run = job->run;
	bool is_waiting = run && run_is_waiting(run);
	bool was_sent = job->sent.tv_sec && !is_waiting &&
		(job->status != JOB_ERROR || job->may_have_run);

	job->is_rewritten = true;
	job->has_code &= !sync->is_commit_error;
	if (sync->is_commit_error || was_sent)
		job->commit_err = sync->err;
	if (was_sent || is_waiting)
		job_refuse(job, "RUN", sync->err, was_sent ? sent : unsent);
	if (is_waiting) {
		run_drop(run);
		job_fail(job, sync->err, JOB_NOT_SENT, unsent);
	}
}

static void sync_done(void *ctx)
{
	struct run_sync *sync = ctx;
	struct job *job = sync->job;
	struct worker *recorder = job->core->recorder;
	bool is_newest = job->writing == 1;
	int err = sync->commit ? file_commit_end(sync->commit) : 0;

	sync->commit = NULL;
	sync->is_commit_error |= err != 0;
	if (!sync->err)
		sync->err = err;
	job->is_syncing = false;
	if (sync->err && !job->is_removed)
		sync_failed(sync);
	job->is_stored |= is_newest; /* else a newer record is not */
	job_notify(job);
	if (!sync->err && !is_newest && recorder &&
		!worker_submit(recorder, name_work, sync_named, sync))
		return;
	if (!sync->err && is_newest)
		name_work(sync);
	sync_named(sync);
}

static void build_done(void *ctx)
{
	struct run *run = ctx;
	struct run_sync *sync = run->sync;

	run_files_thaw(run);
	run->sync = NULL;
	if (!sync->is_begun)
		run->err = sync->err = -ENOMEM;
	run_built(run);
	if (!sync->is_begun)
		sync_done(sync);
}

int run_prepare(struct run *run, struct file_opened *opened)
{
	struct worker *worker = run->core->worker;
	struct run_sync *sync = malloc(sizeof(*sync));
	int err;

	if (!sync)
		return -ENOMEM;
	*sync = (struct run_sync){ run->job, .copy_fd = -1, .record_fd = -1 };
	sync->commit = file_commit_begin(run->file, opened, &err);
	run->sync = sync;
	if (!err)
		err = worker_submit(worker, build_work, build_done, run);
	if (err) {
		sync_free(sync);
		return err;
	}
	job_hold(run->job);
	run->job->writing++;
	run->job->is_syncing = true;
	sync->is_begun = !worker_submit(worker, sync_work, sync_done, sync);
	return 0;
}
