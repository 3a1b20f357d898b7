/* SPDX-License-Identifier: MIT */
/* tests/server/job.c - running and finished executions */
#include "job.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

void jobs_init(struct jobs *jobs)
{
	memset(jobs, 0, sizeof(*jobs));
	pthread_mutex_init(&jobs->lock, NULL);
	pthread_cond_init(&jobs->idle, NULL);
}

void jobs_close(struct jobs *jobs)
{
	struct job *job;

	pthread_mutex_lock(&jobs->lock);
	jobs->is_closed = true;
	for (job = jobs->first; job; job = job->next)
		job_cancel(job, 0);
	while (jobs->running)
		pthread_cond_wait(&jobs->idle, &jobs->lock);
	pthread_mutex_unlock(&jobs->lock);
}

void jobs_clear(struct jobs *jobs)
{
	struct job *job;

	while ((job = jobs->first)) {
		jobs->first = job->next;
		job_release(job);
	}
	pthread_mutex_destroy(&jobs->lock);
	pthread_cond_destroy(&jobs->idle);
}

struct job *job_new(const char *account, const char *language, long long now_ms)
{
	struct job *job = calloc(1, sizeof(*job));
	pthread_condattr_t steady;

	if (!job)
		return NULL;
	atomic_init(&job->references, 1);
	identity_uuid(job->id);
	job->account = account;
	strncpy(job->language, language, sizeof(job->language) - 1);
	job->created_ms = now_ms;
	job->child.pidfd = -1;
	pthread_mutex_init(&job->lock, NULL);
	pthread_condattr_init(&steady);
	pthread_condattr_setclock(&steady, CLOCK_MONOTONIC);
	pthread_cond_init(&job->changed, &steady);
	pthread_condattr_destroy(&steady);
	return job;
}

struct job *job_hold(struct job *job)
{
	atomic_fetch_add(&job->references, 1);
	return job;
}

void job_release(struct job *job)
{
	if (!job || atomic_fetch_sub(&job->references, 1) > 1)
		return;
	text_clear(&job->out);
	text_clear(&job->err);
	text_clear(&job->error);
	text_clear(&job->artifacts);
	text_clear(&job->artifact);
	text_clear(&job->wasm);
	program_clear(&job->program);
	pthread_mutex_destroy(&job->lock);
	pthread_cond_destroy(&job->changed);
	free(job);
}

bool jobs_add(struct jobs *jobs, struct job *job, bool has_thread)
{
	bool added;

	pthread_mutex_lock(&jobs->lock);
	added = !jobs->is_closed;
	if (added) {
		job->next = jobs->first;
		jobs->first = job_hold(job);
		jobs->running += has_thread;
	}
	pthread_mutex_unlock(&jobs->lock);
	return added;
}

void jobs_leave(struct jobs *jobs)
{
	pthread_mutex_lock(&jobs->lock);
	jobs->running--;
	pthread_cond_broadcast(&jobs->idle);
	pthread_mutex_unlock(&jobs->lock);
}

struct job *jobs_find(struct jobs *jobs, const char *account, const char *id)
{
	struct job *job;

	pthread_mutex_lock(&jobs->lock);
	for (job = jobs->first; job; job = job->next)
		if (!strcmp(job->id, id) && !strcmp(job->account, account))
			break;
	if (job)
		job_hold(job);
	pthread_mutex_unlock(&jobs->lock);
	return job;
}

int jobs_active(struct jobs *jobs, const char *account)
{
	struct job *job;
	int active = 0;

	pthread_mutex_lock(&jobs->lock);
	for (job = jobs->first; job; job = job->next)
		if (!job->is_command && !job_is_over(job) &&
			(!account || !strcmp(job->account, account)))
			active++;
	pthread_mutex_unlock(&jobs->lock);
	return active;
}

/* Whether it ended before this time. */
static bool job_is_old(struct job *job, long long before_ms)
{
	bool old;

	pthread_mutex_lock(&job->lock);
	old = job->ended_ms && job->ended_ms < before_ms;
	pthread_mutex_unlock(&job->lock);
	return old;
}

void jobs_expire(struct jobs *jobs, long long before_ms)
{
	struct job **place, *job;

	pthread_mutex_lock(&jobs->lock);
	place = &jobs->first;
	while ((job = *place)) {
		if (job_is_old(job, before_ms)) {
			*place = job->next;
			job_release(job);
		} else {
			place = &job->next;
		}
	}
	pthread_mutex_unlock(&jobs->lock);
}

static size_t job_size(struct job *job)
{
	size_t size;

	pthread_mutex_lock(&job->lock);
	size = job->out.size + job->err.size + job->artifacts.size +
		job->artifact.size + job->wasm.size;
	pthread_mutex_unlock(&job->lock);
	return size;
}

void jobs_trim(struct jobs *jobs, size_t max_bytes)
{
	struct job **place, *job;
	size_t size = 0;

	pthread_mutex_lock(&jobs->lock);
	place = &jobs->first;
	while ((job = *place)) {
		size += job_size(job);
		if (size > max_bytes && job_is_over(job)) {
			*place = job->next;
			job_release(job);
		} else {
			place = &job->next;
		}
	}
	pthread_mutex_unlock(&jobs->lock);
}

bool job_is_over(struct job *job)
{
	bool over;

	pthread_mutex_lock(&job->lock);
	over = job->state > JOB_RUNNING;
	pthread_mutex_unlock(&job->lock);
	return over;
}

/* Cancelled and timed out jobs have an error text besides their output. */
static void job_explain(struct job *job, enum job_state state)
{
	if (job->error.len)
		return;
	if (state == JOB_CANCELLED)
		text_puts(&job->error, "The job was cancelled");
	else if (state == JOB_TIMEOUT)
		text_puts(&job->error, "The time to live is over");
}

void job_begin(struct job *job, long long now_ms)
{
	pthread_mutex_lock(&job->lock);
	job->state = JOB_RUNNING;
	job->started_ms = now_ms;
	pthread_mutex_unlock(&job->lock);
}

void job_finish(struct job *job, long long now_ms, long long took_ms)
{
	pthread_mutex_lock(&job->lock);
	if (job->end_state <= JOB_RUNNING) {
		job->end_state = JOB_FAILED;
		job->exit_code = 126;
		text_puts(&job->error, "The sandbox could not be created");
	}
	job_explain(job, job->end_state);
	job->state = job->end_state;
	job->took_ms = took_ms;
	job->completed_ms = now_ms;
	job->ended_ms = now_ms;
	pthread_cond_broadcast(&job->changed);
	pthread_mutex_unlock(&job->lock);
}

bool job_wait(struct job *job, long long timeout_ms)
{
	struct timespec until;
	bool over;
	int err = 0;

	clock_gettime(CLOCK_MONOTONIC, &until);
	until.tv_nsec += timeout_ms % 1000 * 1000000;
	until.tv_sec += timeout_ms / 1000 + until.tv_nsec / 1000000000;
	until.tv_nsec %= 1000000000;
	pthread_mutex_lock(&job->lock);
	while (job->state <= JOB_RUNNING && err != ETIMEDOUT) {
		if (timeout_ms < 0)
			pthread_cond_wait(&job->changed, &job->lock);
		else
			err = pthread_cond_timedwait(
				&job->changed, &job->lock, &until);
	}
	over = job->state > JOB_RUNNING;
	pthread_mutex_unlock(&job->lock);
	return over;
}

void job_cancel(struct job *job, long long now_ms)
{
	pthread_mutex_lock(&job->lock);
	if (job->state <= JOB_RUNNING) {
		job->is_cancelled = true;
		child_kill(&job->child);
	}
	if (job->is_fake && job->state <= JOB_RUNNING) {
		job_explain(job, JOB_CANCELLED);
		job->state = JOB_CANCELLED;
		job->completed_ms = now_ms;
		job->ended_ms = now_ms;
		pthread_cond_broadcast(&job->changed);
	}
	pthread_mutex_unlock(&job->lock);
}
