/* SPDX-License-Identifier: MIT */
/* fs/jobs/job_reader.h - reading a job's output while it runs */
#ifndef FS_JOBS_JOB_READER_H
#define FS_JOBS_JOB_READER_H

#include "fs/core/handle.h"
#include "fs/jobs/job.h"

/* Parks op until the job's next change, as a reader of the poller. Holds the
 * job meanwhile. Returns -EINPROGRESS. */
int job_wait(struct op *op, struct job *job, bool wants_output);

/* Makes handle read a job's output: a read at its end waits for more, until the
 * job ends. The handle holds the job. 0, or -errno of opening the file. */
int job_reader_open_output(
	struct handle *handle, struct job *job, enum job_output output);

/* Makes handle read the row's content as it is when the job has ended; the
 * first read waits for that. The handle holds the job. */
void job_reader_open_result(struct handle *handle, struct job *job);

/* The events of a handle that is ready when the job has ended. poll is taken,
 * and may be NULL. */
unsigned job_poll(struct job *job, struct fuse_pollhandle *poll);

/* The poll(2)s that wait for the job to change: notifies and frees them; frees
 * them alone, when the session has ended. */
void job_polls_notify(struct job *job);
void job_polls_clear(struct job *job);

#endif
