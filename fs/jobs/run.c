/* SPDX-License-Identifier: MIT */
/* fs/jobs/run.c - from saved content to a request that is sent once */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "fs/core/core.h"
#include "fs/jobs/jobs.h"

enum { SETTLE_MS = 250 };

/* The file may have a newer run. */
static void run_leave_file(struct run *run)
{
	if (run->file->run == run)
		run->file->run = NULL;
}

void run_free(struct run *run)
{
	struct core *core = run->core;

	if (run->is_queued)
		TAILQ_REMOVE(&core->jobs->runs.queue, run, link);
	if (run->commit)
		file_commit_end(run->commit);
	timer_disarm(&core->timers, &run->job->settle);
	run->job->run = NULL;
	job_drop(run->job);
	run_files_thaw(run);
	run_leave_file(run);
	file_drop(run->file);
	for (size_t i = 0; i < RUN_QUERY_MAX; i++)
		free((char *)run->query[i].value);
	json_decref(run->settings);
	free(run->record);
	if (run->body) /* it may have secrets */
		explicit_bzero(run->body, run->body_len);
	free(run->body);
	free(run->name);
	free(run->id);
	free(run);
}

/* ---- in the worker ---- */

static int prepare_content(struct run *run, char **content, size_t *len)
{
	int err = run->commit ? file_commit_work(run->commit) : 0;

	run->is_commit_error = err != 0;
	if (!err)
		err = run_files_copy(run);
	return err ? err : run_files_read(run, content, len);
}

static void run_prepare(void *ctx)
{
	struct run *run = ctx;
	char *content = NULL;
	size_t len = 0;

	run->err = prepare_content(run, &content, &len);
	run->code_size = len;
	if (!run->err)
		run->err = job_write_record(&run->core->state, run->job->number,
			run->record, run->record_len, true);
	if (!run->err && !run->is_dropped)
		run->err = run->kind->build(run, content, len);
	free(content);
}

/* ---- in the loop ---- */

static void run_enqueue(struct run *run)
{
	if (run->settles || !run->is_prepared)
		return;
	run_leave_file(run);
	run_queue(run);
}

static void run_prepared(void *ctx)
{
	struct run *run = ctx;
	struct job *job = run->job;

	if (run->commit)
		file_commit_end(run->commit);
	run->commit = NULL;
	run_files_thaw(run);
	run->is_prepared = true;
	job->is_stored = true;
	job->commit_err = run->is_commit_error ? run->err : 0;
	job->code_size = run->code_size;
	job->has_code = !run->is_commit_error;
	if (job->is_removed || run->is_dropped) {
		run_free(run);
	} else if (run->err) {
		job_fail(job, run->err, run->why);
		run_free(run);
	} else {
		job_notify(job);
		run_enqueue(run);
	}
}

static void run_settled(void *ctx)
{
	struct run *run = ctx;

	run->settles = false;
	run_enqueue(run);
}

/* ---- the start ---- */

static int run_fill(struct run *run, struct file *dir, const char *name,
	struct file_opened *opened)
{
	struct stat st;
	int err = file_stat(run->file, &st);

	run->name = strdup(name);
	run->id = dir_kind_id(run->kind, dir);
	/* The record says what will be there when it is. */
	run->job->has_code = true;
	run->job->code_size = err ? 0 : st.st_size;
	run->record = job_record(run->job, &run->record_len);
	if (!err && (!run->name || !run->id || !run->record))
		err = -ENOMEM;
	if (!err)
		err = dir_kind_settings(dir, &run->settings);
	if (!err)
		err = run_files_open(run, dir, run->file);
	if (!err)
		run->commit = file_commit_begin(run->file, opened, &err);
	return err;
}

static struct run *run_new(
	struct core *core, const struct file *dir, struct file *file)
{
	struct run *run = calloc(1, sizeof(*run));

	if (!run)
		return NULL;
	run->program_fd = run->dir_fd = -1;
	run->core = core;
	run->kind = dir_kind_of(dir);
	run->job = job_new(core);
	if (!run->job) {
		free(run);
		return NULL;
	}
	job_hold(run->job);
	run->job->run = run;
	run->job->is_async = run->kind->is_async;
	run->job->is_making = run->kind->made != NULL;
	run->job->file = file->number;
	run->file = file;
	file_hold(file);
	return run;
}

int run_start(struct core *core, struct file *dir, const char *name,
	struct file *file, struct file_opened *opened, bool settles,
	struct job **out)
{
	struct run *run = run_new(core, dir, file);

	*out = NULL;
	if (!run)
		return -ENOMEM;
	struct job *job = run->job;
	int err = run_fill(run, dir, name, opened);
	if (!err)
		err = worker_submit(
			core->worker, run_prepare, run_prepared, run);
	if (err) {
		run_free(run);
		job_remove(job);
		return err;
	}
	if (settles) {
		run->settles = true;
		job->settle.fire = run_settled;
		job->settle.ctx = run;
		timer_arm(
			&core->timers, &job->settle, core->now_ms + SETTLE_MS);
	}
	file->run = run;
	job_attach(job, file);
	*out = job;
	return 0;
}

bool run_is_waiting(const struct run *run)
{
	const struct api_call *call = run->job->call;

	return !run->is_sent || (call && !api_call_was_sent(call));
}

void run_drop(struct run *run)
{
	struct job *job = run->job;

	if (run->is_sent) { /* to the client, which has it queued */
		api_cancel(job->call);
		job->call = NULL;
		run->core->jobs->runs.in_flight--;
		runs_wake(run->core);
	}
	timer_disarm(&run->core->timers, &job->settle);
	run->settles = true;
	run_leave_file(run);
	if (run->is_prepared)
		run_free(run);
	else
		run->is_dropped = true;
}

void run_unsettle(struct file *file)
{
	struct run *run = file->run;

	if (!run || !run->settles)
		return;
	struct job *job = run->job;
	file->sent = 0; /* this content was not sent */
	job_hold(job);
	run_drop(run);
	job_remove(job);
	job_drop(job);
}

void runs_clear(struct core *core)
{
	struct run *run;
	struct job *job, *next;

	while ((run = TAILQ_FIRST(&core->jobs->runs.queue)))
		run_free(run);
	for (job = TAILQ_FIRST(&core->jobs->all); job; job = next) {
		next = TAILQ_NEXT(job, link);
		if (job->call)
			api_cancel(job->call);
		job->call = NULL;
		if (job->run && job->run->is_prepared)
			run_free(job->run);
		else if (job->run) /* the worker has it */
			run_drop(job->run);
	}
}
