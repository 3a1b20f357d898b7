/* SPDX-License-Identifier: MIT */
/* fs/jobs/poll_schedule.c - when a single job with a reader is polled */
#include <sys/param.h>

#include "fs/core/core.h"
#include "fs/jobs/jobs.h"

/* Milliseconds before each poll of a single job with a reader. */
static const unsigned schedule[] = { 300, 450, 700, 900, 650, 1600, 2000 };

enum {
	MARGIN_MS = 30, /* between the expected end and the first poll */
	GAP_MS = 4000,	/* between polls before that, at most */
};

/*
 * A program is likely to take as long as its previous run, so it is polled at
 * that time; but a program that was edited, or that prints while it runs, is
 * polled by the schedule.
 */
void poller_expect(struct job *job, const struct job *before)
{
	job->expected_ms = before->took_ms;
	job->expected_size = before->code_size;
}

static bool has_output(const struct job *job)
{
	return job->output_size[JOB_STDOUT] || job->output_size[JOB_STDERR];
}

void poller_learn(struct job *job, const struct api_answer *answer)
{
	const json_t *took = json_member(
		answer->json, "total_time_ms|execution_time_ms|duration_ms");
	uint64_t most_ms = MAX((uint64_t)answer->sent_ms, job->submitted_ms) -
		job->submitted_ms;
	uint64_t least_ms = job->known_ms - job->submitted_ms;
	uint64_t took_ms = json_is_integer(took) && json_integer_value(took) > 0
		? (uint64_t)json_integer_value(took)
		: most_ms;

	if (!has_output(job))
		job->took_ms = MIN(MAX(took_ms, least_ms), most_ms);
}

unsigned poller_lone_delay(const struct job *job, uint64_t from_ms)
{
	unsigned last = sizeof(schedule) / sizeof(*schedule) - 1;
	uint64_t margin_ms = MARGIN_MS + job->expected_ms / 32;
	uint64_t end_ms = job->submitted_ms + job->expected_ms;

	if (!job->expected_ms || job->expected_size != job->code_size ||
		has_output(job))
		return schedule[MIN(job->polls, last)];
	if (from_ms < end_ms)
		return MIN(end_ms + margin_ms - from_ms,
			MAX(GAP_MS, job->expected_ms / 2));
	return MIN(MAX(from_ms - end_ms, margin_ms), schedule[last]);
}
