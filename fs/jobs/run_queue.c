/* SPDX-License-Identifier: MIT */
/* fs/jobs/run_queue.c - how many runs are sent at a time, and which is next */
#include <errno.h>

#include "fs/core/core.h"
#include "fs/jobs/jobs.h"

/* How long the API's last refusal counts. Sessions count against the same
 * limit, and end without our knowing. */
enum { ROOM_MS = 10000 };

/* How long runs wait that the client returned because the key's rate left no
 * time for them, and how many are tried after that. */
enum { TURN_MS = 1000, TURN_RUNS = 64 };

static void runs_are_due(void *ctx)
{
	runs_send(ctx);
}

void runs_init(struct core *core)
{
	struct runs *runs = &core->jobs->runs;

	TAILQ_INIT(&runs->queue);
	TAILQ_INIT(&runs->projects);
	TAILQ_INIT(&runs->typings);
	runs->timer.fire = runs_are_due;
	runs->timer.ctx = core;
}

static unsigned runs_going(const struct core *core)
{
	return core->jobs->runs.in_flight + core->jobs->poller.own;
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

static void run_send(struct run *run)
{
	struct core *core = run->core;
	struct runs *runs = &core->jobs->runs;
	struct job *job = run->job;

	if (run->endpoint == API_SESSION_EXECUTE && runs->uses_shell)
		run->endpoint = API_SESSION_SHELL;

	struct api_request request = {
		.endpoint = run->endpoint,
		.priority = API_PROGRAM,
		.id = run->id[0] ? run->id : NULL,
		.query = run->query[0].name ? run->query : NULL,
		.body = run->body,
		.body_len = run->body_len,
		.keeps_body = true, /* it may be sent again */
		.timeout_ms = run->timeout_ms,
		.spools = job_output_members,
	};

	TAILQ_REMOVE(&runs->queue, run, link);
	run->is_queued = false;
	run->is_sent = true;
	job->submitted_ms = core->now_ms;
	job_know_sent(job);
	int err = run_is_typed(run)
		? run_type(run)
		: api_start(core->api, &request, core->now_ms, run_answered,
			  run, &job->call);
	if (err) {
		job_fail(job, err, JOB_NOT_SENT, "the request cannot be made");
		run_free(run);
		return;
	}
	runs->in_flight++;
	if (!job->is_async) {
		job->status = JOB_RUNNING;
		job_notify(job);
	}
}

void runs_send(struct core *core)
{
	struct runs *runs = &core->jobs->runs;

	uint64_t due_ms = runs->room_until_ms;

	if (!core->api)
		return;
	for (unsigned i = 0; !TAILQ_EMPTY(&runs->queue) &&
		core->now_ms >= runs->turn_ms && runs_have_room(core);
		i++) {
		run_send(TAILQ_FIRST(&runs->queue));
		if (i == TURN_RUNS)
			runs->turn_ms = core->now_ms + TURN_MS;
	}
	if (core->now_ms < runs->turn_ms)
		due_ms = runs->turn_ms;
	if (!TAILQ_EMPTY(&runs->queue) && core->now_ms < due_ms)
		timer_arm(&core->timers, &runs->timer, due_ms);
}

void runs_wake(struct core *core)
{
	struct runs *runs = &core->jobs->runs;

	if (!TAILQ_EMPTY(&runs->queue))
		timer_arm(&core->timers, &runs->timer, core->now_ms);
}

/* In the order of turns. A new run has the last turn. A refused run goes to the
 * front: only other refused runs can be before it, no more than the API accepts
 * at a time. */
static void queue_insert(struct runs *runs, struct run *run)
{
	const struct run *last = TAILQ_LAST(&runs->queue, run_list);
	struct run *next = TAILQ_FIRST(&runs->queue);

	run->is_queued = true;
	if (!last || last->turn < run->turn) {
		TAILQ_INSERT_TAIL(&runs->queue, run, link);
		return;
	}
	while (next->turn < run->turn)
		next = TAILQ_NEXT(next, link);
	TAILQ_INSERT_BEFORE(next, run, link);
}

void run_queue(struct run *run)
{
	struct core *core = run->core;
	struct runs *runs = &core->jobs->runs;

	run->is_sent = false;
	if (!run->turn)
		run->turn = ++runs->turns;
	queue_insert(runs, run);
	runs_send(core);
	/* If it waits for another job to end, only a poll shows that. */
	if (!TAILQ_EMPTY(&runs->queue))
		poller_hurry(core);
}

/* The client had no turn for it, and has not sent it. */
static bool had_no_turn(const struct api_answer *answer)
{
	return answer->err == -EBUSY && !answer->status;
}

bool run_wait_for_room(struct run *run, const struct api_answer *answer)
{
	struct core *core = run->core;
	struct runs *runs = &core->jobs->runs;
	unsigned going = runs_going(core);

	if (had_no_turn(answer)) {
		runs->turn_ms = core->now_ms + TURN_MS;
	} else if (answer->err == -EDQUOT && going) {
		runs->room = going;
		runs->room_until_ms = core->now_ms + ROOM_MS;
	} else {
		return false;
	}
	run->job->status = JOB_PENDING;
	job_notify(run->job);
	run_queue(run);
	return true;
}
