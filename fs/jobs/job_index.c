/* SPDX-License-Identifier: MIT */
/* fs/jobs/job_index.c - jobs by number, by id and by file */
#include "fs/jobs/job_index.h"

#include <errno.h>
#include <search.h>
#include <stdlib.h>
#include <string.h>

#include "fs/core/core.h"
#include "fs/jobs/jobs.h"

/* The C library's balanced trees hold them; the keys are the jobs'. */

static int compare_number(const void *a, const void *b)
{
	const struct job *one = a, *other = b;

	return (one->number > other->number) - (one->number < other->number);
}

static int compare_id(const void *a, const void *b)
{
	const struct job *one = a, *other = b;

	return strcmp(one->id, other->id);
}

int job_index_add(struct job *job)
{
	return tsearch(job, &job->core->jobs->by_number, compare_number)
		? 0
		: -ENOMEM;
}

static void forget_id(struct job *job)
{
	if (job->id && job->core->jobs->by_id &&
		job_by_id(job->core, job->id) == job)
		tdelete(job, &job->core->jobs->by_id, compare_id);
	free(job->id);
	job->id = NULL;
}

void job_index_remove(struct job *job)
{
	job_set_file(job, 0);
	tdelete(job, &job->core->jobs->by_number, compare_number);
	if (job->id && job_by_id(job->core, job->id) == job)
		tdelete(job, &job->core->jobs->by_id, compare_id);
}

/* Of two with one id, which only a confused API makes, the first is found. */
int job_set_id(struct job *job, const char *id)
{
	forget_id(job);
	job->id = strdup(id);
	if (!job->id)
		return -ENOMEM;
	return tsearch(job, &job->core->jobs->by_id, compare_id) ? 0 : -ENOMEM;
}

struct job *job_of_file(struct core *core, uint64_t number)
{
	struct job *job;

	HASH_FIND(of_file, core->jobs->by_file, &number, sizeof(number), job);
	return job;
}

int job_set_file(struct job *job, uint64_t number)
{
	struct job **all = &job->core->jobs->by_file;
	struct job *before;

	if (job->file && job_of_file(job->core, job->file) == job)
		HASH_DELETE(of_file, *all, job);
	job->file = number;
	if (!number)
		return 0;
	before = job_of_file(job->core, number);
	if (before && before != job)
		HASH_DELETE(of_file, *all, before);
	HASH_ADD(of_file, *all, file, sizeof(number), job);
	return job->of_file.tbl ? 0 : -ENOMEM;
}

static struct job *job_of(const void *found)
{
	return found ? *(struct job *const *)found : NULL;
}

struct job *job_by_number(struct core *core, uint64_t number)
{
	struct job wanted = { .number = number };

	return job_of(tfind(&wanted, &core->jobs->by_number, compare_number));
}

struct job *job_by_id(struct core *core, const char *id)
{
	struct job wanted = { .id = (char *)id };

	return job_of(tfind(&wanted, &core->jobs->by_id, compare_id));
}

struct job *job_by_key(struct core *core, const char *key)
{
	char *end;
	uint64_t number = key[0] == 'n' ? strtoull(key + 1, &end, 10) : 0;
	struct job *job = number && !*end ? job_by_number(core, number) : NULL;

	return job && !strcmp(job->key, key) ? job : job_by_id(core, key);
}
