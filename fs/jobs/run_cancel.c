/* SPDX-License-Identifier: MIT */
/* fs/jobs/run_cancel.c - stopping a job */
#include <errno.h>
#include <string.h>
#include <strings.h>

#include "fs/base/base.h"
#include "fs/core/core.h"
#include "fs/jobs/jobs.h"

/* How long after a run was sent the API may have made its job. */
enum { ARRIVAL_S = 10 };

/* The answer of a DELETE is the result. The write returns when it is stored; if
 * it cannot be stored, the poller asks for it again. */
static int take_result(struct op *op, struct job *job, json_t *json)
{
	if (!op->step && (job->is_storing || job->is_ending))
		return job_wait(op, job, false); /* for that of a poll */
	if (!op->step && !job_is_final(job)) {
		json_t *answer = json_twin(json);
		if (!answer ||
			json_object_set_new(
				answer, "status", json_string("cancelled"))) {
			json_decref(answer);
			return -ENOMEM;
		}
		job_answer(job, answer, NULL, JOB_CANCELLED);
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

/* ---- a run over /execute, which has no id until it has ended ---- */

/* Whether an item of the API's list is the run: its language, its network, and
 * the time at which the API made it. */
enum match { IT_IS_NOT, IT_MAY_BE, IT_IS };

static enum match compare_field(
	struct job *job, const json_t *item, const char *name)
{
	const char *ours =
		json_string_value(json_member(job_fields(job), name));
	const char *theirs = json_string_value(json_member(item, name));

	if (!ours || !theirs)
		return IT_MAY_BE;
	return strcasecmp(ours, theirs) ? IT_IS_NOT : IT_IS;
}

/* Its clock may have whole seconds only. */
static enum match compare_time(const struct job *job, const json_t *item)
{
	time_t sent = job->sent.tv_sec + api_stats(job->core->api)->skew_s;
	struct timespec made;

	if (json_time(json_member(item, "created_at"), &made))
		return IT_MAY_BE;
	return made.tv_sec >= sent && made.tv_sec <= sent + ARRIVAL_S
		? IT_IS
		: IT_IS_NOT;
}

/* It is another job of this mount, or it was there before the run was sent. */
static bool is_known(const struct job *job, const char *id)
{
	const struct job *other = job_by_id(job->core, id);

	if (!other)
		return job_is_forgotten(job->core, id);
	return !other->is_foreign || other->created.tv_sec < job->sent.tv_sec ||
		(other->created.tv_sec == job->sent.tv_sec &&
			other->created.tv_nsec < job->sent.tv_nsec);
}

static enum match compare(struct job *job, const json_t *item)
{
	const char *id = job_item_id(item);

	if (!id || job_item_status(item) >= JOB_COMPLETED || is_known(job, id))
		return IT_IS_NOT;
	enum match language = compare_field(job, item, "language");
	enum match made = compare_time(job, item);
	if (!language || !made || !compare_field(job, item, "network_mode"))
		return IT_IS_NOT;
	return language == IT_IS && made == IT_IS ? IT_IS : IT_MAY_BE;
}

/* Whether the item may as well be another run of this mount that has no id yet.
 */
static bool may_be_another(struct job *job, const json_t *item)
{
	struct job *other;

	TAILQ_FOREACH(other, &job->core->jobs->all, link)
	{
		if (other != job && other->run && other->run->is_sent &&
			!other->id && compare(other, item) != IT_IS_NOT)
			return true;
	}
	return false;
}

/* The job's id, if exactly one item may be the run, and certainly is. NULL:
 * *why is the reason. */
static const char *find_id(
	struct job *job, const json_t *items, const char **why)
{
	const json_t *item, *found = NULL;
	size_t i;

	json_array_foreach (items, i, item) {
		if (compare(job, item) == IT_IS_NOT)
			continue;
		if (found) {
			*why = "several jobs of the API can be this run: it is "
			       "not cancelled by a guess";
			return NULL;
		}
		found = item;
	}
	*why = !found ? "no job that the API lists can be this run"
		: compare(job, found) != IT_IS
		? "the API does not tell enough to be sure that a job is this "
		  "run: it is not cancelled by a guess"
		: "another run of this mount can be the same job of the API: "
		  "it is not cancelled by a guess";
	return found && compare(job, found) == IT_IS &&
			!may_be_another(job, found)
		? job_item_id(found)
		: NULL;
}

static int cancel_unnamed(struct op *op, struct job *job)
{
	struct api_request request = {
		.endpoint = API_JOBS,
		.priority = API_PERSON,
	};
	const char *id, *why;
	json_t *json;

	if (!job->run ||
		(job->run->endpoint != API_EXECUTE &&
			job->run->endpoint != API_RUN))
		return job_refuse(job, "CANCEL", -EBUSY,
			"the API has not given the job an id yet: try again "
			"when it has");
	int err = op_call(op, 0, &request, &json);
	if (err)
		return err;
	id = find_id(job, json_array_in(json, "jobs"), &why);
	return id ? cancel_by_id(op, job, id)
		  : job_refuse(job, "CANCEL", -EBUSY, why);
}

int run_cancel(struct op *op, struct job *job)
{
	if (op->calls[1].is_started)
		return cancel_by_id(op, job, job->id ? job->id : "");
	if (job_is_final(job))
		return -ESRCH;
	if (job->run && (run_is_waiting(job->run) || job->run->typing)) {
		run_drop(job->run);
		job->status = JOB_CANCELLED;
		job->changed = op->core->now;
		job_store_record(job);
		job_ended(job);
		return 0;
	}
	if (job->id)
		return cancel_by_id(op, job, job->id);
	return cancel_unnamed(op, job);
}
