/* SPDX-License-Identifier: MIT */
/* fs/jobs/run_cancel.c - stopping a job */
#include <errno.h>
#include <string.h>

#include "fs/base/base.h"
#include "fs/core/core.h"
#include "fs/jobs/jobs.h"

/* The answer of a DELETE is the result. The write returns when it is stored; if
 * it cannot be stored, the poller asks for it again. */
static int take_result(struct op *op, struct job *job, json_t *json)
{
	if (!op->step) {
		json_t *answer = json_twin(json);
		if (!answer ||
			json_object_set_new(
				answer, "status", json_string("cancelled"))) {
			json_decref(answer);
			return -ENOMEM;
		}
		job_answer(job, answer, JOB_CANCELLED);
		json_decref(answer);
		op->step = 1;
	}
	if (job->is_storing || job->is_ending)
		return job_wait(op, job, false);
	return 0;
}

static int cancel_by_id(struct op *op, struct job *job, const char *id)
{
	struct api_request request = {
		.endpoint = API_JOB_CANCEL,
		.priority = API_PERSON,
		.id = id,
	};
	json_t *json;
	int err = op_call(op, 1, &request, &json);

	if (err)
		return err;
	if (!job->id || strcmp(job->id, id))
		return 0; /* the answer to its own request has the result */
	return take_result(op, job, json);
}

/* Not a job that this mount knows by its id. */
static bool is_candidate(struct core *core, const json_t *item)
{
	const char *id = job_item_id(item);

	return id && job_item_status(item) < JOB_COMPLETED &&
		!job_by_id(core, id);
}

/*
 * A run over /execute has no id until it has ended, but the API lists it. If
 * exactly one job is listed that this mount does not know, and exactly one run
 * of this mount is under way, they are the same.
 */
static int cancel_unnamed(struct op *op, struct job *job)
{
	struct api_request request = {
		.endpoint = API_JOBS,
		.priority = API_PERSON,
	};
	const char *id = NULL;
	const json_t *item;
	json_t *json;
	size_t i, count = 0;
	int err = op_call(op, 0, &request, &json);

	if (err)
		return err;
	json_array_foreach (json_array_in(json, "jobs"), i, item) {
		if (is_candidate(op->core, item)) {
			id = job_item_id(item);
			count++;
		}
	}
	if (count == 1 && op->core->jobs->runs.in_flight <= 1)
		return cancel_by_id(op, job, id);
	errors_add(op->core->errors, &op->core->now, "DELETE", "/jobs/{id}", 0,
		-EBUSY,
		count ? "several runs are under way, and the API does not tell "
			"which of them this is"
		      : "the API does not list this run");
	return -EBUSY;
}

int run_cancel(struct op *op, struct job *job)
{
	if (op->calls[1].is_started)
		return cancel_by_id(op, job, job->id ? job->id : "");
	if (job_is_final(job))
		return -ESRCH;
	if (job->run && run_is_waiting(job->run)) {
		run_drop(job->run);
		job->status = JOB_CANCELLED;
		job->changed = op->core->now;
		job_store_record(job);
		job_notify(job);
		return 0;
	}
	if (job->id)
		return cancel_by_id(op, job, job->id);
	return cancel_unnamed(op, job);
}
