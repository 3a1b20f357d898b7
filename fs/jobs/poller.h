/* SPDX-License-Identifier: MIT */
/* fs/jobs/poller.h - when the API is asked how jobs are doing */
#ifndef FS_JOBS_POLLER_H
#define FS_JOBS_POLLER_H

#include "fs/jobs/job.h"

/*
 * Requests are scarce. GET /jobs tells the state of all jobs in one request.
 * GET /jobs/ID is sent for a job that ended or left the list, once, for its
 * result; for a job whose output is being read while it runs, every second poll
 * and in turn with others; and for a single job with a reader, when it should
 * end if it takes as long as the previous run, or on the API's own schedule
 * (api/API.md 3.6). All other polling together is at most one request a second;
 * without readers it slows down to one in ten seconds. While no job runs,
 * nothing is sent.
 *
 * A job that is not listed, and whose own answer is not its end (it is broken,
 * or says that the job runs), is put off, and only one of these jobs is asked
 * for after each list; twice as many each time that one of them has ended.
 *
 * A job that the API has accepted is polled whatever a poll brings: it ends
 * with an answer of its own, or when the API has said six times that it does
 * not know the job.
 */
struct poller {
	struct job_list active; /* accepted, not final; least recently polled
				   output first */
	unsigned count;		/* of active */
	unsigned own;		/* of active, not foreign */
	unsigned pollable;	/* of active, without a request under way */
	unsigned watched;	/* of those, with a reader */
	struct timer timer;
	struct api_call *list_call;
	struct op_list asking; /* wait for a poll to be answered */
	uint64_t list_sent_ms;
	uint64_t last_ms;  /* when the last poll was sent */
	unsigned quiet;	   /* polls in a row that changed nothing */
	unsigned failures; /* of the list, in a row */
	unsigned retries;  /* jobs that may be asked for again after a list */
	bool output_turn;  /* the last poll that had a choice was of output */
};

void poller_init(struct core *core);
/* Cancels all polling. Call it before core->api is freed. */
void poller_clear(struct core *core);

/* Polls a job that the API has accepted until poller_remove. */
void poller_add(struct job *job);
/* Also cancels a request in flight. */
void poller_remove(struct job *job);

/* Call it when job->is_storing has changed: counts the job again, and plans the
 * next poll. */
void poller_update(struct job *job);

/* A reader begins, or stops, waiting for the job's output or for its end. */
void poller_watch(struct job *job, bool wants_output);
void poller_unwatch(struct job *job, bool wants_output);

/* A reader asked without waiting (O_NONBLOCK, a poll(2) without a timeout):
 * counts as a reader of output for three seconds. */
void poller_asked(struct job *job);

/* A reader wants the job's state: if what is known is older than a second, asks
 * the API, and waits for that, but no longer than a second. For operations that
 * do not count steps of their own. 0, -EINPROGRESS. */
int poller_ask(struct op *op, struct job *job);

/* A queued run waits for any job to end: polls soon. */
void poller_hurry(struct core *core);

/* ---- fs/jobs/poll_schedule.c ---- */

/* before is the file's previous run: a program of the same size is expected to
 * take the same time. */
void poller_expect(struct job *job, const struct job *before);
/* The job ended between the previous poll and this one. */
void poller_learn(struct job *job, const struct api_answer *answer);
/* Milliseconds from the last poll, or from the submission, to the next poll. */
unsigned poller_lone_delay(const struct job *job, uint64_t from_ms);

/* ---- fs/jobs/poll_failures.c ---- */

/* Failures in a row, half of them in half a minute, before readers get the
 * error. */
enum { POLL_FAILURES_TOLD = 30 };

/* Milliseconds to the next poll after so many failures in a row. */
unsigned poller_failures_delay(unsigned failures);
/* A poll of the job failed with err (-errno). */
void poller_failed(struct job *job, int err);
/* Whether polls have failed for so long that readers get job->poll_err. */
bool poller_has_given_up(const struct job *job);
/* The job was asked for; unless is_known, it is put off. */
void poller_put_off(struct job *job, bool is_known);
/* Whether it is too early to ask for the job again. */
bool poller_is_put_off(const struct job *job);

/* Sends GET /jobs/ID now, unless a request of the job is under way: for a
 * foreign job of which only the list's item is known. */
void poller_fetch(struct job *job);

#endif
