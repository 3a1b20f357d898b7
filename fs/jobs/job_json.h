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

/* What comes before the bytes of member i: without a comma, if it is the first
 * that the object has. rest_len: the length of N.rest. */
const char *job_json_head(unsigned apart, size_t i, uint64_t rest_len);

/* So many bytes of a file, at most, as a JSON string with quotes, owned by the
 * caller, free(); NULL: the file ends there. -ENOMEM, -errno. */
enum { JOB_JSON_PIECE = 1 << 16 };
int job_json_piece(int fd, off_t at, size_t size, char **text, size_t *len);

#endif
