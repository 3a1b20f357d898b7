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

/* Whether handle waits for a job (borrowed), by one of these. */
struct job *job_reader_job(const struct handle *handle);

/* poll(2) on a handle of which the end of the job is the event; takes poll. */
unsigned job_poll(
	struct handle *handle, struct job *job, struct fuse_pollhandle *poll);

#endif
