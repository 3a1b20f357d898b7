/* SPDX-License-Identifier: MIT */
/* fs/jobs/run.h - from saved content to a request that is sent once */
#ifndef FS_JOBS_RUN_H
#define FS_JOBS_RUN_H

#include "fs/files/files.h"
#include "fs/jobs/dir_kind.h"
#include "fs/jobs/job.h"

/*
 * The steps of a run, each done once:
 *
 *   run_start    loop    creates the job
 *   run_begin    loop    opens what the request is made of; that of a project
 *                        when nothing in it was written for a while
 *   run_build    worker  writes program copy and job record, makes the request
 *   run_sync     worker  makes them and the saved content durable, while the
 *                        request is sent
 *   run_queue    loop    when it is no longer debounced, and when the key
 *                        allows another run
 *   (sent)       loop    by the API client
 *   job_answer   recorder  writes the result to disk
 *
 * A close waits until all is on disk. The request does not: it is sent once a
 * kill cannot make the next start forget that the program may have run.
 */

/* The most that one request may carry. */
#define RUN_INPUT_MAX ((size_t)256 << 20)

/* Which files of its directory a run takes along. */
enum run_takes {
	RUN_TAKES_NONE,
	RUN_TAKES_DATA,	      /* what does not run, in the directory itself */
	RUN_TAKES_DATA_BELOW, /* and everything below it */
	RUN_TAKES_ALL,	      /* everything but the program, also below */
};

struct run_input {
	char *path;
	size_t size;
};

enum { RUN_QUERY_MAX = 8 };

struct run {
	TAILQ_ENTRY(run)
	link; /* in runs.queue until it is sent; before that in runs.projects,
		 while it may still be copied */
	struct core *core;
	struct job *job; /* held */
	const struct dir_kind *kind;
	struct file *file;     /* that was saved; held */
	struct file *root;     /* the directory of its input files; held */
	struct file *frozen;   /* the same, while the worker reads; NULL: not */
	struct run_sync *sync; /* until it is built */

	/* For the worker, which uses only state and options of core. */
	int program_fd; /* -1: there is no program */
	int dir_fd;	/* of the root; -1: no input files are taken */
	enum run_takes takes;
	char *name;	  /* of the program: its path below the root */
	char *id;	  /* of the resource it runs in; "": none */
	json_t *settings; /* name -> value, what was set */
	char *record;
	size_t record_len;

	/* Results of the worker. */
	int err;
	char why[512];	   /* of err; "": strerror's text */
	char largest[300]; /* names the largest of several files; or "" */
	struct run_input *inputs;
	size_t input_count;
	const char *language; /* borrowed; NULL: unknown */
	enum api_endpoint endpoint;
	struct api_param query[RUN_QUERY_MAX]; /* values are owned */
	char *body;
	size_t body_len, code_size;
	bool has_inputs; /* in the body */
	uint64_t timeout_ms;

	struct typing *typing; /* into a live shell; NULL: not typed */
	uint64_t turn;	       /* in the queue */
	bool is_copied;	       /* in runs.projects */
	bool is_begun, is_prepared, is_queued, is_sent, settles;
	_Atomic bool is_dropped; /* read by the worker, too */
};

TAILQ_HEAD(run_list, run);
TAILQ_HEAD(typing_list, typing);

struct runs {
	struct run_list queue; /* in the order of their saves */
	struct typing_list typings;
	struct run_list projects; /* whose files may still be copied */
	unsigned in_flight;	  /* sent, and not answered */
	unsigned limit; /* runs at a time that the key allows; 0: any */
	unsigned room; /* runs in progress at the API's last refusal; 0: none */
	uint64_t room_until_ms; /* when that is forgotten */
	uint64_t turn_ms;	/* nothing is sent before */
	uint64_t turns;
	struct timer timer;
	bool uses_shell; /* the API has no API_SESSION_EXECUTE */
	/* Nor API_SESSION_SHELL; or no API_SERVICE_EXECUTE: commands are typed.
	 */
	bool types_in_sessions, types_in_services;
};

/* ---- run.c ---- */

/* Creates a run of the program `file`, which is `name` in `dir`; opened is NULL
 * or a handle of it. The file's job becomes the new one. Sends nothing yet.
 * settles: it is debounced; the caller then makes a project's content durable.
 * 0 or -errno. */
int run_start(struct core *core, struct file *dir, const char *name,
	struct file *file, struct file_opened *opened, bool settles,
	struct job **job);

/* Whether it is a project's run that starts when the project has been copied.
 */
bool run_is_copied(const struct job *job);
/* A file or directory is written: projects that it is in wait longer. */
void runs_touch(struct core *core, const struct file *file);

/* If the file's run is debounced, drops it and removes its job: the file was
 * renamed or removed. */
void run_unsettle(struct file *file);

/* ---- run_prepare.c ---- */

/* Starts the steps that the worker does, and calls run_built when the first has
 * ended. opened: see run_start. 0 or -errno. */
int run_prepare(struct run *run, struct file_opened *opened);
/* The request is made, or run->err says why not. */
void run_built(struct run *run);

/* ---- run.c ---- */

/* Whether it is queued: here, in the API client, or for a live shell. */
bool run_is_waiting(const struct run *run);

/* Cancels a run that is waiting. Frees it, now or when the worker is done with
 * it. Its job stays. */
void run_drop(struct run *run);

void runs_clear(struct core *core);
void run_free(struct run *run);

/* ---- run_queue.c ---- */

void runs_init(struct core *core);
/* Queues a run. One that is queued again keeps its turn. */
void run_queue(struct run *run);
/* Queues the run again, and returns true, if the API says that too many runs
 * are in progress and some are ours, or if the key's rate left no time for it.
 */
bool run_wait_for_room(struct run *run, const struct api_answer *answer);

/* Sends what the key allows. */
void runs_send(struct core *core);
/* Calls runs_send soon, because a run may have ended. */
void runs_wake(struct core *core);

/* ---- run_answer.c ---- */

/* The api_done of a run, which is ctx: its job gets a result, is polled, or
 * fails. Frees the run, unless it is queued again. */
void run_answered(void *ctx, const struct api_answer *answer);
/* Gives the run's job this successful answer, borrowed; spool may be NULL. */
void run_take_answer(const struct run *run, json_t *json, struct spool *spool);

/* ---- run_type.c ---- */

/* Types the command of a run that was sent and refused into the live shell of
 * its session or service, one at a time, and gives its job the result. -ENOMEM,
 * -EIO: it is not typed. */
int run_type(struct run *run);
/* Whether the API is known to accept no such command by POST. */
bool run_is_typed(const struct run *run);
/* Whether the command may have run. */
bool typing_has_begun(const struct typing *typing);
/* The run is over: stops in the background what was typed for it. Frees typing,
 * at the latest when that has stopped. */
void typing_leave(struct typing *typing);
/* Takes NULL. */
void typing_free(struct typing *typing);
/* Frees all of them. Call it before api_free, when no run has one. */
void typings_clear(struct core *core);

/* ---- run_cancel.c ---- */

/* Stops a job: one that is queued is dropped, one that the API knows is
 * cancelled there. Run again until it is done. */
int run_cancel(struct op *op, struct job *job);

/* ---- run_again.c ---- */

/* Runs the job's file again, as another save of it would, and waits as its
 * close would. job NULL: it has gone, perhaps since the first call. Run again
 * until it is done. 0, -EINPROGRESS, -ENOENT: there is no such file, -errno. */
int run_again(struct op *op, struct job *job);
/* Where a file is, for finding it after a remount. Owned by the caller, free();
 * NULL: it has no name, or out of memory. */
char *run_path(const struct file *file);

/* ---- run_build.c, for the worker ---- */

/* Builders of requests: see struct dir_kind. */
int run_build_execute(struct run *run, const char *content, size_t len);
int run_build_service_command(struct run *run, const char *content, size_t len);
int run_build_session_command(struct run *run, const char *content, size_t len);
/* The value that was set, or NULL. */
const json_t *run_setting(const struct run *run, const char *name);

/* ---- run_files.c ---- */

/* Marks all descriptors as closed. */
void run_files_init(struct run *run);

/* Opens what the worker reads, and freezes the root until run_files_thaw.
 * 0 or -errno. */
int run_files_open(struct run *run, struct file *root, struct file *program);
/* Thaws the root, and frees the list of input files. */
void run_files_thaw(struct run *run);
/* For the worker: */
/* Copies the program to copy_fd. content: of run_files_read; NULL: it has
 * failed. */
int run_files_copy(
	const struct run *run, int copy_fd, const char *content, size_t len);
/* The whole program (*len 0 if there is none; owned by the caller), and the
 * names of the input files. -EFBIG, -EILSEQ, ...: run->why says which file. */
int run_files_read(struct run *run, char **content, size_t *len);
/* Checks that json_from_bytes had to escape no byte of string, which is taken.
 * 0, -EILSEQ, -ENOMEM. */
int run_check_utf8(json_t *string);
/* Adds the member input_files to body, if there are any. */
int run_put_inputs(struct run *run, json_t *body);

#endif
