/* SPDX-License-Identifier: MIT */
/* fs/jobs/recording.c - the recordings of sessions that have ended */
#include "fs/jobs/recording.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "fs/base/base.h"
#include "fs/core/core.h"
#include "fs/jobs/jobs.h"

enum {
	TIMEOUT_MS = 120000,   /* the API packs the recording first */
	ABANDONED_MS = 600000, /* then another DELETE may be sent */
};

struct job *recording_of(struct core *core, const char *id)
{
	struct job *job;

	TAILQ_FOREACH(job, &core->jobs->recordings, recorded)
	{
		if (!strcmp(job->session, id))
			return job;
	}
	return NULL;
}

bool recording_is_whole(const struct job *job)
{
	return job && (job->status == JOB_COMPLETED || job->unstored);
}

int recording_add(struct job *job, const char *id)
{
	job->session = strdup(id);
	if (!job->session)
		return -ENOMEM;
	TAILQ_INSERT_TAIL(&job->core->jobs->recordings, job, recorded);
	return 0;
}

void recording_remove(struct job *job)
{
	if (job->session)
		TAILQ_REMOVE(&job->core->jobs->recordings, job, recorded);
}

/* ---- before the request ---- */

static int recording_new(struct core *core, const char *id, struct job **out)
{
	struct job *job = job_new(core);

	*out = job;
	if (!job)
		return -ENOMEM;
	if (recording_add(job, id)) {
		job_forget(job);
		return -ENOMEM;
	}
	job_keep(job, JOB_PENDING);
	return 0;
}

static bool is_under_way(const struct job *job)
{
	return job->submitted_ms && !job_is_final(job) &&
		job->core->now_ms - job->submitted_ms < ABANDONED_MS;
}

/* Makes sure that the record is on disk before anything is sent. Replaces what
 * a failed attempt has left. */
static int recording_begin(struct op *op, const char *id, struct job **job)
{
	int err = 0;

	if (recording_is_whole(*job))
		return -ENOENT;
	if (*job && is_under_way(*job))
		return job_refuse(
			*job, "DELETE", -EBUSY, "it is being ended already");
	if (*job && ((*job)->submitted_ms || job_is_final(*job))) {
		job_remove(*job);
		*job = NULL;
	}
	if (!*job)
		err = recording_new(op->core, id, job);
	if (err)
		return err;
	if (!(*job)->is_stored)
		return op_wait(op, &(*job)->waiters);
	err = (*job)->commit_err;
	if (err)
		job_remove(*job);
	return err;
}

static int recording_send(
	struct op *op, const char *id, struct job *job, json_t **json)
{
	static const struct api_param query[] = { { "audit", "1" }, { 0 } };
	uint64_t timeout_ms = op->core->options->timeout_ms;
	struct api_request request = {
		.endpoint = API_SESSION_DELETE,
		.priority = API_PERSON,
		.id = id,
		.query = query,
		.timeout_ms = timeout_ms < TIMEOUT_MS ? TIMEOUT_MS : timeout_ms,
	};

	job->submitted_ms = op->core->now_ms;
	return op_call(op, 0, &request, json);
}

/* ---- after it ---- */

/* Decides whether the session goes on, has ended, or nothing is known of it. */
static int recording_failed(
	struct op *op, struct job *job, int err, bool *is_gone)
{
	const struct op_call *call = &op->calls[0];
	enum job_failure failure = job_failure(
		call->is_started && call->was_sent, call->status, err);
	char *reason;

	*is_gone = failure == JOB_LOST;
	if (failure <= JOB_NOT_SENT) {
		job_remove(job);
		return err;
	}
	reason = json_reason(call->json, NULL);
	job_fail(job, err, failure, reason);
	free(reason);
	job_refuse(job, "DELETE", err, job->error ? job->error : "");
	return err;
}

static void recording_take(struct job *job, json_t *json)
{
	static const char none[] =
		"the API has given no recording with its answer";
	bool is_empty = !job_artifacts_room(json);

	if (is_empty && !json_string_length(json_object_get(json, "error"))) {
		job->error = strdup(none);
		job_refuse(job, "DELETE", -ENODATA, none);
	}
	job_answer(job, json, NULL, JOB_COMPLETED);
}

int recording_end(struct op *op, const char *id, bool *is_gone)
{
	struct job *job = recording_of(op->core, id);
	json_t *json;
	int err = op->calls[0].is_started ? 0 : recording_begin(op, id, &job);

	op->is_uninterruptible = true;
	if (err || !job)
		return err ? err : -ENOENT;
	err = recording_send(op, id, job, &json);
	if (err == -EINPROGRESS)
		return err;
	if (!err && !json_is_object(json))
		err = -EPROTO;
	if (err)
		return recording_failed(op, job, err, is_gone);
	if (job->status == JOB_PENDING && !job->is_storing && !job->is_ending)
		recording_take(job, json);
	if (!job_is_final(job))
		return op_wait(op, &job->waiters);
	*is_gone = true;
	return job->status == JOB_ERROR ? job->err : job->commit_err;
}

int recording_settle(struct op *op, struct job *job)
{
	if (!job->session)
		return 0;
	if (job->unstored)
		job_ask_again(job);
	if (!job_is_final(job))
		return op_wait(op, &job->waiters);
	return job->unstored ? job->err : 0;
}
