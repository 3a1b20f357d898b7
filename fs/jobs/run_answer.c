/* SPDX-License-Identifier: MIT */
/* fs/jobs/run_answer.c - what the answer to a run makes of its job */
#include "fs/jobs/run.h"

#include <errno.h>
#include <stdlib.h>
#include <syslog.h>

#include "fs/base/errors.h"
#include "fs/jobs/job_index.h"
#include "fs/jobs/job_store.h"
#include "fs/base/log.h"
#include "fs/core/core.h"
#include "fs/jobs/jobs.h"

static void run_accepted(struct job *job, json_t *json)
{
	struct core *core = job->core;
	size_t len;
	char *id = json_to_bytes(json_member(json, "job_id"), &len);

	struct job *listed = id ? job_by_id(core, id) : NULL;

	/* The API's list may have shown it before it was known as ours. */
	if (listed && listed != job && listed->is_foreign)
		job_remove(listed);
	if (id && job_set_id(job, id))
		log_line(LOG_ERR, "no memory for the id of job %s", job->key);
	free(id);
	job->was_accepted = true;
	job->changed = core->now;
	if (job->is_async) {
		core->jobs->latest = job->number;
		jobs_touch(core);
	}
}

/* An answer that says "going on" makes a job to be followed; one with a result
 * is the end. Some answers of either endpoint do either (api.md 14, row 3). */
static void run_misunderstood(struct job *job)
{
	static const char reason[] =
		"the API's answer names no job and has no result";

	errors_add(job->core->errors, &job->core->now, "POST",
		job->is_async ? "/execute/async" : "/execute", 200, -EPROTO,
		reason);
	job_fail(job, -EPROTO, reason);
}

static int run_judge(
	const struct job *job, const json_t *json, enum job_status *status)
{
	*status = JOB_COMPLETED;
	if (job->is_making)
		return json_is_object(json) ? 0 : -EPROTO;
	int err = job_judge(json, status);
	if (err && job->is_async && json_member(json, "job_id")) {
		*status = JOB_PENDING; /* accepted; a poll tells the rest */
		return 0;
	}
	return err;
}

void run_take_answer(struct job *job, json_t *json)
{
	enum job_status status;

	if (run_judge(job, json, &status)) {
		run_misunderstood(job);
		return;
	}
	run_accepted(job, json);
	if (status >= JOB_COMPLETED) {
		job->status = JOB_RUNNING;
		job_answer(job, json, status);
		return;
	}
	if (!job->id && json_is_string(json_member(json, "job_id"))) {
		job_fail(job, -ENOMEM, "there was no memory for its id");
		return;
	}
	if (!job->id) {
		run_misunderstood(job);
		return;
	}
	job->status = status;
	job_store_record(job);
	poller_add(job);
	job_notify(job);
}
