/* SPDX-License-Identifier: MIT */
/* fs/jobs/run_queue.c - how many runs go on at a time, and which is the next */
#include <errno.h>
#include <stdlib.h>

#include "fs/mount/mount.h"
#include "fs/jobs/run.h"

/* For so long what the API last refused is believed: sessions take of the same
 * number, and end without our knowing. */
enum { ROOM_MS = 10000 };

static void runs_are_due(void *ctx)
{
	runs_send(ctx);
}

void runs_init(struct fs *fs)
{
	TAILQ_INIT(&fs->runs.queue);
	fs->runs.timer.fire = runs_are_due;
	fs->runs.timer.ctx = fs;
}

static unsigned runs_going(const struct fs *fs)
{
	const struct job *job;
	unsigned count = fs->runs.in_flight;

	TAILQ_FOREACH(job, &fs->poller.active, active)
	count += !job->is_foreign;
	return count;
}

static bool runs_have_room(const struct fs *fs)
{
	const struct runs *runs = &fs->runs;
	unsigned going = runs_going(fs);

	if (runs->limit && going >= runs->limit)
		return false;
	return !runs->room || going < runs->room ||
		fs->now_ms >= runs->room_until_ms;
}

void runs_send(struct fs *fs)
{
	const struct runs *runs = &fs->runs;

	if (!fs->api)
		return;
	while (!TAILQ_EMPTY(&runs->queue) && runs_have_room(fs))
		run_send(TAILQ_FIRST(&runs->queue));
	if (!TAILQ_EMPTY(&runs->queue) && fs->now_ms < runs->room_until_ms)
		timer_arm(&fs->timers, &fs->runs.timer, runs->room_until_ms);
}

void runs_wake(struct fs *fs)
{
	if (!TAILQ_EMPTY(&fs->runs.queue))
		timer_arm(&fs->timers, &fs->runs.timer, fs->now_ms);
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
	struct fs *fs = run->fs;

	if (!run->turn)
		run->turn = ++fs->runs.turns;
	queue_insert(&fs->runs, run);
	runs_send(fs);
	/* Who waits for the end of another's job waits for a poll. */
	if (!TAILQ_EMPTY(&fs->runs.queue))
		poller_hurry(fs);
}

bool run_wait_for_room(struct run *run, int err)
{
	struct fs *fs = run->fs;
	unsigned going = runs_going(fs);

	if (err != -EDQUOT || !going)
		return false;
	fs->runs.room = going;
	fs->runs.room_until_ms = fs->now_ms + ROOM_MS;
	run->is_sent = false;
	run->job->status = JOB_PENDING;
	job_notify(run->job);
	run_queue(run);
	return true;
}
