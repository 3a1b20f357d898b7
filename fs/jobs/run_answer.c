/* SPDX-License-Identifier: MIT */
/* fs/jobs/run_answer.c - what the answer to a run makes of its job */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <syslog.h>

#include "fs/base/base.h"
#include "fs/core/core.h"
#include "fs/jobs/jobs.h"

static void run_accepted(struct job *job, const char *id)
{
	struct core *core = job->core;
	struct job *listed = id ? job_by_id(core, id) : NULL;

	/* GET /jobs may have listed it before this answer came. */
	if (listed && listed != job && listed->is_foreign)
		job_remove(listed);
	if (id && job_set_id(job, id))
		log_line(LOG_ERR, "job %s: out of memory for its id", job->key);
	job->was_accepted = true;
	job->changed = core->now;
	if (job->is_async)
		jobs_touch(core);
}

static void run_misunderstood(const struct run *run)
{
	static const char reason[] =
		"the API's answer has neither a job_id nor a result";

	errors_add(run->core->errors, &run->core->now,
		api_endpoint_method(run->endpoint),
		api_endpoint_path(run->endpoint), 200, -EPROTO, reason);
	job_fail(run->job, -EPROTO, JOB_LOST, reason);
}

/* An answer that names a job, but has nothing of its result, was given before
 * the result was there, whatever its status says: a poll tells the rest. */
static int run_status(
	const struct job *job, const json_t *json, enum job_status *status)
{
	bool is_early = json_is_string(json_member(json, "job_id")) &&
		!job_has_result(json);
	int err = job_judge(json, status);

	if (is_early && *status != JOB_PENDING)
		*status = job->is_async ? JOB_PENDING : JOB_RUNNING;
	return err;
}

/* An answer with a result ends the job; one that says "running" makes a job to
 * be polled. Either endpoint may give either (api/API.md 14, row 3). */
void run_take_answer(const struct run *run, json_t *json, struct spool *spool)
{
	struct job *job = run->job;
	const json_t *id = json_member(json, "job_id");
	enum job_status status;
	size_t len;

	if (run_status(job, json, &status)) {
		run_misunderstood(run);
		return;
	}
	char *text = json_to_bytes(id, &len);
	run_accepted(job, text);
	free(text);
	if (status >= JOB_COMPLETED) {
		job->status = JOB_RUNNING;
		job_answer(job, json, spool, status);
	} else if (!job->id && json_is_string(id)) {
		job_fail(job, -ENOMEM, JOB_LOST,
			"out of memory for the job's id");
	} else if (!job->id) {
		run_misunderstood(run);
	} else {
		job->status = status;
		poller_add(job);
		job_keep(job, status);
	}
}

/* ---- no result ---- */

static void run_failed(struct run *run, const struct api_answer *answer,
	enum job_failure failure)
{
	char *reason = json_reason(answer->json, answer->message), *longer;
	bool is_large = answer->err == -EFBIG && run->largest[0];

	if (is_large && reason &&
		asprintf(&longer, "%s; %s", reason, run->largest) >= 0) {
		free(reason);
		reason = longer;
	}
	if (is_large)
		file_refuse(run->core, "RUN", run->root, run->name, -EFBIG,
			run->largest);
	job_fail(run->job, answer->err, failure, reason);
	free(reason);
}

static bool run_by_typing(struct run *run, bool is_learned)
{
	struct runs *runs = &run->core->jobs->runs;

	if (run->has_inputs || run_type(run))
		return false; /* files cannot be typed */
	runs->in_flight++;
	if (run->endpoint == API_SERVICE_EXECUTE)
		runs->types_in_services |= is_learned;
	else
		runs->types_in_sessions |= is_learned;
	return true;
}

/* A session's command goes to one of two paths: which of them this API has is
 * learned (api/API.md 14, row 33). A command that neither takes is typed. */
static bool run_otherwise(struct run *run, int status)
{
	bool is_other = status == 405 || status == 426;

	if (status != 404 && !is_other)
		return false;
	if (run->endpoint == API_SESSION_SHELL ||
		run->endpoint == API_SERVICE_EXECUTE)
		return run_by_typing(run, is_other);
	if (run->endpoint != API_SESSION_EXECUTE)
		return false;
	run->endpoint = API_SESSION_SHELL;
	run->core->jobs->runs.uses_shell |= is_other;
	run_queue(run);
	return true;
}

/* A server that timed out may still name the job that it has started. */
static bool run_is_answered(const struct api_answer *answer)
{
	return !answer->err ||
		((answer->status >= 500 || answer->status == 408) &&
			json_is_string(json_member(answer->json, "job_id")));
}

void run_answered(void *ctx, const struct api_answer *answer)
{
	struct run *run = ctx;
	struct core *core = run->core;
	struct job *job = run->job;
	enum job_failure failure = job_failure(
		api_call_was_sent(job->call), answer->status, answer->err);

	job->call = NULL;
	core->jobs->runs.in_flight--;
	if (answer->err && run_otherwise(run, answer->status))
		return;
	if (answer->err && run_wait_for_room(run, answer))
		return;
	if (run_is_answered(answer))
		run_take_answer(run, answer->json, answer->spool);
	else
		run_failed(run, answer, failure);
	run_free(run);
	runs_send(core);
}
