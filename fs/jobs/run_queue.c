/* SPDX-License-Identifier: MIT */
/* fs/jobs/run_queue.c - how many runs go on at a time, and which is the next */
#include <errno.h>
#include <stdlib.h>

#include "fs/core/core.h"
#include "fs/jobs/jobs.h"
#include "fs/jobs/run.h"

/* For so long what the API last refused is believed: sessions take of the same
 * number, and end without our knowing. */
enum { ROOM_MS = 10000 };

static void runs_are_due(void *ctx)
{
	runs_send(ctx);
}

void runs_init(struct core *core)
{
	TAILQ_INIT(&core->jobs->runs.queue);
	core->jobs->runs.timer.fire = runs_are_due;
	core->jobs->runs.timer.ctx = core;
}

static unsigned runs_going(const struct core *core)
{
	const struct job *job;
	unsigned count = core->jobs->runs.in_flight;

	TAILQ_FOREACH(job, &core->jobs->poller.active, active)
	count += !job->is_foreign;
	return count;
}

static bool runs_have_room(const struct core *core)
{
	const struct runs *runs = &core->jobs->runs;
	unsigned going = runs_going(core);

	if (runs->limit && going >= runs->limit)
		return false;
	return !runs->room || going < runs->room ||
		core->now_ms >= runs->room_until_ms;
}

void runs_send(struct core *core)
{
	const struct runs *runs = &core->jobs->runs;

	if (!core->api)
		return;
	while (!TAILQ_EMPTY(&runs->queue) && runs_have_room(core))
		run_send(TAILQ_FIRST(&runs->queue));
	if (!TAILQ_EMPTY(&runs->queue) && core->now_ms < runs->room_until_ms)
		timer_arm(&core->timers, &core->jobs->runs.timer,
			runs->room_until_ms);
}

void runs_wake(struct core *core)
{
	if (!TAILQ_EMPTY(&core->jobs->runs.queue))
		timer_arm(&core->timers, &core->jobs->runs.timer, core->now_ms);
}

static void queue_insert(struct runs *runs, struct run *run)
{
	struct run *next = TAILQ_FIRST(&runs->queue);

	while (next && next->turn < run->turn)
		next = TAILQ_NEXT(next, link);
	if (next)
		TAILQ_INSERT_BEFORE(next, run, link);
	else
		TAILQ_INSERT_TAIL(&runs->queue, run, link);
	run->is_queued = true;
}

void run_queue(struct run *run)
{
	struct core *core = run->core;

	if (!run->turn)
		run->turn = ++core->jobs->runs.turns;
	queue_insert(&core->jobs->runs, run);
	runs_send(core);
	/* Who waits for the end of another's job waits for a poll. */
	if (!TAILQ_EMPTY(&core->jobs->runs.queue))
		poller_hurry(core);
}

bool run_wait_for_room(struct run *run, int err)
{
	struct core *core = run->core;
	unsigned going = runs_going(core);

	if (err != -EDQUOT || !going)
		return false;
	core->jobs->runs.room = going;
	core->jobs->runs.room_until_ms = core->now_ms + ROOM_MS;
	run->is_sent = false;
	run->job->status = JOB_PENDING;
	job_notify(run->job);
	run_queue(run);
	return true;
}
