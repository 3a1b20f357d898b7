/* SPDX-License-Identifier: MIT */
/* fs/jobs/job.h - one run of a program, from the save to its kept result */
#ifndef FS_JOBS_JOB_H
#define FS_JOBS_JOB_H

#include <stdbool.h>
#include <stdint.h>
#include <time.h>

#define HASH_NONFATAL_OOM 1
#include <uthash.h>

#include "fs/base/setting.h"
#include "fs/core/op.h"

/*
 * A job is made when content is saved and lives on disk (fs/jobs/job_store.h)
 * from before its request is sent. Its directory is served from this struct and
 * from files in the state directory; nothing of the output is kept in memory.
 *
 * Jobs that others have submitted are shown too, while the API lists them, and
 * when they are asked for by id: they are foreign, and not kept over a remount.
 */

enum job_status {
	JOB_PENDING,
	JOB_RUNNING,
	JOB_COMPLETED,
	JOB_FAILED,
	JOB_TIMEOUT,
	JOB_CANCELLED,
	JOB_ERROR, /* the request itself failed, nothing is known to have run */
};

enum job_output { JOB_STDOUT, JOB_STDERR, JOB_OUTPUTS };

/* The file that an output is kept in, open while somebody reads it. */
struct stream {
	int fd; /* -1: not open */
	unsigned users;
};

struct run;
struct file;

struct job_artifact {
	char *name;
	uint64_t size;
};

struct job {
	TAILQ_ENTRY(job) link;	 /* in jobs->all */
	TAILQ_ENTRY(job) active; /* in the poller's list, while followed */
	bool is_active;

	uint64_t number; /* serial: names the files on disk */
	char *key;	 /* what its inode numbers are made of: "nNUMBER", or
			    the id of a foreign job */
	char *id;	 /* the API's; NULL: not known yet */
	bool is_foreign, is_async, is_stored, is_removed;
	bool is_unlisted;   /* foreign, and not in the API's last list */
	uint64_t list_mark; /* jobs->list_mark when it was listed last */
	bool is_detached; /* replaced by a newer run: goes with its last hold */
	int commit_err;	  /* the program itself could not be kept: -errno */
	struct run *run;  /* until its request is answered */
	bool was_accepted; /* the API has taken it */
	bool is_making;	   /* nothing runs: a service or a session is made */
	bool has_detail;   /* an answer of its own came, not only the list's */

	enum job_status status;
	int err;	/* of JOB_ERROR: -errno */
	char *error;	/* why, in the API's words; NULL: no error */
	json_t *fields; /* the last answer, but for its output and artifacts */
	struct timespec created, changed;

	uint64_t file; /* number of the file it belongs to; 0: none */
	bool has_file; /* that is in jobs_tie */
	UT_hash_handle of_file;
	uint64_t code_size;
	bool has_code;
	uint64_t output_size[JOB_OUTPUTS];
	struct stream output[JOB_OUTPUTS];
	uint64_t answer_size; /* of job.json */
	struct job_artifact *artifacts;
	size_t artifact_count;
	json_t *hidden; /* object: what rm has removed of a finished job */

	struct op_list waiters; /* woken at every change */
	struct timer settle;	/* 250 ms for what may be a temporary file */
	struct api_call *call;
	struct core *core;
	unsigned holds;

	/* Polling, see fs/jobs/poller.c. */
	unsigned watchers; /* readers that wait for it */
	unsigned watching_output;
	uint64_t asked_ms; /* when somebody asked who does not wait; 0: never */
	uint64_t submitted_ms, polled_ms;
	unsigned polls, misses, poll_failures;
	int poll_err;
	bool is_ending;	 /* its result is here, and being brought to disk */
	bool is_storing; /* an answer is being written by the worker */

	struct poll_handle *polls_waiting;
};

TAILQ_HEAD(job_list, job);

/* Gives each file that is left its newest job; the others go. After jobs_load.
 * -ENOMEM. */
int jobs_tie(struct core *core);

/* Reads the records of the state directory; damaged ones are put aside.
 * A run that was under way becomes JOB_ERROR. */
int jobs_load(struct core *core);
void jobs_clear(struct core *core);

/* A new pending job, its number taken; NULL: no memory. */
struct job *job_new(struct core *core);
/* A foreign job of this id, found or made. NULL: no memory. */
struct job *job_foreign(struct core *core, const char *id);

struct job *job_by_key(struct core *core, const char *key);
struct job *job_by_id(struct core *core, const char *id);
struct job *job_by_number(struct core *core, uint64_t number);

/* The name of its directory in jobs/: the id, else "local-NUMBER". */
int job_name(const struct job *job, char *name, size_t room);
/* Whether an id of the API may stand as a name in jobs/. */
bool job_id_is_name(const char *id);
/* The job that a name in jobs/ stands for, aliases apart; NULL: not known. */
struct job *jobs_lookup(struct core *core, const char *name);
/* The API may know the job for long: it is not shown again here. */
void jobs_forget(struct core *core, const char *id);
bool job_is_forgotten(const struct core *core, const char *id);
/* Takes the API's list: others' jobs come and go. */
void jobs_read_list(struct core *core, const json_t *json, uint64_t fetched_ms);

bool job_is_final(const struct job *job);
const char *job_status_word(enum job_status status);
/* JOB_RUNNING for a word that the API does not promise. */
enum job_status job_status_of(const char *word);

/* It is the newest job of this file: the one before goes, where it was a run's.
 */
void job_attach(struct job *job, struct file *file);
/* The newest job of a file, by the file's number; NULL: none. */
struct job *job_of_file(struct core *core, uint64_t number);
/* The file has gone, or got another job. */
void job_detach(struct job *job);

/* Holds keep the struct; a removed job is freed with its last hold. */
void job_hold(struct job *job);
void job_drop(struct job *job);

/* Something changed: waiters are woken, pollers told. */
void job_notify(struct job *job);

/* The request failed, or the mount ended: JOB_ERROR with the reason. */
void job_fail(struct job *job, int err, const char *reason);

/* An answer of the API: a result, a state, or part of the output. json is
 * borrowed. Stored by the worker; the status moves when it is on disk. */
void job_answer(struct job *job, json_t *json, enum job_status status);

/* What an answer says of the job's state: 0, or -EPROTO where it says nothing
 * that the API promises. A result without a state is a result. */
int job_judge(const json_t *answer, enum job_status *status);

/* Forgets it and its files. */
void job_remove(struct job *job);
/* Forgets it, but leaves its files. */
void job_forget(struct job *job);

/* The listing of jobs/ has changed. */
void jobs_touch(struct core *core);
int jobs_set_alias(struct core *core, const char *alias, const struct job *job);
void jobs_drop_alias(struct core *core, const char *alias);

#endif
