/* SPDX-License-Identifier: MIT */
/* fs/jobs/job_index.h - jobs by number, by id and by file; the look-ups are in
 * job.h */
#ifndef FS_JOBS_JOB_INDEX_H
#define FS_JOBS_JOB_INDEX_H

#include "fs/jobs/job.h"

/* Once for each job, when it is created and when it is removed. -ENOMEM. */
int job_index_add(struct job *job);
void job_index_remove(struct job *job);

/* It is the job of the file with this backing number, or of none (0). The job
 * that the file had is no longer found by it. -ENOMEM. */
int job_set_file(struct job *job, uint64_t number);

/* Sets the API's id (copied). Of two jobs with one id, job_by_id finds the
 * first. -ENOMEM: the job has no id, or is not found by it. */
int job_set_id(struct job *job, const char *id);

#endif
