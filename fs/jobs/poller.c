/* SPDX-License-Identifier: MIT */
/* fs/jobs/poller.c - when the API is asked how jobs are doing */
#include "fs/jobs/jobs.h"

#include <errno.h>
#include <string.h>
#include <sys/param.h>
#include <syslog.h>

#include "fs/base/base.h"
#include "fs/core/core.h"

enum {
	SECOND_MS = 1000,
	ASKED_MS = 3000,   /* how long poller_asked counts */
	QUIET_MS = 10000,  /* between polls without readers, at most */
	NOT_FOUND_MAX = 5, /* 404s in a row that are tolerated */
};

/* ---- when ---- */

static unsigned poller_delay(const struct core *core, uint64_t from_ms)
{
	const struct poller *poller = &core->jobs->poller;
	const struct job *first = TAILQ_FIRST(&poller->active);
	unsigned failures = poller->failures;

	if (poller->count == 1)
		failures = MAX(failures, first->poll_failures);
	if (failures)
		return poller_failures_delay(failures);
	if (!poller->watched && TAILQ_EMPTY(&core->jobs->runs.queue))
		return poller->quiet < 4 ? SECOND_MS << poller->quiet
					 : QUIET_MS;
	if (poller->count == 1 && first->watchers)
		return poller_lone_delay(first, from_ms);
	return SECOND_MS;
}

static void poller_plan(struct core *core)
{
	struct poller *poller = &core->jobs->poller;
	const struct job *first = TAILQ_FIRST(&poller->active);
	uint64_t from = poller->last_ms;

	if (!core->api || poller->list_call || !poller->pollable) {
		timer_disarm(&core->timers, &poller->timer);
		return;
	}
	if (poller->count == 1 && first->submitted_ms > from)
		from = first->submitted_ms;
	uint64_t due_ms = from + poller_delay(core, from);
	timer_arm(&core->timers, &poller->timer, MAX(due_ms, core->now_ms));
}

void poller_hurry(struct core *core)
{
	core->jobs->poller.quiet = 0;
	poller_plan(core);
}

/* ---- which jobs ---- */

void poller_update(struct job *job)
{
	struct poller *poller = &job->core->jobs->poller;
	bool is_pollable = job->is_active && !job->call && !job->is_storing;
	bool is_watched = is_pollable && job->watchers;

	poller->pollable += is_pollable - job->is_pollable;
	poller->watched += is_watched - job->is_watched;
	job->is_pollable = is_pollable;
	job->is_watched = is_watched;
	poller_plan(job->core);
}

void poller_add(struct job *job)
{
	struct poller *poller = &job->core->jobs->poller;

	if (!job->is_active && !job->is_ending && !job_is_final(job)) {
		job->is_active = true;
		job->submitted_ms = job->known_ms = job->core->now_ms;
		TAILQ_INSERT_TAIL(&poller->active, job, active);
		poller->count++;
		poller->own += !job->is_foreign;
	}
	poller_update(job);
}

void poller_remove(struct job *job)
{
	struct poller *poller = &job->core->jobs->poller;

	if (!job->is_active)
		return;
	job->is_active = false;
	TAILQ_REMOVE(&poller->active, job, active);
	poller->count--;
	poller->own -= !job->is_foreign;
	if (job->call)
		api_cancel(job->call);
	job->call = NULL;
	poller_update(job);
	runs_wake(job->core);
}

void poller_watch(struct job *job, bool wants_output)
{
	job->watchers++;
	job->watching_output += wants_output;
	job->core->jobs->poller.quiet = 0;
	if (job->was_accepted && job->is_async)
		poller_add(job);
	else
		poller_update(job);
}

void poller_unwatch(struct job *job, bool wants_output)
{
	job->watchers--;
	job->watching_output -= wants_output;
	poller_update(job);
}

static void poller_asked_ended(void *ctx)
{
	poller_unwatch(ctx, true);
}

void poller_asked(struct job *job)
{
	if (!job->asked.is_armed)
		poller_watch(job, true);
	job->asked.fire = poller_asked_ended;
	job->asked.ctx = job;
	timer_arm(
		&job->core->timers, &job->asked, job->core->now_ms + ASKED_MS);
}

/* ---- one job ---- */

/* The rate limit left no time for the request: it was not sent. */
static bool was_not_sent(const struct api_answer *answer)
{
	return answer->err == -EBUSY && !answer->status;
}

/* May free the job if the answer cannot be stored. */
static void poller_answered(void *ctx, const struct api_answer *answer)
{
	struct job *job = ctx;
	struct core *core = job->core;
	enum job_status status;

	job->call = NULL;
	poller_update(job);
	ops_wake(&core->jobs->poller.asking);
	if (was_not_sent(answer) && job->is_active)
		return;
	/* One answer at a time is stored. If the result of a DELETE is, this
	 * one may be older; else the next poll asks again. */
	if (job->is_storing || job->is_ending)
		return;
	if (answer->err == -ENOENT && job->not_found++ >= NOT_FOUND_MAX) {
		job_fail(job, -ENOENT, JOB_LOST,
			"the API has forgotten the job");
	} else if (answer->err) {
		poller_failed(job, answer->err);
	} else if (job_judge(answer->json, &status)) {
		job_refuse(job, "GET", -EPROTO,
			"the answer has neither a state nor a result");
		poller_failed(job, -EPROTO);
	} else {
		job->not_found = 0;
		job->poll_failures = 0;
		if (status >= JOB_COMPLETED)
			poller_learn(job, answer);
		poller_put_off(job, status >= JOB_COMPLETED);
		job->known_ms = answer->sent_ms;
		core->jobs->poller.failures = 0;
		job_answer(job, answer->json, answer->spool, status);
	}
}

void poller_fetch(struct job *job)
{
	struct api_request request = {
		.endpoint = API_JOB,
		.id = job->id,
		.priority = job->watchers ? API_READER : API_POLL,
		.spools = job_output_members,
	};

	if (job->call || !job->id)
		return;
	job->polls++;
	int err = api_start(job->core->api, &request, job->core->now_ms,
		poller_answered, job, &job->call);
	poller_update(job);
	if (err == -ENOMEM)
		poller_failed(job, err);
	else if (err)
		job_fail(job, err, JOB_LOST,
			"the API's id of the job cannot be asked for");
}

/* ---- the list ---- */

static void poller_move_last(struct poller *poller, struct job *job)
{
	TAILQ_REMOVE(&poller->active, job, active);
	TAILQ_INSERT_TAIL(&poller->active, job, active);
}

/* Fetches the jobs that ended or left the list; of those that were asked for
 * since, and did not end, only a few. */
static void poller_fetch_ended(struct poller *poller)
{
	struct job *job, *next;
	unsigned retries = poller->retries;

	for (job = TAILQ_FIRST(&poller->active); job; job = next) {
		next = TAILQ_NEXT(job, active);
		if (!job->is_pollable ||
			job->submitted_ms >= poller->list_sent_ms ||
			job->listed_ms == poller->list_sent_ms ||
			poller_is_put_off(job) || (job->again_ms && !retries))
			continue;
		if (job->again_ms) {
			retries--;
			poller_move_last(poller, job);
		}
		poller_fetch(job);
	}
}

/* Jobs that are listed as running need no requests of their own. */
static void poller_read_list(struct core *core, const json_t *items)
{
	struct poller *poller = &core->jobs->poller;
	struct job *job;
	const json_t *item;
	size_t i;

	json_array_foreach (items, i, item) {
		const char *id = job_item_id(item);
		enum job_status status = job_item_status(item);
		job = id ? job_by_id(core, id) : NULL;
		if (!job || !job->is_pollable || status >= JOB_COMPLETED)
			continue;
		job->listed_ms = job->known_ms = poller->list_sent_ms;
		if (!job->poll_failures)
			job->again_ms = 0;
		if (status == job->status)
			continue;
		job->status = status;
		job->changed = core->now;
		poller->quiet = 0;
		job_notify(job);
	}
	poller_fetch_ended(poller);
}

static void poller_listed(void *ctx, const struct api_answer *answer)
{
	struct core *core = ctx;
	struct poller *poller = &core->jobs->poller;
	const json_t *items =
		answer->err ? NULL : json_array_in(answer->json, "jobs");

	poller->list_call = NULL;
	ops_wake(&poller->asking);
	if (items) {
		poller->failures = 0;
		poller_read_list(core, items);
	} else if (!was_not_sent(answer) &&
		++poller->failures == POLL_FAILURES_TOLD) {
		log_line(LOG_WARNING, "the API does not list the jobs: %s",
			answer->message);
	}
	poller_plan(core);
}

static void poller_list(struct core *core, enum api_priority priority)
{
	struct poller *poller = &core->jobs->poller;
	struct api_request request = {
		.endpoint = API_JOBS,
		.priority = priority,
	};

	poller->list_sent_ms = core->now_ms;
	int err = api_start(core->api, &request, core->now_ms, poller_listed,
		core, &poller->list_call);
	if (err)
		log_line(LOG_WARNING, "cannot list the jobs: %s",
			strerror(-err));
	poller_plan(core);
}

/* ---- the timer ---- */

static bool wants_poll(const struct job *job)
{
	return job->is_pollable && job->watching_output &&
		!poller_is_put_off(job);
}

/* Of the jobs whose output is being read, the one least recently polled. */
static struct job *poller_next_output(struct poller *poller)
{
	struct job *job = TAILQ_FIRST(&poller->active);

	while (job && !wants_poll(job))
		job = TAILQ_NEXT(job, active);
	return job;
}

static void poller_wake(void *ctx)
{
	struct core *core = ctx;
	struct poller *poller = &core->jobs->poller;
	struct job *first = TAILQ_FIRST(&poller->active);
	struct job *output = poller_next_output(poller);

	poller->last_ms = core->now_ms;
	poller->quiet++;
	poller->output_turn = !poller->output_turn;
	if (poller->count == 1 && first->watchers) {
		poller_fetch(first);
	} else if (output && poller->output_turn) {
		poller_move_last(poller, output);
		poller_fetch(output);
	} else {
		poller_list(core,
			poller->watched || !TAILQ_EMPTY(&core->jobs->runs.queue)
				? API_READER
				: API_POLL);
	}
}

/* ---- readers of a state ---- */

static bool is_being_asked(const struct job *job)
{
	return job->call || job->is_storing || job->is_ending ||
		(job->is_active && job->core->jobs->poller.list_call);
}

/* Not again at once if the last answer did not help. */
static void poller_ask_now(struct job *job)
{
	struct core *core = job->core;
	struct poller *poller = &core->jobs->poller;
	bool lists = job->is_active && poller->count > 1;
	uint64_t again_ms = lists
		? poller->list_sent_ms + poller_failures_delay(poller->failures)
		: job->again_ms;

	if (core->now_ms < again_ms)
		return;
	poller->last_ms = core->now_ms;
	if (lists)
		poller_list(core, API_READER);
	else
		poller_fetch(job);
}

int poller_ask(struct op *op, struct job *job)
{
	struct core *core = job->core;
	bool is_new = !op->step;

	op->step = 1;
	bool is_fresh = core->now_ms < job->known_ms + SECOND_MS &&
		!job->is_storing && !job->is_ending;
	if (!job->id || job_is_final(job) || op->is_late || !core->api ||
		is_fresh)
		return 0;
	if (is_new && !is_being_asked(job))
		poller_ask_now(job);
	if (!is_being_asked(job))
		return 0;
	op_deadline(op, core->now_ms + SECOND_MS);
	return op_wait(op, &core->jobs->poller.asking);
}

void poller_init(struct core *core)
{
	struct poller *poller = &core->jobs->poller;

	TAILQ_INIT(&poller->active);
	TAILQ_INIT(&poller->asking);
	poller->retries = 1;
	poller->timer.fire = poller_wake;
	poller->timer.ctx = core;
}

void poller_clear(struct core *core)
{
	struct poller *poller = &core->jobs->poller;
	struct job *job;

	if (poller->list_call)
		api_cancel(poller->list_call);
	poller->list_call = NULL;
	while ((job = TAILQ_FIRST(&poller->active)))
		poller_remove(job);
}
