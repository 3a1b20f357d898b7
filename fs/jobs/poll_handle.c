/* SPDX-License-Identifier: MIT */
/* fs/jobs/poll_handle.c - who is to be told, by poll(2), that a job moved */
#include "fs/jobs/poll_handle.h"

#include <stdlib.h>

#include "fs/core/core.h"
#include "fs/jobs/jobs.h"
#include "fs/jobs/poller.h"

struct poll_handle {
	struct poll_handle *next;
	struct fuse_pollhandle *handle;
};

void poll_handle_add(struct job *job, struct fuse_pollhandle *handle)
{
	struct poll_handle *waiting = malloc(sizeof(*waiting));

	if (!waiting) {
		fuse_lowlevel_notify_poll(handle); /* it may look again */
		fuse_pollhandle_destroy(handle);
		return;
	}
	waiting->handle = handle;
	waiting->next = job->polls_waiting;
	job->polls_waiting = waiting;
	poller_watch(job, true);
}

/* FUSE_NOTIFY_POLL takes no lock of the kernel's tree, so that, unlike the
 * other notifications, it may be sent from the loop. */
void poll_handles_notify(struct job *job)
{
	while (job->polls_waiting) {
		struct poll_handle *waiting = job->polls_waiting;
		job->polls_waiting = waiting->next;
		fuse_lowlevel_notify_poll(waiting->handle);
		fuse_pollhandle_destroy(waiting->handle);
		free(waiting);
		poller_unwatch(job, true);
	}
}

void poll_handles_clear(struct job *job)
{
	while (job->polls_waiting) {
		struct poll_handle *waiting = job->polls_waiting;
		job->polls_waiting = waiting->next;
		fuse_pollhandle_destroy(waiting->handle);
		free(waiting);
	}
}
