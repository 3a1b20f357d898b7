/* SPDX-License-Identifier: MIT */
/* fs/jobs/job_reader.h - reading what a job prints, while it goes on */
#ifndef FS_JOBS_JOB_READER_H
#define FS_JOBS_JOB_READER_H

#include "fs/core/handle.h"
#include "fs/jobs/job.h"

/* Parks op until the job's next change; the poller knows that somebody waits.
 * Returns -EINPROGRESS. */
int job_wait(struct op *op, struct job *job, bool wants_output);

/* Makes handle read a job's output: a read at its end waits for more, until the
 * job ends. 0 or -errno. */
int job_reader_open_output(
	struct handle *handle, struct job *job, enum job_output output);

/* Makes handle read the row's content as it is when the job has ended; the
 * first read waits for that. */
void job_reader_open_result(struct handle *handle, struct job *job);

/* poll(2) on a handle that is ready at the end of the job; takes poll. */
unsigned job_poll(struct job *job, struct fuse_pollhandle *poll);

#endif
