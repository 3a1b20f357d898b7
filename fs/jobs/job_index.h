/* SPDX-License-Identifier: MIT */
/* fs/jobs/job_index.h - jobs by number, by id and by file */
#ifndef FS_JOBS_JOB_INDEX_H
#define FS_JOBS_JOB_INDEX_H

#include "fs/jobs/job.h"

/* The index has a job from its making to its end. -ENOMEM. */
int job_index_add(struct job *job);
void job_index_remove(struct job *job);

/* It is the job of this file, or of none (0). -ENOMEM. */
int job_set_file(struct job *job, uint64_t number);

/* Gives it the id that the API has for it. -ENOMEM. */
int job_set_id(struct job *job, const char *id);

#endif
