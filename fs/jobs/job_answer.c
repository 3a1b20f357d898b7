/* SPDX-License-Identifier: MIT */
/* fs/jobs/job_answer.c - the worker stores an answer, then the job shows it */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <syslog.h>

#include "fs/base/base.h"
#include "fs/core/core.h"
#include "fs/jobs/jobs.h"

struct arrival {
	struct job *job; /* held; the worker reads core and number only */
	json_t *answer;
	enum job_status status;
	struct job_stored stored;
	char *record;
	size_t record_len;
	int record_err;
};

static void arrival_free(struct arrival *arrival)
{
	job_artifacts_free(
		arrival->stored.artifacts, arrival->stored.artifact_count);
	json_decref(arrival->stored.fields);
	json_decref(arrival->answer);
	free(arrival->record);
	job_drop(arrival->job);
	free(arrival);
}

static void arrival_store(void *ctx)
{
	struct arrival *arrival = ctx;
	const struct job *job = arrival->job;

	job_store_answer(&job->core->state, job->number, arrival->answer,
		arrival->status >= JOB_COMPLETED, &arrival->stored);
}

static void arrival_record(void *ctx)
{
	struct arrival *arrival = ctx;
	const struct job *job = arrival->job;

	arrival->record_err = job_write_record(&job->core->state, job->number,
		arrival->record, arrival->record_len, true);
}

/* The result is on disk: it may be shown. */
static void arrival_recorded(void *ctx)
{
	struct arrival *arrival = ctx;
	struct job *job = arrival->job;

	if (arrival->record_err && !job->is_removed)
		log_line(LOG_ERR, "cannot store the result of job %s: %s",
			job->key, strerror(-arrival->record_err));
	job->status = arrival->status;
	job->is_ending = false;
	if (job->is_removed)
		job_store_remove(
			&job->core->state, job->number, job->artifact_count);
	job_notify(job);
	arrival_free(arrival);
}

static void arrival_end(struct arrival *arrival)
{
	struct job *job = arrival->job;
	enum job_status before = job->status;

	poller_remove(job);
	job->is_ending = true;
	job->status = arrival->status;
	arrival->record = job_record(job, &arrival->record_len);
	job->status = before;
	arrival->record_err = -ENOMEM;
	if (!arrival->record ||
		worker_submit(job->core->worker, arrival_record,
			arrival_recorded, arrival))
		arrival_recorded(arrival);
}

/* The job gets what was stored; arrival_free frees what it had. */
static void arrival_apply(struct arrival *arrival)
{
	struct job *job = arrival->job;
	struct job_stored stored = arrival->stored;
	const char *error =
		json_string_value(json_member(stored.fields, "error"));

	arrival->stored.fields = job->fields;
	arrival->stored.artifacts = job->artifacts;
	arrival->stored.artifact_count = job->artifact_count;
	job->fields = stored.fields;
	job->artifacts = stored.artifacts;
	job->artifact_count = stored.artifact_count;
	job->answer_size = stored.answer_size;
	memcpy(job->output_size, stored.output_size, sizeof(job->output_size));
	job->has_detail = true;
	job->changed = job->core->now;
	if (error && *error) {
		free(job->error);
		job->error = strdup(error);
	}
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
	ops_wake(&job->waiters);
}

static void arrival_stored(void *ctx)
{
	struct arrival *arrival = ctx;
	struct job *job = arrival->job;

	job->is_storing = false;
	poller_update(job);
	if (job->is_removed) {
		job_store_remove(&job->core->state, job->number,
			arrival->stored.artifact_count);
	} else if (arrival->stored.err) {
		arrival_lost(job, arrival->stored.err);
	} else {
		arrival_apply(arrival);
		if (arrival->status >= JOB_COMPLETED) {
			arrival_end(arrival);
			return;
		}
		job->status = arrival->status;
		job_notify(job);
	}
	arrival_free(arrival);
}

void job_answer(struct job *job, json_t *json, enum job_status status)
{
	struct arrival *arrival = calloc(1, sizeof(*arrival));

	if (arrival) {
		job_hold(job);
		arrival->job = job;
		arrival->answer = json_incref(json);
		arrival->status = status;
		job->is_storing = true;
		poller_update(job);
		if (!worker_submit(job->core->worker, arrival_store,
			    arrival_stored, arrival))
			return;
		job->is_storing = false;
	}
	job_fail(job, -ENOMEM, "out of memory for the run's result");
	if (arrival)
		arrival_free(arrival);
}
