/* SPDX-License-Identifier: MIT */
/* fs/jobs/jobs.h - all jobs of a mount, their queue and their polling */
#ifndef FS_JOBS_JOBS_H
#define FS_JOBS_JOBS_H

#include "fs/jobs/job.h"
#include "fs/jobs/job_reader.h"
#include "fs/jobs/poller.h"
#include "fs/jobs/run.h"

struct jobs {
	struct runs runs;
	struct poller poller;
	struct job_list all; /* oldest first */
	bool is_loaded;	     /* else what is known of them is not all */
	uint64_t next_number;
	void *by_number, *by_id; /* of fs/jobs/job_index.c */
	struct job *by_file;	 /* likewise */
	struct timespec changed; /* when the listing of jobs/ last changed */
	json_t *forgotten;  /* object: ids of jobs that were removed here */
	json_t *aliases;    /* object: name -> job number */
	uint64_t latest;    /* number of the last asynchronous one; 0 */
	uint64_t list_mark; /* fetched_ms of the API's last list */
};

/* An empty one; then jobs_load. core->jobs is set to it. */
void jobs_init(struct jobs *jobs, struct core *core);

#endif
