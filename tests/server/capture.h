/* SPDX-License-Identifier: MIT */
/* tests/server/capture.h - captures a child's output until it ends */
#ifndef TESTS_SERVER_CAPTURE_H
#define TESTS_SERVER_CAPTURE_H

#include "job.h"

/*
 * Starts the child and collects its output in the job until it ends, is
 * cancelled, times out (0: never) or prints more than limit.  Stores the
 * end state and the exit code in the job.
 */
void capture(struct job *job, const struct launcher *launcher,
	struct child_spec *spec, long long timeout_ms, size_t limit);

#endif
