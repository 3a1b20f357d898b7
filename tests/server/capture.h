/* SPDX-License-Identifier: MIT */
/* tests/server/capture.h - what a child prints, until it is over */
#ifndef TESTS_SERVER_CAPTURE_H
#define TESTS_SERVER_CAPTURE_H

#include "job.h"

/*
 * Starts the child and gathers its output in the job until it ends, is
 * cancelled, runs out of time (0: never) or has printed more than limit.
 * The job's verdict and exit code are left in the job.
 */
void capture(struct job *job, const struct nursery *nursery,
	struct child_spec *spec, long long timeout_ms, size_t limit);

#endif
