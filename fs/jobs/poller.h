/* SPDX-License-Identifier: MIT */
/* fs/jobs/poller.h - when the API is asked how jobs are doing */
#ifndef FS_JOBS_POLLER_H
#define FS_JOBS_POLLER_H

#include "fs/jobs/job.h"

/*
 * Requests are money. One GET /jobs tells the state of all jobs; GET /jobs/ID
 * is sent for those that left the list, once, for their result; and for the one
 * job whose output somebody reads while it runs. All polling together is one
 * request a second at most, but for a single job that somebody waits for, which
 * follows the API's own schedule (api.md 3.6). Nobody waits: slower. Nothing
 * runs: nothing is sent.
 */
struct poller {
	struct job_list active; /* accepted, not final */
	struct timer timer;
	struct api_call *list_call;
	uint64_t list_sent_ms;
	uint64_t last_ms; /* when the last poll was sent */
	unsigned quiet;	  /* polls in a row that changed nothing */
	bool output_turn; /* the next poll is of output, not of the list */
	struct job *next_output;
	unsigned failures;
};

void poller_init(struct core *core);
void poller_clear(struct core *core);

/* Follows a job that the API has accepted. */
void poller_add(struct job *job);
void poller_remove(struct job *job);

/* Somebody began, or ceased, to wait for it. */
void poller_watch(struct job *job, bool wants_output);
void poller_unwatch(struct job *job, bool wants_output);

/* An answer about the job was none. */
void poller_failed(struct job *job, int err);

/* Whether who waits is told the polls' error by now. */
bool poller_has_given_up(const struct job *job);

/* Somebody asked for its output who does not wait (O_NONBLOCK, a poll with no
 * time): for a while it is as if they did. */
void poller_asked(struct job *job);

/* Somebody waits for any of them to end. */
void poller_hurry(struct core *core);

/* What kept a job from being asked for is over. */
void poller_resume(struct core *core);

/* Asks for the job itself now: a foreign one whose detail is not known. */
void poller_fetch(struct job *job);

#endif
