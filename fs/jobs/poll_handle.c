/* SPDX-License-Identifier: MIT */
/* fs/jobs/poll_handle.c - poll(2)s that wait for a job to change */
#include "fs/jobs/poll_handle.h"

#include <stdlib.h>

#include "fs/core/core.h"
#include "fs/jobs/jobs.h"

struct poll_handle {
	struct poll_handle *next;
	struct fuse_pollhandle *handle;
};

/* FUSE_NOTIFY_POLL takes no lock of the kernel's tree, so, unlike the other
 * notifications, it may be sent from the loop. */
static void notify(struct fuse_pollhandle *handle)
{
	fuse_lowlevel_notify_poll(handle);
	fuse_pollhandle_destroy(handle);
}

void poll_handle_add(struct job *job, struct fuse_pollhandle *handle)
{
	struct poll_handle *waiting = malloc(sizeof(*waiting));

	if (!waiting) {
		notify(handle);
		return;
	}
	waiting->handle = handle;
	waiting->next = job->polls_waiting;
	job->polls_waiting = waiting;
	poller_watch(job, true);
}

static void take_all(struct job *job, void (*take)(struct fuse_pollhandle *))
{
	struct poll_handle *waiting;

	while ((waiting = job->polls_waiting)) {
		job->polls_waiting = waiting->next;
		take(waiting->handle);
		free(waiting);
		poller_unwatch(job, true);
	}
}

void poll_handles_notify(struct job *job)
{
	take_all(job, notify);
}

void poll_handles_clear(struct job *job)
{
	take_all(job, fuse_pollhandle_destroy);
}
