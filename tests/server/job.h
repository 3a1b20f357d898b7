/* SPDX-License-Identifier: MIT */
/* tests/server/job.h - executions, going on and over */
#ifndef TESTS_SERVER_JOB_H
#define TESTS_SERVER_JOB_H

#include <pthread.h>
#include <stdatomic.h>

#include "child.h"
#include "identity.h"
#include "program.h"

enum job_state {
	JOB_PENDING,
	JOB_RUNNING,
	JOB_COMPLETED,
	JOB_FAILED,
	JOB_TIMEOUT,
	JOB_CANCELLED,
};

/*
 * The table holds one reference and so does whoever looks at a job.  What is
 * above the lock never changes once the job is in the table.
 */
struct job {
	struct job *next;
	atomic_int references;
	char id[IDENTITY_SIZE];
	const char *account;
	char language[24];
	bool is_detected;
	bool has_network;
	/* Seeded: nothing runs. */
	bool is_fake;
	/* Not listed and not counted: a command in a session or a service. */
	bool is_command;
	long long created_ms;

	pthread_mutex_t lock;
	pthread_cond_t changed;
	enum job_state state;
	long long started_ms;
	long long completed_ms;
	long long took_ms;
	int exit_code;
	struct text out;
	struct text err;
	struct text error;
	/* A JSON array, or empty. */
	struct text artifacts;
	struct child child;
	bool is_cancelled;
	/* Both belong to the thread that runs it; the verdict becomes the
	 * state once all of the result is there. */
	struct program program;
	enum job_state verdict;
};

struct jobs {
	pthread_mutex_t lock;
	pthread_cond_t idle;
	/* Newest first. */
	struct job *first;
	/* Threads that run a job. */
	int running;
	bool is_closed;
};

void jobs_init(struct jobs *jobs);

/* Kills what runs and waits until it is gone; none can be added after. */
void jobs_close(struct jobs *jobs);
void jobs_clear(struct jobs *jobs);

/* A new job with one reference, in no table; NULL without memory. */
struct job *job_new(
	const char *account, const char *language, long long now_ms);
struct job *job_hold(struct job *job);
void job_release(struct job *job);

/*
 * false when the table is closed.  With a thread, jobs_close waits until
 * jobs_leave has been called for it.
 */
bool jobs_add(struct jobs *jobs, struct job *job, bool has_thread);
void jobs_leave(struct jobs *jobs);

/* Held for the caller; NULL when the account has no such job. */
struct job *jobs_find(struct jobs *jobs, const char *account, const char *id);

/* How many of the account's jobs, or with NULL of all, are not over. */
int jobs_active(struct jobs *jobs, const char *account);

/* Drops finished jobs, oldest first, beyond this many bytes of output. */
void jobs_trim(struct jobs *jobs, size_t max_bytes);

bool job_is_over(struct job *job);

/* Marks that it runs, and that it is over with the verdict it got. */
void job_begin(struct job *job, long long now_ms);
void job_finish(struct job *job, long long now_ms, long long took_ms);

/* Waits for its end at most so long; -1: for ever.  True when it is over. */
bool job_wait(struct job *job, long long timeout_ms);

/* Asks for its end; what it printed so far stays. */
void job_cancel(struct job *job, long long now_ms);

const char *job_state_name(enum job_state state);

/* How the times of jobs are written: S2's clients want ISO, un.c numbers. */
struct job_form {
	bool is_numeric;
	/* Invalid UTF-8 goes out as it is. */
	bool is_raw;
};

/* The fields of a job into an open object: as listed, or all of them. */
void job_emit_summary(
	struct job *job, struct text *text, const struct job_form *form);
void job_emit(struct job *job, struct text *text, const struct job_form *form);

#endif
