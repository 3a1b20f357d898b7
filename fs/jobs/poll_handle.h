/* SPDX-License-Identifier: MIT */
/* fs/jobs/poll_handle.h - who is to be told, by poll(2), that a job moved */
#ifndef FS_JOBS_POLL_HANDLE_H
#define FS_JOBS_POLL_HANDLE_H

#include "fs/jobs/job.h"

struct fuse_pollhandle;

/* The kernel is told once when the job moves. handle is taken. */
void poll_handle_add(struct job *job, struct fuse_pollhandle *handle);
void poll_handles_notify(struct job *job);
void poll_handles_clear(struct job *job);

#endif
