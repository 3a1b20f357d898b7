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
	typing_free(run->typing);
	if (run->is_copied)
		TAILQ_REMOVE(&core->jobs->runs.projects, run, link);
	timer_disarm(&core->timers, &run->job->settle);
	run->job->run = NULL;
	job_drop(run->job);
	run_files_thaw(run);
	run_leave_file(run);
	file_drop(run->file);
	file_drop(run->root);
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

static void run_enqueue(struct run *run)
{
	if (run->settles || !run->is_prepared)
		return;
	run_leave_file(run);
	run_queue(run);
}

/* Also called for a run that goes on without an input file. */
static void run_explain(const struct run *run, int err)
{
	if (run->why[0])
		file_refuse(
			run->core, "RUN", run->root, run->name, err, run->why);
}

/* Fails a run that was not sent. */
static void run_refuse(struct run *run, int err)
{
	run_explain(run, err);
	job_fail(run->job, err, JOB_NOT_SENT, run->why);
	run_free(run);
}

/* Notes what the request sets, or leaves to the API's defaults. */
static void run_know(const struct run *run)
{
	const struct setting *mode =
		setting_find(run->kind->settings, "network_mode");
	const json_t *set = run_setting(run, "network_mode");

	if (run->language)
		job_know(run->job, "language", json_string(run->language));
	if (mode)
		job_know(run->job, "network_mode",
			json_string(
				set ? json_string_value(set) : mode->preset));
}

/* Fails a run whose turn did not come before the end of the mount. */
static void run_fail_unsent(const struct run *run)
{
	struct job *job = run->job;

	if (job_is_final(job) || job->is_removed || !run_is_waiting(run))
		return;
	job_polls_clear(job);
	job_fail(job, -ECONNABORTED, JOB_NOT_SENT,
		"the mount ended before the request's turn");
}

void run_built(struct run *run)
{
	struct job *job = run->job;

	run->is_prepared = true;
	job->code_size = run->code_size;
	run_know(run);
	if (job->is_removed || run->is_dropped) {
		run_fail_unsent(run);
		run_free(run);
	} else if (run->err) {
		run_refuse(run, run->err);
	} else {
		run_explain(run, -ELOOP);
		run_enqueue(run);
	}
}

/* ---- the start ---- */

/* dir is the program's directory, for its settings. */
static int run_begin(
	struct run *run, struct file *dir, struct file_opened *opened)
{
	struct job *job = run->job;
	struct stat st;
	int err = file_stat(run->file, &st);

	if (err)
		return err;
	/* Once the record is on disk, the copy is there, too. */
	job->has_code = true;
	job->code_size = st.st_size;
	run->record = job_record(job, &run->record_len);
	err = run->record ? dir_kind_settings(dir, &run->settings) : -ENOMEM;
	if (!err)
		err = run_files_open(run, run->root, run->file);
	if (!err)
		err = run_prepare(run, opened);
	run->is_begun = !err;
	return err;
}

/* ---- a project, which is copied file by file ---- */

static void run_settle(struct run *run)
{
	struct core *core = run->core;

	run->settles = true;
	timer_arm(&core->timers, &run->job->settle, core->now_ms + SETTLE_MS);
}

static void project_is_copied(struct run *run)
{
	struct project_reason reason = { 0 };
	struct job *job = run->job;
	struct program main;
	int err = project_find_main(run->root, &main, &reason);

	TAILQ_REMOVE(&run->core->jobs->runs.projects, run, link);
	run->is_copied = false;
	if (!err && main.file != run->file) {
		run_free(run); /* the project has another main program now */
		job_remove(job);
	} else {
		snprintf(run->why, sizeof(run->why), "%s",
			err == -ENODATA ? reason.text : "");
		if (!err)
			err = run_begin(run, main.dir, NULL);
		if (err)
			run_refuse(run, err);
	}
	program_clear(&main);
}

static void run_settled(void *ctx)
{
	struct run *run = ctx;

	/* A file, or the job's record, is being made durable. */
	if (run->is_copied &&
		(worker_pending(run->core->worker) || run->job->writing)) {
		run_settle(run);
		return;
	}
	run->settles = false;
	if (run->is_copied)
		project_is_copied(run);
	else
		run_enqueue(run);
}

static bool is_in(const struct file *dir, const struct file *root)
{
	while (dir && dir != root)
		dir = file_parent(dir);
	return dir;
}

void runs_touch(struct core *core, const struct file *file)
{
	struct file *dir;
	const char *name;
	struct run *run;

	TAILQ_FOREACH(run, &core->jobs->runs.projects, link)
	{
		if (S_ISDIR(file->type) && is_in(file, run->root))
			run_settle(run);
		for (size_t i = 0; !S_ISDIR(file->type) &&
			file_place(file, i, &dir, &name);
			i++)
			if (is_in(dir, run->root))
				run_settle(run);
	}
}

bool run_is_copied(const struct job *job)
{
	return job->run && job->run->is_copied;
}

/* ---- a new run ---- */

static struct run *run_new(struct core *core, struct file *dir,
	const char *name, struct file *file)
{
	struct file *project = project_of(dir);
	struct run *run = calloc(1, sizeof(*run));

	if (!run)
		return NULL;
	run_files_init(run);
	run->core = core;
	run->kind = dir_kind_of(dir);
	run->root = project ? project : dir;
	run->name = project_path(run->root, dir, name);
	run->id = dir_kind_id(run->kind, dir);
	run->job = run->name && run->id ? job_new(core) : NULL;
	if (!run->job) {
		free(run->name);
		free(run->id);
		free(run);
		return NULL;
	}
	job_hold(run->job);
	run->job->run = run;
	run->job->is_async = run->kind->is_async;
	run->job->file = file->number;
	run->job->born = file_born(file);
	run->job->settle.fire = run_settled;
	run->job->settle.ctx = run;
	run->file = file;
	file_hold(file);
	file_hold(run->root);
	return run;
}

int run_start(struct core *core, struct file *dir, const char *name,
	struct file *file, struct file_opened *opened, bool settles,
	struct job **out)
{
	struct run *run = run_new(core, dir, name, file);
	bool is_copied = settles && project_of(dir) &&
		!project_is_plain(project_of(dir));

	*out = NULL;
	if (!run)
		return -ENOMEM;
	struct job *job = run->job;
	int err =
		is_copied ? job_store_record(job) : run_begin(run, dir, opened);
	if (err) {
		run_free(run);
		job_remove(job);
		return err;
	}
	if (is_copied)
		TAILQ_INSERT_TAIL(&core->jobs->runs.projects, run, link);
	run->is_copied = is_copied;
	if (settles)
		run_settle(run);
	file->run = run;
	job_attach(job, file);
	if (job->is_async) {
		core->jobs->latest = job->number;
		jobs_touch(core);
	}
	*out = job;
	return 0;
}

bool run_is_waiting(const struct run *run)
{
	const struct api_call *call = run->job->call;

	if (run->typing)
		return !typing_has_begun(run->typing);
	return !run->is_sent || (call && !api_call_was_sent(call));
}

void run_drop(struct run *run)
{
	struct job *job = run->job;

	if (run->typing)
		typing_leave(run->typing);
	if (run->is_sent) { /* queued in the client */
		if (job->call)
			api_cancel(job->call);
		job->call = NULL;
		run->core->jobs->runs.in_flight--;
		runs_wake(run->core);
	}
	timer_disarm(&run->core->timers, &job->settle);
	run->settles = true;
	run_leave_file(run);
	if (run->is_prepared || !run->is_begun)
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
	file->sent = 0; /* the content counts as not sent */
	job_hold(job);
	run_drop(run);
	job_remove(job);
	job_drop(job);
}

void runs_clear(struct core *core)
{
	struct run *run;
	struct job *job, *next;

	while ((run = TAILQ_FIRST(&core->jobs->runs.queue))) {
		run_fail_unsent(run);
		run_free(run);
	}
	for (job = TAILQ_FIRST(&core->jobs->all); job; job = next) {
		next = TAILQ_NEXT(job, link);
		if (job->run && job->run->is_prepared)
			run_fail_unsent(job->run);
		if (job->call)
			api_cancel(job->call);
		job->call = NULL;
		if (job->run && job->run->is_prepared)
			run_free(job->run);
		else if (job->run) /* the worker has it */
			run_drop(job->run);
	}
	typings_clear(core);
}
