/* SPDX-License-Identifier: MIT */
/* fs/jobs/job_store.h - jobs in the state directory */
#ifndef FS_JOBS_JOB_STORE_H
#define FS_JOBS_JOB_STORE_H

#include <errno.h>

#include "fs/base/base.h"
#include "fs/jobs/job.h"

/*
 * jobs/N.json        the record: the files it names are there
 * jobs/N.json.last   a newer one: they are there if they have its hash, if any
 * jobs/N.code        the program as it was sent
 * jobs/N.stdout      output so far; N.stderr
 * jobs/N.answer      the API's answer, indented: job.json
 * jobs/N.rest        the same without long output: see fs/jobs/job_json.c
 * jobs/N.artifact.I  artifacts, in the order of the record
 *
 * The functions that take a state and a number touch the files of that number
 * alone, and may be called in the worker.
 */

/* The record as text: a line of JSON, and a line with its hash, so that a
 * damaged record is recognized. Owned by the caller, free(); NULL if out of
 * memory. */
char *job_record(const struct job *job, size_t *len);

/* Creates the job of a record. -EPROTO for a damaged one, -ENOMEM. */
int job_from_record(struct core *core, uint64_t number, const char *text,
	size_t len, struct job **out);

/* Whether the file could not be read now, but may be intact. */
static inline bool is_shortage(int err)
{
	return err == -ENOMEM || err == -EMFILE || err == -ENFILE;
}

struct record_name {
	char text[32];
};
struct record_name job_record_name(uint64_t number);

/* Writes the text of a record, as state_write_beside. 0 or -errno. */
int job_write_record(const struct state *state, uint64_t number,
	const char *text, size_t len, struct part *parts, size_t count);

/* Writes the record after a small change; the recorder makes it durable then.
 * Nothing for a foreign job. -ENOMEM, or -errno of the write. */
int job_store_record(struct job *job);
/* A thread that writes the record, counted in job->writing, is done. */
void job_written(struct job *job);

/* Files of a final answer that are synced together. Few and small ones are left
 * to be synced beside the record, which then has their hash: see job->hash. */
struct syncs {
	int fds[PARTS_BESIDE];
	size_t count;
	uint64_t hash; /* of all; 0: unknown, so they are synced first */
};

/* Of a longer file no hash is made. */
enum { HASHED_MAX = 1 << 16 };

/* The members of an answer that are output: see api_request.spools. */
extern const char job_output_members[];

/* What job_store_answer has stored. */
struct job_stored {
	int err;	 /* 0, -ENOMEM, -errno of a write */
	uint64_t wanted; /* the room that the answer takes, in bytes, roughly */
	json_t *fields;
	uint64_t output_size[JOB_OUTPUTS];
	uint64_t answer_size; /* of job.json */
	unsigned apart;	      /* see struct job */
	struct job_artifact *artifacts;
	size_t artifact_count;
	json_t *missing; /* strings: why artifacts could not be delivered */
	struct syncs syncs;
};

struct storing {
	const struct state *state;
	uint64_t number;
	bool is_durable;	   /* a final answer: with fsync */
	const char *program;	   /* the name of its source; NULL: unknown */
	const struct spool *spool; /* has long output; NULL: there is none */
	struct worker *worker; /* it is one of its tasks; NULL: it is none */
	/* set by job_store_answer */
	struct syncs *syncs;
	json_t *names; /* of artifacts so far, as members; else NULL */
};

/* Writes output, artifacts and job.json of an answer (borrowed), with fsync if
 * it is_durable, but for what is left in stored->syncs. *stored is zeroed by
 * the caller, who owns what is in it. If it fails, there are no artifacts. */
void job_store_answer(const struct storing *answered, json_t *answer,
	struct job_stored *stored);

/* Frees what is in it. */
void job_stored_clear(struct job_stored *stored);
void syncs_clear(struct syncs *syncs);
/* Makes syncs->count parts of them. */
void syncs_parts(struct syncs *syncs, struct part parts[PARTS_BESIDE]);

/* Whether the files have the job's hash; syncs them then. For a record that was
 * written, but may have become durable before them. 0, -EPROTO, -errno. */
int job_check_output(const struct job *job);

/* ---- job_artifacts.c ---- */

/* Writes the artifacts of an answer. 0, -ENOMEM, -errno of a write. */
int job_store_artifacts(const struct storing *storing, const json_t *answer,
	struct job_stored *stored);
/* The length of their text in the answer. */
size_t job_artifacts_room(const json_t *answer);

/* Writes *len bytes to jobs/N.SUFFIX. bytes NULL: keeps the file, and sets *len
 * to its size. 0 or -errno. */
int job_store_file(const struct storing *storing, const char *suffix,
	const char *bytes, uint64_t *len);

struct stored_output {
	const json_t *value;	       /* NULL: none */
	const struct spooled *spooled; /* has the whole of it; or NULL */
	uint64_t
		escaped; /* its length in JSON; 0: it is in the answer's file */
};

/* Writes jobs/N.answer or jobs/N.rest, and sets what *stored has of it. 0,
 * -ENOMEM, -errno of a write. (fs/jobs/job_json.c) */
int job_store_json(const struct storing *storing, json_t *answer,
	const struct stored_output outputs[JOB_OUTPUTS],
	struct job_stored *stored);

/* Removes the answer of a poll, which a job.json that is apart has replaced. */
void job_store_remove_partial(const struct state *state, uint64_t number);
/* Removes what job_store_answer has written; many artifacts later, in steps. */
void job_store_remove_output(
	struct core *core, uint64_t number, size_t artifact_count);
/* Removes all files of the job; as above. */
void job_store_remove(
	struct core *core, uint64_t number, size_t artifact_count);

/* Removes the artifact file at `at`; the one at `to` takes its place. */
void job_store_swap_artifacts(
	const struct state *state, uint64_t number, size_t at, size_t to);

/* Opens N.SUFFIX: a descriptor, owned by the caller, or -errno. */
int job_open_file(const struct state *state, uint64_t number,
	const char *suffix, int flags);
/* The same for output; -ENOENT: there was none yet. */
int job_open_output(const struct job *job, enum job_output output);

#endif
