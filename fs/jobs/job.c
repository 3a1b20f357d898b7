/* SPDX-License-Identifier: MIT */
/* fs/jobs/job.c - one run of a program, from the save to its kept result */
#include "fs/jobs/job.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <syslog.h>

#include "fs/base/errors.h"
#include "fs/base/log.h"
#include "fs/core/core.h"
#include "fs/files/files.h"
#include "fs/jobs/job_index.h"
#include "fs/jobs/job_store.h"
#include "fs/jobs/jobs.h"

static const char *const words[] = {
	[JOB_PENDING] = "pending",
	[JOB_RUNNING] = "running",
	[JOB_COMPLETED] = "completed",
	[JOB_FAILED] = "failed",
	[JOB_TIMEOUT] = "timeout",
	[JOB_CANCELLED] = "cancelled",
	[JOB_ERROR] = "error",
};

const char *job_status_word(enum job_status status)
{
	return words[status];
}

enum job_status job_status_of(const char *word)
{
	for (int i = 0; i <= JOB_CANCELLED; i++)
		if (word && !strcmp(word, words[i]))
			return i;
	return JOB_RUNNING;
}

static bool status_is_known(const json_t *word, enum job_status *status)
{
	const char *text = json_string_value(word);

	*status = job_status_of(text);
	return text && !strcmp(text, words[*status]);
}

int job_judge(const json_t *answer, enum job_status *status)
{
	const json_t *word = json_member(answer, "status");

	if (status_is_known(word, status))
		return 0;
	*status = JOB_COMPLETED;
	if (json_is_integer(json_member(answer, "exit_code")))
		return 0;
	if (!word && json_is_string(json_member(answer, "stdout|output")))
		return 0;
	return -EPROTO;
}

bool job_is_final(const struct job *job)
{
	return job->status >= JOB_COMPLETED;
}

static struct job *job_create(struct core *core, uint64_t number)
{
	struct job *job = calloc(1, sizeof(*job));

	if (!job)
		return NULL;
	job->core = core;
	job->number = number;
	job->created = job->changed = core->now;
	job->output[JOB_STDOUT].fd = job->output[JOB_STDERR].fd = -1;
	TAILQ_INIT(&job->waiters);
	if (job_index_add(job)) {
		free(job);
		return NULL;
	}
	TAILQ_INSERT_TAIL(&core->jobs->all, job, link);
	if (number >= core->jobs->next_number)
		core->jobs->next_number = number + 1;
	return job;
}

struct job *job_new(struct core *core)
{
	return job_new_numbered(core, core->jobs->next_number);
}

struct job *job_new_numbered(struct core *core, uint64_t number)
{
	struct job *job = job_create(core, number);

	if (job && asprintf(&job->key, "n%" PRIu64, job->number) < 0) {
		job->key = NULL;
		job_forget(job); /* files of a numbered one stay */
		return NULL;
	}
	return job;
}

struct job *job_foreign(struct core *core, const char *id)
{
	struct job *job = job_by_id(core, id);

	if (job)
		return job;
	job = job_create(core, core->jobs->next_number);
	if (!job)
		return NULL;
	job->is_foreign = job->is_async = job->was_accepted = true;
	job->is_stored = true;
	job->status = JOB_RUNNING;
	job->key = strdup(id);
	if (!job->key || job_set_id(job, id)) {
		job_forget(job);
		return NULL;
	}
	return job;
}

static void job_free(struct job *job)
{
	for (size_t i = 0; i < job->artifact_count; i++)
		free(job->artifacts[i].name);
	free(job->artifacts);
	json_decref(job->fields);
	json_decref(job->hidden);
	free(job->error);
	free(job->key);
	free(job->id);
	free(job);
}

void job_hold(struct job *job)
{
	job->holds++;
}

void job_drop(struct job *job)
{
	if (--job->holds)
		return;
	if (job->is_removed)
		job_free(job);
	else if (job->is_detached)
		job_remove(job);
}

/* NAME.job appears in, or leaves, the directories of its file. */
static void touch_directories(struct core *core, uint64_t number)
{
	struct file *file = file_by_number(core->files, number), *dir;
	const char *name;

	for (size_t i = 0; file && file_place(file, i, &dir, &name); i++)
		file_touch(dir);
}

void job_detach(struct job *job)
{
	if (job->file && job_of_file(job->core, job->file) == job) {
		touch_directories(job->core, job->file);
		job_set_file(job, 0);
	}
	if (job->is_async || job->is_removed)
		return;
	job->is_detached = true;
	if (!job->holds)
		job_remove(job);
}

/* Without memory it is no file's: its result is in jobs/, or gone. */
void job_attach(struct job *job, struct file *file)
{
	struct job *before = job_of_file(job->core, file->number);

	job_set_file(job, file->number);
	if (before && before != job)
		job_detach(before);
	touch_directories(job->core, file->number);
}

void job_forget(struct job *job)
{
	job->is_removed = true;
	job_detach(job);
	poller_remove(job);
	timer_disarm(&job->core->timers, &job->settle);
	timer_disarm(&job->core->timers, &job->asked);
	job_index_remove(job);
	TAILQ_REMOVE(&job->core->jobs->all, job, link);
	job_notify(job);
	if (!job->holds)
		job_free(job);
}

void job_remove(struct job *job)
{
	struct core *core = job->core;
	bool was_listed = job->is_async;

	if (job->is_removed)
		return;
	if (core->jobs->latest == job->number)
		core->jobs->latest = 0;
	job_store_remove(&core->state, job->number, job->artifact_count);
	job_forget(job);
	if (was_listed)
		jobs_touch(core);
}

void job_notify(struct job *job)
{
	ops_wake(&job->waiters);
	job_polls_notify(job);
}

void job_fail(struct job *job, int err, const char *reason)
{
	poller_remove(job);
	job->status = JOB_ERROR;
	job->err = err;
	free(job->error);
	job->error = strdup(reason && *reason ? reason : strerror(-err));
	job->changed = job->core->now;
	log_line(LOG_NOTICE, "job %s: %s", job->key,
		job->error ? job->error : strerror(-err));
	if (!job->is_removed)
		job_store_record(job);
	job_notify(job);
}

/* ---- an answer that the worker stores ---- */

struct arrival {
	struct job *job;
	const struct state *state;
	uint64_t number;
	json_t *answer;
	enum job_status status;
	struct job_stored stored;
	char *record;
	size_t record_len;
	int err;
};

static void arrival_free(struct arrival *arrival)
{
	for (size_t i = 0; i < arrival->stored.artifact_count; i++)
		free(arrival->stored.artifacts[i].name);
	free(arrival->stored.artifacts);
	json_decref(arrival->stored.fields);
	json_decref(arrival->answer);
	free(arrival->record);
	job_drop(arrival->job);
	free(arrival);
}

static void arrival_store(void *ctx)
{
	struct arrival *arrival = ctx;

	job_store_answer(arrival->state, arrival->number, arrival->answer,
		arrival->status >= JOB_COMPLETED, &arrival->stored);
}

static void arrival_record(void *ctx)
{
	struct arrival *arrival = ctx;
	char name[32];

	snprintf(name, sizeof(name), "%" PRIu64 ".json", arrival->number);
	arrival->err = state_write(arrival->state->jobs_fd, name,
		arrival->record, arrival->record_len, 1);
}

/* The result is on disk: it may be shown. */
static void arrival_recorded(void *ctx)
{
	struct arrival *arrival = ctx;
	struct job *job = arrival->job;

	if (arrival->err && !job->is_removed)
		log_line(LOG_ERR, "cannot store the result of job %s: %s",
			job->key, strerror(-arrival->err));
	job->status = arrival->status;
	job->is_ending = false;
	if (job->is_removed)
		job_store_remove(
			arrival->state, arrival->number, job->artifact_count);
	job_notify(job);
	arrival_free(arrival);
}

static void arrival_swap(struct job *job, struct job_stored *stored)
{
	struct job_stored old = {
		.fields = job->fields,
		.artifacts = job->artifacts,
		.artifact_count = job->artifact_count,
	};

	job->fields = stored->fields;
	job->artifacts = stored->artifacts;
	job->artifact_count = stored->artifact_count;
	job->answer_size = stored->answer_size;
	for (int i = 0; i < JOB_OUTPUTS; i++)
		job->output_size[i] = stored->output_size[i];
	*stored = old;
}

static void arrival_apply(struct arrival *arrival)
{
	struct job *job = arrival->job;
	const char *error =
		json_string_value(json_member(arrival->stored.fields, "error"));

	job->has_detail = true;
	if (error && *error) {
		free(job->error);
		job->error = strdup(error);
	}
	arrival_swap(job, &arrival->stored);
	job->changed = job->core->now;
}

/* A job that is polled is asked for again. The answer to the run itself comes
 * only once. */
static void arrival_lost(struct job *job, int err)
{
	static const char reason[] =
		"the run's result could not be stored in the state directory";

	errors_add(job->core->errors, &job->core->now, "KEEP", job->key, 0, err,
		reason);
	log_line(LOG_ERR, "job %s: %s: %s", job->key, reason, strerror(-err));
	if (job->is_active)
		poller_failed(job, err);
	else
		job_fail(job, err, reason);
}

static void arrival_stored(void *ctx)
{
	struct arrival *arrival = ctx;
	struct job *job = arrival->job;
	enum job_status before = job->status;

	job->is_storing = false;
	poller_update(job);
	if (job->is_removed) {
		job_store_remove(arrival->state, arrival->number,
			arrival->stored.artifact_count);
		arrival_free(arrival);
		return;
	}
	if (arrival->stored.err) {
		arrival_lost(job, arrival->stored.err);
		ops_wake(&job->waiters);
		arrival_free(arrival);
		return;
	}
	arrival_apply(arrival);
	if (arrival->status < JOB_COMPLETED) {
		job->status = arrival->status;
		job_notify(job);
		arrival_free(arrival);
		return;
	}
	poller_remove(job);
	job->is_ending = true;
	job->status = arrival->status;
	arrival->record = job_record(job, &arrival->record_len);
	job->status = before;
	arrival->err = -ENOMEM;
	if (!arrival->record ||
		worker_submit(job->core->worker, arrival_record,
			arrival_recorded, arrival))
		arrival_recorded(arrival);
}

void job_answer(struct job *job, json_t *json, enum job_status status)
{
	struct arrival *arrival = calloc(1, sizeof(*arrival));

	if (!arrival) {
		job_fail(job, -ENOMEM, "out of memory for the run's result");
		return;
	}
	job_hold(job);
	arrival->job = job;
	arrival->state = &job->core->state;
	arrival->number = job->number;
	arrival->answer = json_incref(json);
	arrival->status = status;
	job->is_storing = true;
	poller_update(job);
	if (worker_submit(job->core->worker, arrival_store, arrival_stored,
		    arrival)) {
		job->is_storing = false;
		job_fail(job, -ENOMEM, "out of memory for the run's result");
		arrival_free(arrival);
	}
}
