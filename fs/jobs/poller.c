/* SPDX-License-Identifier: MIT */
/* fs/jobs/poller.c - when the API is asked how jobs are doing */
#include "fs/jobs/poller.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <syslog.h>

#include "fs/base/errors.h"
#include "fs/base/log.h"
#include "fs/core/core.h"
#include "fs/jobs/jobs.h"

/* Milliseconds between polls of one job that somebody waits for: api.md 3.6. */
static const unsigned schedule[] = { 300, 450, 700, 900, 650, 1600, 2000 };

enum {
	SECOND_MS = 1000,
	ASKED_MS = 3000,    /* who asked so long ago may ask again */
	QUIET_MS = 10000,   /* between polls while nobody waits */
	MISSES_MAX = 5,	    /* 404s in a row that are borne: api.md 3.6 */
	FAILURES_TOLD = 30, /* failed polls in a row that readers bear */
	SLOWEST_MS = 10000, /* between polls that fail */
};

static void poller_plan(struct core *core);

static void poller_wake(void *ctx);

void poller_init(struct core *core)
{
	TAILQ_INIT(&core->jobs->poller.active);
	core->jobs->poller.timer.fire = poller_wake;
	core->jobs->poller.timer.ctx = core;
}

void poller_clear(struct core *core)
{
	struct job *job;

	timer_disarm(&core->timers, &core->jobs->poller.timer);
	if (core->jobs->poller.list_call)
		api_cancel(core->jobs->poller.list_call);
	core->jobs->poller.list_call = NULL;
	while ((job = TAILQ_FIRST(&core->jobs->poller.active)))
		poller_remove(job);
}

void poller_add(struct job *job)
{
	if (job->is_active || job->is_ending || job_is_final(job))
		return;
	job->is_active = true;
	job->submitted_ms = job->core->now_ms;
	TAILQ_INSERT_TAIL(&job->core->jobs->poller.active, job, active);
	poller_plan(job->core);
}

void poller_remove(struct job *job)
{
	if (!job->is_active)
		return;
	job->is_active = false;
	TAILQ_REMOVE(&job->core->jobs->poller.active, job, active);
	if (job->core->jobs->poller.next_output == job)
		job->core->jobs->poller.next_output = NULL;
	if (job->call)
		api_cancel(job->call);
	job->call = NULL;
	runs_wake(job->core);
}

void poller_watch(struct job *job, bool wants_output)
{
	job->watchers++;
	if (wants_output)
		job->watching_output++;
	if (job->watchers == 1) {
		job->core->jobs->poller.quiet = 0;
		if (job->was_accepted && job->is_async)
			poller_add(job);
		poller_plan(job->core);
	}
}

void poller_asked(struct job *job)
{
	bool is_new =
		!job->asked_ms || job->core->now_ms - job->asked_ms > ASKED_MS;

	job->asked_ms = job->core->now_ms;
	if (!is_new)
		return;
	job->core->jobs->poller.quiet = 0;
	if (job->was_accepted && job->is_async)
		poller_add(job);
	poller_plan(job->core);
}

static bool was_asked(const struct job *job)
{
	return job->asked_ms && job->core->now_ms - job->asked_ms <= ASKED_MS;
}

void poller_unwatch(struct job *job, bool wants_output)
{
	job->watchers--;
	if (wants_output)
		job->watching_output--;
}

/* The rate limit left no time for it: it was not sent, and says nothing. */
static bool had_no_turn(const struct api_answer *answer)
{
	return answer->err == -EBUSY && !answer->status;
}

/* ---- one job ---- */

/*
 * A job that the API has accepted runs, whatever a poll is answered: it ends by
 * an answer of its own, or when the API knows nothing of it, told six times
 * (api.md 3.6). Who waits for it is told the error once it has lasted.
 */
void poller_failed(struct job *job, int err)
{
	job->poll_err = err;
	if (++job->poll_failures == FAILURES_TOLD)
		job_notify(job);
}

bool poller_has_given_up(const struct job *job)
{
	return job->poll_failures >= FAILURES_TOLD;
}

static void poller_job_failed(struct job *job, const struct api_answer *answer)
{
	if (answer->err == -ENOENT && job->misses++ >= MISSES_MAX) {
		job_fail(job, -ENOENT,
			"the API has forgotten the job, which may have "
			"run all the same");
		return;
	}
	poller_failed(job, answer->err);
}

static void poller_job_answered(void *ctx, const struct api_answer *answer)
{
	struct job *job = ctx;
	struct core *core = job->core;
	enum job_status status;

	job->call = NULL;
	if (had_no_turn(answer)) {
		poller_plan(core);
		return;
	}
	if (answer->err) {
		poller_job_failed(job, answer);
	} else if (job_judge(answer->json, &status)) {
		errors_add(core->errors, &core->now, "GET", "/jobs/{id}",
			answer->status, -EPROTO,
			"the answer has neither a state nor a result");
		poller_failed(job, -EPROTO);
	} else {
		job->misses = 0;
		job->poll_failures = 0;
		core->jobs->poller.failures = 0;
		job_answer(job, answer->json, status);
	}
	poller_plan(core);
}

void poller_fetch(struct job *job)
{
	struct api_request request = {
		.endpoint = API_JOB,
		.id = job->id,
		.priority = job->watchers ? API_READER : API_POLL,
	};

	if (job->call || !job->id)
		return;
	job->polls++;
	job->polled_ms = job->core->now_ms;
	int err = api_start(job->core->api, &request, job->core->now_ms,
		poller_job_answered, job, &job->call);
	if (err)
		job_fail(job, err, "the job cannot be asked for");
}

/* ---- the list ---- */

static const json_t *list_items(const json_t *json)
{
	const json_t *items =
		json_is_array(json) ? json : json_object_get(json, "jobs");

	return json_is_array(items) ? items : NULL;
}

static const char *item_id(const json_t *item)
{
	return json_string_value(json_member(item, "job_id|id"));
}

/* A job that is in the list and going on needs no request of its own. */
static void poller_read_item(struct job *job, const json_t *item)
{
	const char *word = json_string_value(json_member(item, "status"));
	enum job_status status = job_status_of(word);

	if (status >= JOB_COMPLETED) {
		poller_fetch(job);
		return;
	}
	if (status != job->status) {
		job->status = status;
		job->changed = job->core->now;
		job->core->jobs->poller.quiet = 0;
		job_notify(job);
	}
}

static void poller_read_list(struct core *core, const json_t *items)
{
	json_t *by_id = json_object();
	struct job *job, *next;
	const json_t *item;
	size_t i;

	if (!by_id)
		return;
	json_array_foreach (items, i, item) {
		if (item_id(item))
			json_object_set_nocheck(
				by_id, item_id(item), (json_t *)item);
	}
	for (job = TAILQ_FIRST(&core->jobs->poller.active); job; job = next) {
		next = TAILQ_NEXT(job, active);
		if (job->call || job->is_storing ||
			job->submitted_ms >= core->jobs->poller.list_sent_ms)
			continue;
		item = json_object_get(by_id, job->id);
		if (item)
			poller_read_item(job, item);
		else
			poller_fetch(job);
	}
	json_decref(by_id);
}

static void poller_listed(void *ctx, const struct api_answer *answer)
{
	struct core *core = ctx;
	const json_t *items = answer->err ? NULL : list_items(answer->json);

	core->jobs->poller.list_call = NULL;
	if (items) {
		core->jobs->poller.failures = 0;
		poller_read_list(core, items);
	} else if (!had_no_turn(answer) &&
		++core->jobs->poller.failures == FAILURES_TOLD) {
		log_line(LOG_WARNING, "the API does not list the jobs: %s",
			answer->message);
	}
	poller_plan(core);
}

static void poller_list(struct core *core, bool is_watched)
{
	struct api_request request = {
		.endpoint = API_JOBS,
		.priority = is_watched ? API_READER : API_POLL,
	};

	core->jobs->poller.list_sent_ms = core->now_ms;
	int err = api_start(core->api, &request, core->now_ms, poller_listed,
		core, &core->jobs->poller.list_call);
	if (err)
		log_line(LOG_WARNING, "jobs cannot be listed: %s",
			strerror(-err));
}

/* ---- when, and which ---- */

static unsigned poller_active(const struct core *core, bool *is_watched)
{
	const struct job *job;
	unsigned count = 0;

	*is_watched = !TAILQ_EMPTY(&core->jobs->runs.queue);
	TAILQ_FOREACH(job, &core->jobs->poller.active, active)
	{
		/* Its last request is on its way: no poll will bring more. */
		if (job->call || job->is_storing)
			continue;
		count++;
		*is_watched |= job->watchers > 0 || was_asked(job);
	}
	return count;
}

/* The next job, in turn, whose output is being read. */
static struct job *poller_next_output(struct core *core)
{
	struct job *start = core->jobs->poller.next_output;
	struct job *job = start ? TAILQ_NEXT(start, active) : NULL;

	for (unsigned pass = 0; pass < 2; pass++) {
		for (; job; job = TAILQ_NEXT(job, active))
			if ((job->watching_output || was_asked(job)) &&
				!job->call && !job->is_storing)
				return job;
		job = TAILQ_FIRST(&core->jobs->poller.active);
	}
	return NULL;
}

static unsigned poller_delay(struct core *core, unsigned count, bool is_watched)
{
	const struct job *only = TAILQ_FIRST(&core->jobs->poller.active);
	unsigned last = sizeof(schedule) / sizeof(*schedule) - 1;

	unsigned failures = core->jobs->poller.failures > only->poll_failures
		? core->jobs->poller.failures
		: only->poll_failures;

	if (failures) /* slower after half a minute */
		return failures < 15 ? 2 * SECOND_MS : SLOWEST_MS;
	if (!is_watched) {
		unsigned delay = SECOND_MS << (core->jobs->poller.quiet < 4
						 ? core->jobs->poller.quiet
						 : 4);
		return delay < QUIET_MS ? delay : QUIET_MS;
	}
	if (count == 1 && !TAILQ_NEXT(only, active))
		return schedule[only->polls < last ? only->polls : last];
	return SECOND_MS;
}

static void poller_plan(struct core *core)
{
	struct poller *poller = &core->jobs->poller;
	bool is_watched;
	unsigned count = poller_active(core, &is_watched);

	if (!core->api || poller->list_call || !count) {
		timer_disarm(&core->timers, &poller->timer);
		return;
	}
	unsigned delay = poller_delay(core, count, is_watched);
	uint64_t from = poller->last_ms;
	const struct job *only = TAILQ_FIRST(&poller->active);
	if (!TAILQ_NEXT(only, active) && only->submitted_ms > from)
		from = only->submitted_ms;
	uint64_t due = from + delay;
	timer_arm(&core->timers, &poller->timer,
		due > core->now_ms ? due : core->now_ms);
}

void poller_hurry(struct core *core)
{
	core->jobs->poller.quiet = 0;
	poller_plan(core);
}

void poller_resume(struct core *core)
{
	poller_plan(core);
}

static void poller_wake(void *ctx)
{
	struct core *core = ctx;
	struct poller *poller = &core->jobs->poller;
	bool is_watched;
	unsigned count = poller_active(core, &is_watched);

	if (!count)
		return;
	poller->last_ms = core->now_ms;
	poller->quiet++;

	struct job *only = TAILQ_FIRST(&poller->active);
	struct job *output = poller_next_output(core);
	bool is_alone = !TAILQ_NEXT(only, active);
	poller->output_turn = !poller->output_turn;
	if (is_alone && (only->watchers || was_asked(only))) {
		poller_fetch(only);
	} else if (output && poller->output_turn) {
		poller->next_output = output;
		poller_fetch(output);
	} else {
		poller_list(core, is_watched);
	}
	poller_plan(core);
}
