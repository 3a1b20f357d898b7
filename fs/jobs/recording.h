/* SPDX-License-Identifier: MIT */
/* fs/jobs/recording.h - the recordings of sessions that have ended */
#ifndef FS_JOBS_RECORDING_H
#define FS_JOBS_RECORDING_H

#include "fs/jobs/job.h"

/*
 * The API gives the recording of a session once: in the answer to the DELETE
 * that ends it (api/API.md 4.11). So its record is on disk before that is sent,
 * the operation cannot be interrupted, and what does not fit on the disk stays
 * in memory. A recording is a job whose answer is that one: it has artifacts,
 * and is kept, loaded and removed in the same way, but no list of jobs shows
 * it.
 */

/* The recording of the session with this id; NULL: there is none. */
struct job *recording_of(struct core *core, const char *id);
/* Whether the session has surely ended: its answer came. */
bool recording_is_whole(const struct job *job);

/* The job is the recording of this session (copied). -ENOMEM. */
int recording_add(struct job *job, const char *id);
/* It is none any more. */
void recording_remove(struct job *job);

/* Ends a session and keeps its recording, in slot 0 of op: 0, -EINPROGRESS, or
 * why it was not ended, or why its recording is not on disk. *is_gone is set
 * if it has ended. */
int recording_end(struct op *op, const char *id, bool *is_gone);

/* Stores what is in memory alone, if there is room now. 0, also of a job that
 * is no recording; -EINPROGRESS; -errno: there is none. */
int recording_settle(struct op *op, struct job *job);

#endif
