/* SPDX-License-Identifier: MIT */
/* fs/jobs/recording.h - the recordings of sessions that have ended */
#ifndef FS_JOBS_RECORDING_H
#define FS_JOBS_RECORDING_H

#include "fs/jobs/job.h"

/*
 * The API gives the recording of a session only once: in the answer to the
 * DELETE that ends it (api/API.md 4.11). So its record is on disk before the
 * DELETE is sent, the operation cannot be interrupted, and what does not fit on
 * the disk stays in memory. A recording is a job whose answer is that one: it
 * has artifacts, and is kept, loaded and removed in the same way, but no list
 * of jobs shows it.
 */

/* The recording of the session with this id; NULL: there is none. */
struct job *recording_of(struct core *core, const char *id);
/* Whether the session has ended for certain: the answer was received. */
bool recording_is_whole(const struct job *job);

/* Makes the job the recording of this session (id is copied). -ENOMEM. */
int recording_add(struct job *job, const char *id);
/* The job is no longer a recording. */
void recording_remove(struct job *job);

/* Ends a session and keeps its recording, in slot 0 of op: 0, -EINPROGRESS, or
 * -errno: it was not ended, or its recording is not on disk. Sets *is_gone if
 * it has ended. */
int recording_end(struct op *op, const char *id, bool *is_gone);

/* Stores a recording that is only in memory, if there is room now. 0, also if
 * the job is no recording; -EINPROGRESS; -errno: there is no room. */
int recording_settle(struct op *op, struct job *job);

#endif
