/* SPDX-License-Identifier: MIT */
/* fs/jobs/job_reader.c - reading a job's output while it runs */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdlib.h>

#include "fs/core/core.h"
#include "fs/jobs/jobs.h"

static void unwait_end(struct op *op)
{
	poller_unwatch(op->awaits, false);
	job_drop(op->awaits);
}

static void unwait_output(struct op *op)
{
	poller_unwatch(op->awaits, true);
	job_drop(op->awaits);
}

int job_wait(struct op *op, struct job *job, bool wants_output)
{
	if (!op->unwait) {
		job_hold(job);
		poller_watch(job, wants_output);
	}
	return op_wait_counted(op, &job->waiters,
		wants_output ? unwait_output : unwait_end, job);
}

bool job_is_kept(const struct job *job)
{
	return !job->is_syncing &&
		(job->is_stored || job_is_final(job) || job->is_removed);
}

int job_wait_saved(struct op *op, struct job *job, bool settles)
{
	const struct run *run = job->run;
	bool is_queued = run && !run->is_sent;

	if (job->commit_err)
		return job->commit_err;
	if (!job_is_kept(job))
		return op_wait(op, &job->waiters);
	if (job->status == JOB_ERROR)
		return job->err;
	if (settles || job_is_final(job) || job->is_removed ||
		(job->is_async && job->was_accepted))
		return 0;
	op_deadline(op, op->core->now_ms + op->core->options->run_wait_ms);
	if (op->is_late && (!job->is_async || is_queued))
		return 0;
	/* Once it has an id, only polls tell of its end. */
	return job->id ? job_wait(op, job, false) : op_wait(op, &job->waiters);
}

/* cp -r, grep -r and others that walk a tree open files with O_NOFOLLOW: they
 * get the output so far, and neither wait nor fail. */
static int wait_for_job(struct op *op, struct job *job, bool wants_output)
{
	if (op->fi.flags & O_NOFOLLOW)
		return op_reply_buf(op, NULL, 0);
	if (op->fi.flags & O_NONBLOCK) {
		poller_asked(job);
		return -EAGAIN;
	}
	if (poller_has_given_up(job))
		return job->poll_err;
	return job_wait(op, job, wants_output);
}

static int output_read(struct op *op)
{
	struct handle *handle = op->handle;
	struct job *job = handle->job;
	uint64_t size = job->output_size[handle->output];

	if (job->status == JOB_ERROR && !(op->fi.flags & O_NOFOLLOW))
		return job->err;
	if ((uint64_t)op->offset < size && handle->fd < 0)
		handle->fd = job_open_output(job, handle->output);
	if ((uint64_t)op->offset < size && handle->fd >= 0) {
		handle->read_to = (uint64_t)op->offset + op->size;
		if (handle->read_to > size)
			handle->read_to = size;
		size_t room = size - op->offset;
		return op_reply_fd(
			op, handle->fd, op->size < room ? op->size : room);
	}
	if (job_is_final(job) || job->is_removed)
		return op_reply_buf(op, NULL, 0);
	return wait_for_job(op, job, true);
}

/* The first read after the end takes the snapshot. */
static int result_read(struct op *op)
{
	struct handle *handle = op->handle;
	struct job *job = handle->job;

	if (!handle->text) {
		if (!job_is_final(job) && !job->is_removed)
			return wait_for_job(op, job, false);
		if (job->status == JOB_ERROR)
			return op->fi.flags & O_NOFOLLOW
				? op_reply_buf(op, NULL, 0)
				: job->err;
		const json_t *value =
			json_member(job_fields(job), handle->node->row->member);
		if (!value)
			return op_reply_buf(op, NULL, 0);
		int err = value_content(value, &handle->text, &handle->len);
		if (err)
			return err;
	}
	return handle_reply_text(op, handle->text, handle->len);
}

static void job_close(struct core *core, struct handle *handle)
{
	(void)core;
	job_drop(handle->job);
}

/* ---- poll(2) ---- */

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

static void take_polls(struct job *job, void (*take)(struct fuse_pollhandle *))
{
	struct poll_handle *waiting;

	while ((waiting = job->polls_waiting)) {
		job->polls_waiting = waiting->next;
		take(waiting->handle);
		free(waiting);
		poller_unwatch(job, true);
	}
}

void job_polls_notify(struct job *job)
{
	take_polls(job, notify);
}

void job_polls_clear(struct job *job)
{
	take_polls(job, fuse_pollhandle_destroy);
}

unsigned job_poll(struct job *job, struct fuse_pollhandle *poll)
{
	if (job_is_final(job) || job->is_removed)
		return handle_poll_ready(poll);
	poller_asked(job);
	struct poll_handle *waiting = poll ? malloc(sizeof(*waiting)) : NULL;
	if (waiting) {
		*waiting = (struct poll_handle){ job->polls_waiting, poll };
		job->polls_waiting = waiting;
		poller_watch(job, true);
	} else if (poll) {
		notify(poll); /* out of memory: it asks again */
	}
	return POLLOUT | POLLWRNORM;
}

static unsigned result_poll(
	struct core *core, struct handle *handle, struct fuse_pollhandle *poll)
{
	(void)core;
	return job_poll(handle->job, poll);
}

/* The kernel does not tell the reader's offset: output is ready when there is
 * more than the last read returned, or when the job has ended. */
static unsigned output_poll(
	struct core *core, struct handle *handle, struct fuse_pollhandle *poll)
{
	struct job *job = handle->job;

	if (job->output_size[handle->output] > handle->read_to)
		return handle_poll_ready(poll);
	return result_poll(core, handle, poll);
}

/* ---- opening ---- */

static const struct handle_kind output_kind = {
	.read = output_read,
	.poll = output_poll,
	.close = job_close,
};

static const struct handle_kind result_kind = {
	.read = result_read,
	.poll = result_poll,
	.close = job_close,
};

int job_reader_open_output(
	struct handle *handle, struct job *job, enum job_output output)
{
	int fd = job_open_output(job, output);

	/* Before there is output, opening creates no file, so that a full disk
	 * can be read. */
	if (fd < 0 && (fd != -ENOENT || job->output_size[output]))
		return fd;
	handle->fd = fd;
	job_hold(job);
	handle->job = job;
	handle->output = output;
	handle->kind = &output_kind;
	return 0;
}

void job_reader_open_result(struct handle *handle, struct job *job)
{
	job_hold(job);
	handle->job = job;
	handle->kind = &result_kind;
}

static int directory_read(struct op *op)
{
	(void)op;
	return -EISDIR;
}

static const struct handle_kind directory_kind = {
	.read = directory_read,
	.close = job_close,
};

void job_reader_open_directory(struct handle *handle, struct job *job)
{
	job_hold(job);
	handle->job = job;
	handle->kind = &directory_kind;
}
