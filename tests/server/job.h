/* SPDX-License-Identifier: MIT */
/* tests/server/job.h - running and finished executions */
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
 * The table holds one reference, and so does each user of a job.  Members
 * before the lock never change once the job is in the table.
 */
struct job {
	struct job *next;
	atomic_int references;
	char id[IDENTITY_SIZE];
	const char *account;
	char language[24];
	bool is_detected;
	bool has_network;
	/* Seeded: no program runs. */
	bool is_fake;
	/* A command in a session or a service: not listed, not counted. */
	bool is_command;
	long long created_ms;

	pthread_mutex_t lock;
	pthread_cond_t changed;
	enum job_state state;
	long long started_ms;
	long long completed_ms;
	/* When it became finished here, seeded or not; 0: not yet. */
	long long ended_ms;
	long long took_ms;
	int exit_code;
	struct text out;
	struct text err;
	struct text error;
	/* A JSON array and two objects, or empty. */
	struct text artifacts;
	struct text artifact;
	struct text wasm;
	struct child child;
	bool is_cancelled;
	/* Only the thread that runs the job uses these; end_state becomes the
	 * state once the result is complete. */
	struct program program;
	enum job_state end_state;
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

/* Kills running jobs and waits for them; no more can be added. */
void jobs_close(struct jobs *jobs);
void jobs_clear(struct jobs *jobs);

/* A new job with one reference, in no table; NULL if out of memory. */
struct job *job_new(
	const char *account, const char *language, long long now_ms);
struct job *job_hold(struct job *job);
void job_release(struct job *job);

/*
 * false if the table is closed.  If the job has a thread, jobs_close waits for
 * its call of jobs_leave.
 */
bool jobs_add(struct jobs *jobs, struct job *job, bool has_thread);
void jobs_leave(struct jobs *jobs);

/* Takes a reference for the caller; NULL if there is no such job. */
struct job *jobs_find(struct jobs *jobs, const char *account, const char *id);

/* The number of the account's unfinished jobs; NULL: of all. */
int jobs_active(struct jobs *jobs, const char *account);

/* Drops the jobs that ended before this time. */
void jobs_expire(struct jobs *jobs, long long before_ms);

/* Drops the oldest finished jobs beyond this many bytes of output. */
void jobs_trim(struct jobs *jobs, size_t max_bytes);

bool job_is_over(struct job *job);

/* Mark it as running, and as finished in its end_state. */
void job_begin(struct job *job, long long now_ms);
void job_finish(struct job *job, long long now_ms, long long took_ms);

/* Waits for its end, -1: without limit.  True if it has ended. */
bool job_wait(struct job *job, long long timeout_ms);

/* Asks it to end; the output so far is kept. */
void job_cancel(struct job *job, long long now_ms);

const char *job_state_name(enum job_state state);

/* The format of times of jobs: ISO, or numbers for un.c. */
struct job_form {
	bool is_numeric;
	/* Writes invalid UTF-8 unchanged. */
	bool is_raw;
	/* Without the status of a job that is over. */
	bool has_no_status;
};

/* Writes a job's fields into an open object: those of a list, or all. */
void job_emit_summary(
	struct job *job, struct text *text, const struct job_form *form);
void job_emit(struct job *job, struct text *text, const struct job_form *form);

#endif
