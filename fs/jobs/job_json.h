/* SPDX-License-Identifier: MIT */
/* fs/jobs/job_json.h - members of job.json that are in files of their own */
#ifndef FS_JOBS_JOB_JSON_H
#define FS_JOBS_JOB_JSON_H

#include "fs/jobs/job.h"

struct job_json_member {
	const char *name;
	const char *head; /* what comes before its bytes */
	enum job_output output;
};

#define JOB_JSON_HEAD(name) ",\n  \"" name "\": \""
static const char job_json_tail[] = "\"", job_json_end[] = "\n}\n";

/* In the order in which they come in job.json, and of the bits of job->apart.
 */
enum { JOB_JSON_MEMBERS = 3 };
extern const struct job_json_member job_json_members[JOB_JSON_MEMBERS];

#endif
