/* SPDX-License-Identifier: MIT */
/* fs/jobs/run.h - from saved content to a request that is sent once */
#ifndef FS_JOBS_RUN_H
#define FS_JOBS_RUN_H

#include "fs/files/files.h"
#include "fs/jobs/dir_kind.h"
#include "fs/jobs/job.h"

/*
 * A run goes through these hands, each once:
 *
 *   run_new      loop    the job, and what the request will be made of
 *   run_prepare  worker  content, program copy and job record onto the disk;
 *                        the request's body
 *   run_queue    loop    when what may be a temporary file has settled, and
 *                        when the key allows another run
 *   (sent)       loop    by the client
 *   job_answer   worker  the result onto the disk
 */

/* The most that one request carries. */
#define RUN_INPUT_MAX ((size_t)256 << 20)

struct run {
	TAILQ_ENTRY(run) link; /* in the queue, until it is sent */
	struct core *core;
	struct job *job; /* held */
	const struct dir_kind *kind;
	struct file *file; /* that it was saved in; held */
	struct file *dir;  /* frozen while the worker reads; NULL: not */
	struct file_commit *commit;

	/* What the worker may see. */
	const struct state *state;
	int program_fd;	  /* -1: there is no program */
	int dir_fd;	  /* of its input files; -1: it has none */
	bool takes_all;	  /* see dir_kind_takes_all */
	char *name;	  /* of the program */
	char *id;	  /* of the resource it runs in */
	json_t *settings; /* name -> value, what was set */
	char *record;
	size_t record_len;

	/* What the worker makes. */
	uint64_t turn; /* in the queue */
	int err;
	bool is_commit_error; /* the content itself could not be kept */
	char why[256];
	enum api_endpoint endpoint;
	struct api_param query[8];
	char *query_text[8]; /* owns the query's values */
	char *body;
	size_t body_len, code_size;
	/* Where the API has no such endpoint, this is tried. */
	enum api_endpoint other;
	char *other_body;  /* of the same length; NULL: there is no other */
	uint64_t grace_ms; /* that a request may take beside its run */
	uint64_t timeout_ms;

	bool is_queued, is_sent, settles;
	bool is_prepared;
	_Atomic bool is_dropped; /* the worker, too, looks at it */
};

TAILQ_HEAD(run_list, run);

struct runs {
	struct run_list queue; /* in the order of their saves */
	unsigned in_flight;    /* sent, and not answered */
	unsigned limit;	       /* runs at a time that the key allows; 0: any */
	unsigned room;	       /* how many were going when it said no; 0: any */
	uint64_t room_until_ms; /* when that is forgotten */
	uint64_t turns;
	struct timer timer;
	bool uses_other; /* the first path of sessions is not there */
};

/* A run of the program `file`, which stands under `name` in `dir`; opened is
 * NULL or a handle of it. The file's job becomes the new one. Sends nothing
 * yet. 0 or -errno. */
int run_start(struct core *core, struct file *dir, const char *name,
	struct file *file, struct file_opened *opened, bool settles,
	struct job **job);

/* What waits to settle is not going to run: the file was renamed or removed.
 * Its job goes. */
void run_unsettle(struct core *core, struct file *file);

/* It has its place in a queue, ours or the client's. */
bool run_is_waiting(const struct run *run);

/* A run that is waiting is not going to be sent. Frees it, now or when the
 * worker is done with it. Its job stays. */
void run_drop(struct run *run);

/* ---- run_queue.c ---- */

void runs_init(struct core *core);
/* Its turn comes behind those that were queued before it first was. */
void run_queue(struct run *run);
/* True where the API says that too many go on, and some of ours do: it is in
 * the queue again. */
bool run_wait_for_room(struct run *run, int err);
/* The API has taken a run and says what became of it: its job has a result,
 * or is followed; or it has failed, since the answer is none. */
void run_take_answer(struct job *job, json_t *json);

/* Sends what the key allows. */
void runs_send(struct core *core);
/* Does so soon: a run may have ended. */
void runs_wake(struct core *core);

/* ---- run.c ---- */

/* Takes it from the queue and sends it: for the queue. */
void run_send(struct run *run);
void runs_clear(struct core *core);

/* Stops a job: one that is queued is dropped, one that the API knows is
 * cancelled there. Run again until it is done. */
int run_cancel(struct op *op, struct job *job);

/* Builders of requests. */
int run_build_execute(struct run *run, const char *content, size_t len);
int run_build_service_command(struct run *run, const char *content, size_t len);
int run_build_session_command(struct run *run, const char *content, size_t len);
/* ---- run_files.c ---- */

/* What the worker is to read; the directory is frozen until run_files_thaw. */
int run_files_open(struct run *run, struct file *dir, struct file *program);
void run_files_thaw(struct run *run);
/* For the worker: copies the program to jobs/NUMBER.code, durably. */
int run_files_copy(const struct run *run, uint64_t number);
/* The whole program; *len 0 where there is none. Owned by the caller. */
int run_files_read(const struct run *run, char **content, size_t *len);
/* input_files of the run, where it has some. -EFBIG is told in run->why. */
int run_put_inputs(struct run *run, json_t *body);
bool run_has_inputs(struct run *run);
/* The value that was set, or NULL. */
const json_t *run_setting(const struct run *run, const char *name);

#endif
