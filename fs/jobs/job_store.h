/* SPDX-License-Identifier: MIT */
/* fs/jobs/job_store.h - jobs in the state directory */
#ifndef FS_JOBS_JOB_STORE_H
#define FS_JOBS_JOB_STORE_H

#include "fs/base/state.h"
#include "fs/jobs/job.h"

/*
 * jobs/N.json       the record, written last: what it says is there
 * jobs/N.code       the program as it was sent
 * jobs/N.stdout     output so far; N.stderr
 * jobs/N.answer     the API's answer, pretty-printed: job.json
 * jobs/N.artifact.I artifacts, in the order of the record
 */

/* The record as text, owned by the caller, free(); NULL: no memory. */
char *job_record(const struct job *job, size_t *len);

/* A job from its record; -EPROTO for a damaged one. */
int job_from_record(struct core *core, uint64_t number, const char *text,
	size_t len, struct job **out);

/* Writes the record of a small change, not fsynced. */
int job_store_record(const struct job *job);

/* What an answer brings, made by the worker. */
struct job_stored {
	int err;
	json_t *fields;
	uint64_t output_size[JOB_OUTPUTS];
	uint64_t answer_size;
	struct job_artifact *artifacts;
	size_t artifact_count;
};

/* Writes output, artifacts and job.json of an answer. For the worker: touches
 * the files of this number alone. is_final: fsynced. */
void job_store_answer(const struct state *state, uint64_t number,
	json_t *answer, bool is_final, struct job_stored *stored);

/* Removes all files of a job. */
void job_store_remove(
	const struct state *state, uint64_t number, size_t artifact_count);

/* The artifact file at `to` takes the place of the one at `at`, which goes. */
void job_store_swap_artifacts(
	const struct state *state, uint64_t number, size_t at, size_t to);

int job_open_file(const struct state *state, uint64_t number,
	const char *suffix, int flags);

#endif
