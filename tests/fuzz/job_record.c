/* SPDX-License-Identifier: MIT */
/* tests/fuzz/job_record.c - the record of a job, as a start finds it */
#include <string.h>

#include "fs/core/core.h"
#include "fs/jobs/jobs.h"
#include "tests/fuzz/fuzz.h"

/* A record that was read is written so that it is read the same. */
static void check_again(struct core *core, const struct job *job)
{
	size_t len, again_len;
	char *text = job_record(job, &len), *again;
	struct job *copy;

	HOLDS(text);
	HOLDS(job_from_record(core, 8, text, len, &copy) == 0);
	again = job_record(copy, &again_len);
	HOLDS(again && again_len == len && !memcmp(text, again, len));
	job_forget(copy);
	free(again);
	free(text);
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len)
{
	struct core core = {
		.state = { .fd = -1, .jobs_fd = -1, .lock_fd = -1 },
	};
	struct jobs jobs;
	struct job *job;

	TAILQ_INIT(&core.ready);
	jobs_init(&jobs, &core);
	if (job_from_record(&core, 7, (const char *)bytes, len, &job) == 0) {
		HOLDS(job->number == 7 && job->key);
		check_again(&core, job);
		job_forget(job);
	}
	HOLDS(TAILQ_EMPTY(&jobs.all));
	return 0;
}
