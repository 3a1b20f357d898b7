/* SPDX-License-Identifier: MIT */
/* fs/jobs/jobs.h - all jobs of a mount; includes the other headers of this room
 */
#ifndef FS_JOBS_JOBS_H
#define FS_JOBS_JOBS_H

#include "fs/jobs/catalog.h"
#include "fs/jobs/dir_kind.h"
#include "fs/jobs/ghost.h"
#include "fs/jobs/job.h"
#include "fs/jobs/job_store.h"
#include "fs/jobs/locate.h"
#include "fs/jobs/poller.h"
#include "fs/jobs/project.h"
#include "fs/jobs/recording.h"
#include "fs/jobs/run.h"

struct jobs {
	struct runs runs;
	struct poller poller;
	struct job_list all;	    /* oldest first; owned */
	struct job_list ended;	    /* own asynchronous ones, in that order */
	struct job_list recordings; /* of sessions that have ended, or do */
	unsigned ended_count;
	struct timer trim;     /* removes those over keep_jobs */
	bool is_loaded;	       /* all of the state directory was read */
	uint64_t next_number;  /* above every number that was ever used */
	struct job *by_number; /* hash tables, see fs/jobs/job_index.c */
	struct job *by_id;
	struct job *by_file;
	struct timespec changed; /* when the listing of jobs/ last changed */
	json_t *forgotten;  /* object: ids of jobs that were removed here */
	json_t *aliases;    /* object: name (json_from_bytes) -> job number */
	uint64_t latest;    /* number of the asynchronous job that was saved
			       last, accepted or not; 0: none */
	uint64_t list_mark; /* fetched_ms of the API's last list */
	struct ghost_list ghosts;
	uint64_t noted; /* the project that the log mentioned last */
};

/* Makes *jobs empty and sets core->jobs to it; no error. */
void jobs_init(struct jobs *jobs, struct core *core);

/* Reads aliases and removed ids. If the file is damaged, they are lost.
 * -ENOMEM, -EMFILE, -ENFILE. */
int jobs_read_names(struct core *core);

/* Frees all jobs; their files stay. Stores the names, if all was read. */
void jobs_clear(struct core *core);

/* The listing of jobs/ changed: notes the time and stores the names. */
void jobs_touch(struct core *core);

/* Gives a job a second name in jobs/, of any bytes; it replaces an alias of the
 * same name. -ENOMEM. Dropping an alias that does not exist does nothing. */
int jobs_set_alias(struct core *core, const char *alias, const struct job *job);
/* The job that an alias leads to; NULL: there is no such alias. */
struct job *jobs_alias(struct core *core, const char *alias);
void jobs_drop_alias(struct core *core, const char *alias);

/* Removes all names of a job that is being removed. */
void jobs_unname(struct core *core, const struct job *job);

/* Hides a job that was removed here, while the API still lists it. Remembers
 * the last 1,000 ids. If out of memory, the job may show up again. */
void jobs_forget(struct core *core, const char *id);
bool job_is_forgotten(const struct core *core, const char *id);

/* ---- jobs_load.c ---- */

/* Reads the state directory. All files of a job whose record is damaged are
 * put aside as damaged-NAME; a run without a result becomes JOB_ERROR, or is
 * polled if the API has accepted it as a job. -ENOMEM, -EMFILE, -ENFILE: not
 * all was read; call jobs_clear. */
int jobs_load(struct core *core);

/* ---- jobs_tie.c ---- */

/* Call it after jobs_load: gives each file that still exists its newest job,
 * and removes all other jobs of files. -ENOMEM. */
int jobs_tie(struct core *core);

/* ---- jobs_keep.c ---- */

/* Call it after all jobs were loaded: fills `ended`, in the order in which they
 * ended. -ENOMEM. */
int jobs_list_ended(struct core *core);

/* ---- jobs_list.c ---- */

/* Whether an id of the API may be a name in jobs/. */
bool job_id_is_name(const char *id);

/* The job with this name in jobs/, aliases apart; NULL if there is none. */
struct job *jobs_lookup(struct core *core, const char *name);

/* Adds and removes foreign jobs by the API's list (borrowed), which was fetched
 * at fetched_ms. Does nothing if it was called for that list before. */
void jobs_read_list(struct core *core, const json_t *json, uint64_t fetched_ms);

/* The id of an item of the list, borrowed; NULL if it has none. */
const char *job_item_id(const json_t *item);
enum job_status job_item_status(const json_t *item);

#endif
