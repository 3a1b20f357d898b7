/* SPDX-License-Identifier: MIT */
/* fs/jobs/job_index.c - jobs by number, by id and by file */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "fs/core/core.h"
#include "fs/jobs/jobs.h"

int job_index_add(struct job *job)
{
	HASH_ADD(by_number, job->core->jobs->by_number, number,
		sizeof(job->number), job);
	return job->by_number.tbl ? 0 : -ENOMEM;
}

static void remove_id(struct job *job)
{
	if (job->by_id.tbl)
		HASH_DELETE(by_id, job->core->jobs->by_id, job);
	job->by_id.tbl = NULL;
}

void job_index_remove(struct job *job)
{
	job_set_file(job, 0);
	HASH_DELETE(by_number, job->core->jobs->by_number, job);
	remove_id(job);
}

int job_set_id(struct job *job, const char *id)
{
	char *copy = strdup(id);

	remove_id(job);
	free(job->id);
	job->id = copy;
	if (!copy)
		return -ENOMEM;
	if (job_by_id(job->core, id))
		return 0;
	HASH_ADD_KEYPTR(
		by_id, job->core->jobs->by_id, job->id, strlen(job->id), job);
	return job->by_id.tbl ? 0 : -ENOMEM;
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

struct job *job_by_number(struct core *core, uint64_t number)
{
	struct job *job;

	HASH_FIND(
		by_number, core->jobs->by_number, &number, sizeof(number), job);
	return job;
}

struct job *job_by_id(struct core *core, const char *id)
{
	struct job *job;

	HASH_FIND(by_id, core->jobs->by_id, id, strlen(id), job);
	return job;
}

struct job *job_by_key(struct core *core, const char *key)
{
	struct job *job;

	job = key[0] == '@' ? job_by_id(core, key + 1)
		: key[0] == 'n'
		? job_by_number(core, strtoull(key + 1, NULL, 10))
		: NULL;
	return job && !strcmp(job->key, key) ? job : NULL;
}
