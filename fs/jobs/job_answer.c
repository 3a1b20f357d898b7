/* SPDX-License-Identifier: MIT */
/* fs/jobs/job_answer.c - the recorder stores an answer, then the job shows it
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <syslog.h>

#include "fs/base/base.h"
#include "fs/core/core.h"
#include "fs/jobs/jobs.h"

static const char not_stored[] =
	"the result could not be stored in the state directory";

/* ---- the record ---- */

struct keeping {
	struct job *job; /* held; the recorder reads core and number only */
	bool has_status; /* which is shown when it is written */
	enum job_status status;
	char *record;
	size_t len;
	struct syncs syncs; /* of a result, with the room that it takes */
	uint64_t wanted;
	json_t *answer; /* it was stored of; NULL: there is no result */
	bool is_apart;	/* job.json is N.rest, with other files */
	bool is_lost;	/* it could not be synced */
	int err;
};

static void keeping_write(void *ctx)
{
	struct keeping *keeping = ctx;
	const struct job *job = keeping->job;
	struct syncs *syncs = &keeping->syncs;
	struct part parts[PARTS_BESIDE];

	syncs_parts(syncs, parts);
	keeping->err = job_write_record(&job->core->state, job->number,
		keeping->record, keeping->len, parts, syncs->count);
	if (!keeping->err && keeping->is_apart)
		job_store_remove_partial(&job->core->state, job->number);
	for (size_t i = 0; i < syncs->count; i++)
		keeping->is_lost |= parts[i].err != 0;
	syncs_clear(syncs);
}

/* The record is on disk: what it says may be shown. */
static void job_kept(struct job *job, enum job_status status, int err)
{
	if (err && !job->is_removed) {
		log_line(LOG_ERR, "cannot store the record of job %s: %s",
			job->key, strerror(-err));
		job_refuse(job, "KEEP", err,
			"the job's record could not be stored");
		job->commit_err = err;
	}
	job->is_stored = true;
	job->is_ending = false;
	if (job->is_removed)
		job_store_remove(job->core, job->number, 0);
	if (status >= JOB_COMPLETED) {
		job->status = status;
		job_ended(job);
	} else {
		job_notify(job);
	}
}

/* Removes what was written of the answer. A reader asks for it again later,
 * when there is room. */
static void result_lost(
	struct job *job, int err, uint64_t wanted, json_t *answer)
{
	job_store_remove_output(job->core, job->number, 0);
	memset(job->output_size, 0, sizeof(job->output_size));
	job->answer_size = 0;
	job->apart = 0;
	job->wanted = wanted;
	if (job->session) /* the API gives it once */
		job->unstored = json_incref(answer);
	job_fail(job, err, job->session ? JOB_UNSTORED : JOB_LOST, not_stored);
	job_refuse(job, "KEEP", err, job->error ? job->error : not_stored);
}

static void keeping_free(struct keeping *keeping)
{
	syncs_clear(&keeping->syncs);
	worker_drop(keeping->job->core->reader, keeping->answer);
	free(keeping->record);
	free(keeping);
}

static void keeping_done(void *ctx)
{
	struct keeping *keeping = ctx;
	struct job *job = keeping->job;

	if (keeping->is_lost && !job->is_removed) {
		job->is_stored = true;
		job->is_ending = false;
		result_lost(
			job, keeping->err, keeping->wanted, keeping->answer);
	} else if (keeping->has_status) {
		job_kept(job, keeping->status, keeping->err);
	} else if (job->is_removed) {
		job_store_remove(job->core, job->number, 0);
	}
	job_written(job); /* it may be rewritten, with its new status */
	keeping_free(keeping);
	job_drop(job);
}

/* Takes keeping, which has a record; false if out of memory. */
static bool keeping_start(struct keeping *keeping)
{
	struct worker *recorder = keeping->job->core->recorder;

	if (!keeping->record || !recorder ||
		worker_submit(recorder, keeping_write, keeping_done, keeping)) {
		keeping_free(keeping);
		return false;
	}
	keeping->job->writing++;
	job_hold(keeping->job);
	return true;
}

/* Before and after the mount there is no recorder: the record then survives a
 * kill, but not a power cut. */
void job_keep_record(struct job *job, char *record, size_t len)
{
	struct keeping *keeping = calloc(1, sizeof(*keeping));

	if (!keeping) {
		free(record);
		return;
	}
	*keeping = (struct keeping){ .job = job, .record = record, .len = len };
	keeping_start(keeping);
}

/* Takes the files to be synced out of stored. answer: what they are of, or
 * NULL. */
static void keep(struct job *job, enum job_status status,
	struct job_stored *stored, json_t *answer)
{
	struct keeping *keeping = calloc(1, sizeof(*keeping));
	enum job_status before = job->status;

	job->is_stored = false;
	if (keeping) {
		job->status = status;
		job->hash = stored->syncs.hash;
		keeping->record = job_record(job, &keeping->len);
		job->hash = 0;
		job->status = before;
		keeping->job = job;
		keeping->status = status;
		keeping->has_status = true;
		keeping->syncs = stored->syncs;
		keeping->is_apart = stored->apart;
		keeping->wanted = stored->wanted;
		keeping->answer = job->session ? json_incref(answer) : NULL;
		stored->syncs.count = 0;
	}
	if (!keeping || !keeping_start(keeping))
		job_kept(job, status, -ENOMEM);
}

void job_keep(struct job *job, enum job_status status)
{
	struct job_stored none = { 0 };

	keep(job, status, &none, NULL);
}

/* ---- an answer ---- */

/* A longer answer is freed by a thread. */
enum { DROPPED_MAX = 1 << 16 };

struct arrival {
	struct job *job; /* held; the recorder reads core and number only */
	json_t *answer;
	struct spool *spool; /* or NULL */
	char *program;	     /* the name of its source; NULL: unknown */
	enum job_status status;
	struct job_stored stored;
};

static void arrival_free(struct arrival *arrival)
{
	struct core *core = arrival->job->core;
	bool is_small = arrival->stored.answer_size &&
		arrival->stored.answer_size <= DROPPED_MAX;

	job_stored_clear(&arrival->stored);
	spool_drop(arrival->spool);
	worker_drop(is_small ? NULL : core->reader, arrival->answer);
	free(arrival->program);
	job_drop(arrival->job);
	free(arrival);
	ops_wake(&core->jobs->poller.asking);
}

static void arrival_store(void *ctx)
{
	struct arrival *arrival = ctx;
	const struct job *job = arrival->job;

	const struct storing storing = { .state = &job->core->state,
		.worker = job->core->recorder,
		.number = job->number,
		.is_durable = arrival->status >= JOB_COMPLETED,
		.program = arrival->program,
		.spool = arrival->spool };

	job_store_answer(&storing, arrival->answer, &arrival->stored);
}

/* A completed job has no error of its own, so that of an artifact is shown. */
static void arrival_tell_missing(
	struct job *job, const json_t *missing, const char *error)
{
	const json_t *why;
	size_t i;

	json_array_foreach (missing, i, why) {
		const char *text = json_string_value(why);
		errors_add(job->core->errors, &job->core->now, "ARTIFACT",
			job->key, 0, -ENODATA, text);
		if (i || (error && *error))
			continue;
		free(job->error);
		job->error = json_reason(NULL, text);
	}
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
	job->apart = stored.apart;
	memcpy(job->output_size, stored.output_size, sizeof(job->output_size));
	job->has_detail = true;
	job->wanted = 0;
	job->changed = job->core->now;
	if (error && *error) {
		free(job->error);
		job->error = json_reason(stored.fields, error);
	}
	if (arrival->status >= JOB_COMPLETED)
		arrival_tell_missing(job, stored.missing, error);
}

/* After -ENOMEM the next poll asks for it again. */
static void arrival_lost(struct arrival *arrival)
{
	struct job *job = arrival->job;
	int err = arrival->stored.err;

	if (err == -ENOMEM && job->is_active) {
		job_refuse(job, "KEEP", err, not_stored);
		poller_failed(job, err);
		return;
	}
	result_lost(job, err, arrival->stored.wanted, arrival->answer);
}

static void arrival_stored(void *ctx)
{
	struct arrival *arrival = ctx;
	struct job *job = arrival->job;

	job->is_storing = false;
	if (job->is_removed) {
		job_store_remove(
			job->core, job->number, arrival->stored.artifact_count);
	} else if (arrival->stored.err) {
		arrival_lost(arrival);
	} else {
		arrival_apply(arrival);
		if (arrival->status >= JOB_COMPLETED) {
			poller_remove(job);
			job->is_ending = true;
			keep(job, arrival->status, &arrival->stored,
				arrival->answer);
		} else {
			job->status = arrival->status;
			job_notify(job);
		}
	}
	poller_update(job); /* with what the answer has changed */
	arrival_free(arrival);
}

/* The last component of the path. NULL: unknown, or out of memory. */
static char *program_name(const struct job *job)
{
	const char *slash = job->path ? strrchr(job->path, '/') : NULL;

	return slash ? strdup(slash + 1) : NULL;
}

void job_answer(struct job *job, json_t *json, struct spool *spool,
	enum job_status status)
{
	struct arrival *arrival = calloc(1, sizeof(*arrival));

	if (arrival) {
		job_hold(job);
		arrival->job = job;
		arrival->answer = json_twin(json);
		arrival->spool = spool_hold(spool);
		arrival->program = program_name(job);
		arrival->status = status;
		job->is_storing = true;
		poller_update(job);
		if (arrival->answer && !job_inherit(job, arrival->answer) &&
			!worker_submit(job->core->recorder, arrival_store,
				arrival_stored, arrival))
			return;
		job->is_storing = false;
	}
	job_fail(job, -ENOMEM, JOB_LOST, "out of memory for the result");
	if (arrival)
		arrival_free(arrival);
}
