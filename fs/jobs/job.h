/* SPDX-License-Identifier: MIT */
/* fs/jobs/job.h - one run of a program, from the save to its kept result */
#ifndef FS_JOBS_JOB_H
#define FS_JOBS_JOB_H

#include <stdbool.h>
#include <stdint.h>
#include <time.h>

#define HASH_NONFATAL_OOM 1 /* tbl stays NULL then */
#include <uthash.h>

#include "fs/base/base.h"
#include "fs/core/core.h"

/*
 * A job is created when content is saved, and is on disk (fs/jobs/job_store.h)
 * before its request is sent. Its directory is served from this struct and from
 * files in the state directory; no output is kept in memory.
 *
 * Jobs that other programs have submitted are shown while the API lists them,
 * or when they are looked up by id. They are foreign: a remount forgets them.
 */

enum job_status {
	JOB_PENDING,
	JOB_RUNNING,
	JOB_COMPLETED,
	JOB_FAILED,
	JOB_TIMEOUT,
	JOB_CANCELLED,
	JOB_ERROR, /* the request failed; job->error says if it may have run */
};

/* What became of a request that failed. */
enum job_failure {
	JOB_REFUSED,  /* the API answered that it did not run */
	JOB_NOT_SENT, /* it did not run */
	JOB_UNKNOWN,  /* sent, and no answer: it may have run */
	JOB_LOST,     /* it ran, or runs, and its result was lost */
	JOB_UNSTORED, /* its result is in memory: see job->unstored */
};

enum job_output { JOB_STDOUT, JOB_STDERR, JOB_OUTPUTS };

struct file;
struct handle;
struct run;

struct job_artifact {
	char *name;
	uint64_t size;
	bool is_program; /* which this machine, or one like it, can execute */
};

struct job {
	TAILQ_ENTRY(job) link;			  /* in jobs->all */
	TAILQ_ENTRY(job) ended;			  /* in jobs->ended */
	TAILQ_ENTRY(job) recorded;		  /* in jobs->recordings */
	UT_hash_handle by_number, by_id, of_file; /* fs/jobs/job_index.c */

	uint64_t number; /* serial, never reused: names the files on disk */
	char *key;	 /* its inode numbers are derived from it: "nNUMBER",
			    or "@ID" of a foreign job */
	char *id;	 /* the API's; NULL: not known yet */
	bool is_foreign, is_async, is_stored, is_removed;
	bool is_unlisted;   /* foreign, and not in the API's last list */
	uint64_t list_mark; /* jobs->list_mark when it was listed last */
	bool is_detached;   /* replaced by a newer run: removed when unused */
	int commit_err;	    /* the program or a record could not be stored:
			       -errno */
	struct run *run;    /* until its request is answered */
	char *path;	    /* of the file when it was saved: see run_path */
	char *session;	    /* whose recording it is (fs/jobs/recording.h):
			       nothing ran then; NULL: none */
	json_t *unstored;   /* an answer that comes once, and that the disk
			       has had no room for; NULL: none */
	bool is_syncing;  /* its program and first record are not on disk yet */
	unsigned writing; /* writes of its record that threads have */
	bool is_rewritten; /* it changed meanwhile */
	bool was_accepted; /* by the API */
	bool has_ended;	   /* it is in jobs->ended */
	bool has_detail;   /* has had an answer that was not a list's item */

	enum job_status status;
	int err;	   /* of JOB_ERROR: -errno */
	bool may_have_run; /* of JOB_ERROR */
	char *error;	   /* the API's reason; NULL: no error */
	json_t *fields; /* read by job_fields(); text of a record if they were
			   not read yet */
	struct timespec created, changed;
	struct timespec sent; /* its request; 0: not in this mount's life */

	uint64_t file; /* number of the file it belongs to; 0: none */
	uint64_t born; /* when that file was created: see file_born */
	bool has_file; /* jobs_tie has found that file */
	uint64_t code_size;
	bool has_code;
	uint64_t output_size[JOB_OUTPUTS];
	uint64_t answer_size; /* of job.json */
	unsigned apart;	 /* a bit for each member of job.json that is not in the
			    answer's file: see fs/jobs/job_json.c */
	uint64_t hash;	 /* of output and job.json, in a record that is synced
			    beside them; 0: they were synced before it */
	uint64_t wanted; /* room for a result that did not fit; 0: it did */
	struct job_artifact *artifacts;
	size_t artifact_count;
	size_t artifact_found; /* where the last one that was asked for is */
	json_t *hidden; /* object: files of a finished job that rm removed */

	struct op_list waiters; /* woken at every change */
	struct timer settle;	/* debounces a file that may be temporary */
	struct api_call *call;
	struct core *core;
	unsigned holds;

	/* Of fs/jobs/poller.c. */
	TAILQ_ENTRY(job) active; /* in the poller's list */
	bool is_active, is_pollable, is_watched;
	unsigned watchers;	  /* readers that wait for it */
	unsigned watching_output; /* of those, for more output */
	struct timer asked;	  /* armed: a reader asked without waiting */
	uint64_t submitted_ms, known_ms; /* the time of its known state */
	uint64_t listed_ms; /* when the poll that listed it last was sent */
	uint64_t again_ms;  /* it was asked for in vain: not before; or 0 */
	unsigned polls, not_found, poll_failures;
	uint64_t took_ms; /* how long it ran, if it printed only at its end; 0:
			     unknown */
	uint64_t expected_ms,
		expected_size; /* of the file's previous run; 0: none */
	int poll_err;
	bool is_ending;	 /* the recorder is storing its result */
	bool is_storing; /* the recorder is storing an answer */

	struct poll_handle *polls_waiting;
};

TAILQ_HEAD(job_list, job);

/* core->jobs owns all jobs; what these return and take is borrowed. */

/* A new pending job with the next number, or with a number that no job has;
 * NULL if out of memory. */
struct job *job_new(struct core *core);
struct job *job_new_numbered(struct core *core, uint64_t number);
/* The job with this id; a new foreign one if there is none. NULL if out of
 * memory. */
struct job *job_foreign(struct core *core, const char *id);

/* NULL if there is none. */
struct job *job_by_key(struct core *core, const char *key);
struct job *job_by_id(struct core *core, const char *id);
struct job *job_by_number(struct core *core, uint64_t number);

/* Sets the API's id (copied). Of two jobs with one id, job_by_id finds the
 * first. -ENOMEM: the job has no id, or is not found by it. */
int job_set_id(struct job *job, const char *id);

/* For fs/jobs/job.c and fs/jobs/jobs.c: once for each job, when it is created
 * and when it is removed; -ENOMEM. */
int job_index_add(struct job *job);
void job_index_remove(struct job *job);
/* Makes it the job of the file with this number (0: of no file). job_of_file no
 * longer finds the file's previous job. -ENOMEM. */
int job_set_file(struct job *job, uint64_t number);

/* Writes the name of its directory in jobs/ as snprintf does: the id, else
 * "local-NUMBER". */
int job_name(const struct job *job, char *name, size_t room);

bool job_is_final(const struct job *job);
/* Why a job that is not final cannot be removed, for people. */
extern const char job_is_busy[];
const char *job_status_word(enum job_status status);
/* JOB_RUNNING for NULL, and for a word that the API does not document. */
enum job_status job_status_of(const char *word);

/* The newest job of a file, by the file's number; NULL: none. */
struct job *job_of_file(struct core *core, uint64_t number);
/* Makes it the newest job of this file; removes the previous one, unless jobs/
 * shows it. If out of memory, the file has no job. */
void job_attach(struct job *job, struct file *file);
/* Call it when the file was removed, or got another job. */
void job_detach(struct job *job);
/* Call it when a name of its directory has gone, or stands for another job. The
 * operation must settle (fs/core/notifier.h) before it replies. */
void job_expire(const struct job *job);
/* The same for the job of a file, if it has one; number 0: no file. */
void job_of_file_expire(struct core *core, uint64_t number);

/* A reference count; a removed job is freed when it drops to zero. */
void job_hold(struct job *job);
void job_drop(struct job *job);

/* The job changed: wakes its waiting operations and poll(2)s. */
void job_notify(struct job *job);

/* What became of a request that was answered with err. status: of the answer,
 * 0: there was none. */
enum job_failure job_failure(bool was_sent, int status, int err);

/* Ends the job as JOB_ERROR, with -errno and the reason (borrowed), and stores
 * that. The job's error then says what became of the request. */
void job_fail(
	struct job *job, int err, enum job_failure failure, const char *reason);

/* Writes the record durably, by the recorder, then wakes what waits for the
 * job. A final status is shown from then on; is_stored is false until then. */
void job_keep(struct job *job, enum job_status status);
/* Makes a record durable, by the recorder; it is taken. */
void job_keep_record(struct job *job, char *record, size_t len);

/* ---- jobs_keep.c ---- */

/* The job's status is final now: wakes what waits for it, and removes the
 * oldest ended jobs over keep_jobs, soon. */
void job_ended(struct job *job);
/* Adds it to jobs->ended as the newest, or removes it from there. */
void job_list_ended(struct job *job);
void job_unlist_ended(struct job *job);
/* If there is room now, fetches a result that did not fit on the disk again, or
 * stores it if it is still in memory. */
bool job_ask_again(struct job *job);

/* ---- job_fields.c ---- */

/* The last answer without output and artifacts, and what this mount knows
 * itself: an object, borrowed. NULL if there is none, or if out of memory. */
json_t *job_fields(struct job *job);

/* Notes what this mount knows: a field of the API that no answer has given yet.
 * value is taken; NULL: nothing is known. Out of memory: it stays unknown. */
void job_know(struct job *job, const char *name, json_t *value);
void job_know_sent(struct job *job);
/* Adds to an answer the fields that this mount knows and the answer lacks;
 * -ENOMEM. */
int job_inherit(struct job *job, json_t *answer);

/* Takes an answer of the API: a result, a state, or part of the output. json is
 * borrowed, and spool, which may be NULL. The recorder stores it; the status
 * changes when it is on disk. If out of memory the job fails, and may be freed.
 */
void job_answer(struct job *job, json_t *json, struct spool *spool,
	enum job_status status);

/* Reads the state of a job from an answer of its own: by its status, else by
 * its exit code, else by its output. An answer with none of them that names a
 * job means that the job is running. -EPROTO: it has none of all these. */
int job_judge(const json_t *answer, enum job_status *status);
/* Whether an answer tells how a job ended, or what it printed. */
bool job_has_result(const json_t *answer);

/* Removes the job, its files and its names; job_discard leaves it to the caller
 * to call jobs_touch. */
void job_discard(struct job *job);
void job_remove(struct job *job);
/* Removes the job, but leaves its files. */
void job_forget(struct job *job);

/* Frees artifacts and their names; takes NULL with count 0. */
void job_artifacts_free(struct job_artifact *artifacts, size_t count);

/* ---- job_json.c ---- */

/* Whether job.json is not an answer that was stored: there is none, or the job
 * failed after it. job_json is its text then, owned by the caller, free();
 * NULL: out of memory. */
bool job_has_own_json(const struct job *job);
char *job_json(struct job *job, size_t *len);

/* Makes handle read a job.json whose output is apart. Gives op, which has no
 * other task, one: returns -EINPROGRESS, and 0 when op is run again; -errno. */
int job_json_open(struct op *op, const struct job *job, struct handle *handle);

/* ---- job_reader.c ---- */

/* Parks op until the job's next change, and counts as a reader for the poller.
 * Holds the job meanwhile. Returns -EINPROGRESS. */
int job_wait(struct op *op, struct job *job, bool wants_output);
/* What was saved is on disk, or nobody needs it any more. */
bool job_is_kept(const struct job *job);
/* A close waits until the saved content is on disk, and for the answer to a
 * submission, or up to run_wait for a run, so that it can report an error.
 * settles: only for the disk. 0, -EINPROGRESS, -errno. */
int job_wait_saved(struct op *op, struct job *job, bool settles);

/* Makes handle read a job's output: a read at the end of it waits for more,
 * until the job ends. The handle holds the job. 0, or -errno of opening the
 * file. */
int job_reader_open_output(
	struct handle *handle, struct job *job, enum job_output output);

/* Makes handle read the row's content as it is when the job has ended; the
 * first read waits for that. The handle holds the job. */
void job_reader_open_result(struct handle *handle, struct job *job);
/* The same for its directory, which may be read while the file runs again. */
void job_reader_open_directory(struct handle *handle, struct job *job);

/* The events of a handle that is ready when the job has ended. poll is taken,
 * and may be NULL. */
unsigned job_poll(struct job *job, struct fuse_pollhandle *poll);

/* Ends the poll(2)s that wait for the job to change. clear does not notify the
 * kernel: the session has ended. */
void job_polls_notify(struct job *job);
void job_polls_clear(struct job *job);

#endif
