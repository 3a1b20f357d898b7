/* SPDX-License-Identifier: MIT */
/* fs/jobs/poll_failures.c - when jobs whose polls do not help are polled again
 */
#include <errno.h>
#include <sys/param.h>

#include "fs/core/core.h"
#include "fs/jobs/jobs.h"

enum {
	WAIT_MS = 1000,	      /* without a failure */
	FAILURE_MS = 2000,    /* after one */
	SLOWEST_MS = 10000,   /* after many */
	SLOW_FAILURES = 15,   /* which are so many: half a minute */
	UNREAD_TOLD = 5,      /* readers learn of answers not understood */
	RETRIES_MAX = 100000, /* jobs asked for again at once */
};

unsigned poller_failures_delay(unsigned failures)
{
	if (!failures)
		return WAIT_MS;
	return failures < SLOW_FAILURES ? FAILURE_MS : SLOWEST_MS;
}

void poller_put_off(struct job *job, bool is_known)
{
	struct poller *poller = &job->core->jobs->poller;

	if (!is_known)
		poller->retries = 1;
	else if (job->again_ms)
		poller->retries = MIN(2 * poller->retries, RETRIES_MAX);
	job->again_ms = (job->is_active ? poller->last_ms : job->core->now_ms) +
		poller_failures_delay(job->poll_failures);
}

bool poller_is_put_off(const struct job *job)
{
	return job->core->now_ms < job->again_ms;
}

/* A job that is not polled has no other chance. What is not JSON, or not about
 * a job, hardly becomes so. */
bool poller_has_given_up(const struct job *job)
{
	unsigned told = !job->is_active	   ? 1
		: job->poll_err == -EPROTO ? UNREAD_TOLD
					   : POLL_FAILURES_TOLD;

	return job->poll_failures >= told;
}

/* A 404 is soon final: it does not slow down others. */
void poller_failed(struct job *job, int err)
{
	bool was_told = poller_has_given_up(job);

	job->poll_err = err;
	/* However often the key's rate delays polls, the job does not fail. */
	if (err != -EBUSY || job->poll_failures < SLOW_FAILURES)
		job->poll_failures++;
	poller_put_off(job, err == -ENOENT);
	if (!job->is_active || (!was_told && poller_has_given_up(job)))
		job_notify(job);
	poller_update(job);
}
