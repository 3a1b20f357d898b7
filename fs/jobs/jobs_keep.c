/* SPDX-License-Identifier: MIT */
/* fs/jobs/jobs_keep.c - how many ended jobs are kept, and for how long */
#include <errno.h>
#include <stdlib.h>
#include <sys/statvfs.h>

#include "fs/base/base.h"
#include "fs/core/core.h"
#include "fs/jobs/jobs.h"

/* Removing a job unlinks its files: not too many in one turn of the loop. */
enum { TRIM_MAX = 16 };

static void trim(void *ctx)
{
	struct core *core = ctx;
	struct jobs *jobs = core->jobs;
	unsigned removed = 0;

	while (jobs->ended_count > core->options->keep_jobs &&
		removed++ < TRIM_MAX) {
		struct job *job = TAILQ_FIRST(&jobs->ended);
		if (job->id)
			jobs_forget(core, job->id);
		job_discard(job);
	}
	if (jobs->ended_count > core->options->keep_jobs)
		timer_arm(&core->timers, &jobs->trim, core->now_ms);
	jobs_touch(core);
}

void job_ended(struct job *job)
{
	struct jobs *jobs = job->core->jobs;

	job_list_ended(job);
	if (jobs->ended_count > job->core->options->keep_jobs) {
		jobs->trim.fire = trim;
		jobs->trim.ctx = job->core;
		timer_arm(&job->core->timers, &jobs->trim, job->core->now_ms);
	}
	job_notify(job);
}

void job_list_ended(struct job *job)
{
	struct jobs *jobs = job->core->jobs;

	if (!job->is_async || job->is_foreign || job->is_removed ||
		job->has_ended)
		return;
	job->has_ended = true;
	jobs->ended_count++;
	TAILQ_INSERT_TAIL(&jobs->ended, job, ended);
}

void job_unlist_ended(struct job *job)
{
	struct jobs *jobs = job->core->jobs;

	if (!job->has_ended)
		return;
	job->has_ended = false;
	jobs->ended_count--;
	TAILQ_REMOVE(&jobs->ended, job, ended);
}

static int compare_ends(const void *a, const void *b)
{
	const struct timespec *x = &(*(struct job *const *)a)->changed;
	const struct timespec *y = &(*(struct job *const *)b)->changed;

	return x->tv_sec != y->tv_sec
		? (x->tv_sec > y->tv_sec) * 2 - 1
		: (x->tv_nsec > y->tv_nsec) - (x->tv_nsec < y->tv_nsec);
}

int jobs_list_ended(struct core *core)
{
	struct jobs *jobs = core->jobs;
	struct job *job, **all;
	size_t count = 0, i = 0;

	TAILQ_FOREACH(job, &jobs->all, link)
	count += job_is_final(job);
	all = calloc(count + 1, sizeof(struct job *));
	if (!all)
		return -ENOMEM;
	TAILQ_FOREACH(job, &jobs->all, link)
	if (job_is_final(job))
		all[i++] = job;
	qsort(all, count, sizeof(struct job *), compare_ends);
	for (i = 0; i < count; i++)
		job_list_ended(all[i]);
	free(all);
	jobs->trim.fire = trim;
	jobs->trim.ctx = core;
	if (jobs->ended_count > core->options->keep_jobs)
		timer_arm(&core->timers, &jobs->trim, core->now_ms);
	return 0;
}

/* Stores what is in memory, or polls. */
static void result_get(struct job *job)
{
	json_t *json = job->unstored;

	if (!json) {
		poller_add(job);
		poller_fetch(job);
		return;
	}
	job->unstored = NULL;
	job_answer(job, json, NULL, JOB_COMPLETED);
	json_decref(json);
}

bool job_ask_again(struct job *job)
{
	struct statvfs disk;

	if (job->status != JOB_ERROR || !job->wanted ||
		(!job->id && !job->unstored) ||
		fstatvfs(job->core->state.jobs_fd, &disk) ||
		disk.f_bavail < job->wanted / disk.f_frsize)
		return false;
	job_unlist_ended(job);
	free(job->error);
	job->error = NULL;
	job->err = 0;
	job->wanted = 0;
	job->may_have_run = false;
	job->status = JOB_RUNNING;
	result_get(job);
	return true;
}
