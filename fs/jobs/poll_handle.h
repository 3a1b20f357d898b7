/* SPDX-License-Identifier: MIT */
/* fs/jobs/poll_handle.h - poll(2)s that wait for a job to change */
#ifndef FS_JOBS_POLL_HANDLE_H
#define FS_JOBS_POLL_HANDLE_H

#include "fs/jobs/job.h"

struct fuse_pollhandle;

/* handle (taken) is notified once, when the job changes; now, if out of
 * memory. */
void poll_handle_add(struct job *job, struct fuse_pollhandle *handle);
void poll_handles_notify(struct job *job);

/* Frees them without a notification: the session has ended. */
void poll_handles_clear(struct job *job);

#endif
