/* SPDX-License-Identifier: MIT */
/* fs/ops/handle.c - an open file or directory */
#include "fs/ops/handle.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "fs/jobs/job_store.h"
#include "fs/mount/mount.h"
#include "fs/jobs/poll_handle.h"
#include "fs/resources/service_log.h"
#include "fs/core/row.h"
#include "fs/ops/open_descriptors.h"

struct handle *handle_new(
	struct op *op, struct node *node, struct spool_inode *inode)
{
	struct handle *handle = calloc(1, sizeof(*handle));
	int access = op->fi.flags & O_ACCMODE;

	if (!handle)
		return NULL;
	handle->fd = -1;
	handle->node = node;
	handle->inode = inode;
	handle->is_writable = access == O_WRONLY || access == O_RDWR;
	handle->appends = op->fi.flags & O_APPEND;
	if (handle->is_writable)
		handle->opener = writer_process(op->pid);
	if (node)
		node->holds++;
	if (inode)
		spool_hold(inode);
	op->fs->handles++;
	TAILQ_INSERT_TAIL(&op->fs->open, handle, link);
	return handle;
}

static void handle_close_output(struct handle *handle)
{
	struct stream *stream = &handle->job->output[handle->output];

	if (--stream->users)
		return;
	close(stream->fd);
	stream->fd = -1;
}

void handle_free(struct fs *fs, struct handle *handle)
{
	if (handle->kind == HANDLE_OUTPUT && handle->job)
		handle_close_output(handle);
	if (handle->job)
		job_drop(handle->job);
	if (handle->fd >= 0)
		close(handle->fd);
	if (handle->log)
		service_log_close(fs, handle->log);
	if (handle->text)
		explicit_bzero(handle->text, handle->len);
	listing_clear(&handle->listing, fs->reader);
	free(handle->text);
	if (handle->is_user)
		handle->node->users--;
	if (handle->node)
		node_drop(&fs->nodes, handle->node);
	if (handle->inode)
		spool_drop(fs->spool, handle->inode);
	fs->handles--;
	TAILQ_REMOVE(&fs->open, handle, link);
	free(handle);
}

void handles_clear(struct fs *fs)
{
	struct handle *handle;

	while ((handle = TAILQ_FIRST(&fs->open)))
		handle_free(fs, handle);
}

struct handle *handle_of(const struct fuse_file_info *fi)
{
	return (struct handle *)(uintptr_t)fi->fh;
}

/*
 * What cannot change may stay in the page cache and needs no FLUSH at close.
 * What can change bypasses it: the snapshot of this handle is served, whatever
 * the kernel remembers of the size.
 */
void handle_fill(
	const struct handle *handle, struct fuse_file_info *fi, bool is_final)
{
	fi->fh = (uintptr_t)handle;
	fi->noflush = !handle->is_writable;
	if (handle->kind == HANDLE_SPOOL) {
		fi->direct_io = spool_is_secret(handle->inode);
		fi->keep_cache = !fi->direct_io;
		return;
	}
	fi->keep_cache = is_final;
	fi->direct_io = !is_final;
}

int handle_open_output(
	struct handle *handle, struct job *job, enum job_output output)
{
	struct stream *stream = &job->output[output];

	if (!stream->users) {
		int fd = job_open_file(&job->fs->state, job->number,
			output == JOB_STDOUT ? "stdout" : "stderr",
			O_RDWR | O_CREAT);
		if (fd < 0)
			return fd;
		stream->fd = fd;
	}
	stream->users++;
	job_hold(job);
	handle->job = job;
	handle->output = output;
	handle->kind = HANDLE_OUTPUT;
	return 0;
}

static int reply_slice(struct op *op, const char *text, size_t len)
{
	size_t from = (size_t)op->offset < len ? (size_t)op->offset : len;
	size_t size = op->size < len - from ? op->size : len - from;

	return op_reply_buf(op, text + from, size);
}

static int reply_file(struct op *op, int fd, size_t size)
{
	char *bytes = malloc(size ? size : 1);
	ssize_t n;

	if (!bytes)
		return -ENOMEM;
	n = pread(fd, bytes, size, op->offset);
	int err = n < 0 ? -errno : op_reply_buf(op, bytes, n);
	free(bytes);
	return err;
}

/*
 * Who walks a tree and opens what it finds, as grep -r does, asks for
 * O_NONBLOCK lest it hang in a FIFO, and for O_NOFOLLOW: it takes what there is
 * so far. Who means to come back for more has named the file, and is told
 * EAGAIN.
 */
static int wait_for_job(struct op *op, struct job *job, bool wants_output)
{
	if (op->fi.flags & O_NONBLOCK) {
		poller_asked(job);
		return op->fi.flags & O_NOFOLLOW ? op_reply_buf(op, NULL, 0)
						 : -EAGAIN;
	}
	if (poller_has_given_up(job))
		return job->poll_err;
	return op_wait_job(op, job, wants_output);
}

static int read_output(struct op *op, struct handle *handle)
{
	struct job *job = handle->job;
	uint64_t size = job->output_size[handle->output];

	if (job->status == JOB_ERROR)
		return job->err;
	if ((uint64_t)op->offset < size) {
		handle->read_to = (uint64_t)op->offset + op->size;
		if (handle->read_to > size)
			handle->read_to = size;
		size_t room = size - op->offset;
		return reply_file(op, job->output[handle->output].fd,
			op->size < room ? op->size : room);
	}
	if (job_is_final(job) || job->is_removed)
		return op_reply_buf(op, NULL, 0);
	return wait_for_job(op, job, true);
}

/* The first read after the end takes the snapshot. */
static int read_waited(struct op *op, struct handle *handle)
{
	struct job *job = handle->job;

	if (!handle->text) {
		if (!job_is_final(job) && !job->is_removed)
			return wait_for_job(op, job, false);
		if (job->status == JOB_ERROR)
			return job->err;
		int err = row_content(
			op, handle->node, &handle->text, &handle->len);
		if (err == -ENOENT) /* the answer has no such value */
			return op_reply_buf(op, NULL, 0);
		if (err)
			return err;
	}
	return reply_slice(op, handle->text, handle->len);
}

/*
 * Pages belong to the file and not to who opened it. When the kernel has been
 * told of another content since, the pages that it asks for are of that one;
 * for them nobody is asked.
 */
static int read_text(struct op *op, struct handle *handle)
{
	struct node *node = handle->node;
	char *text;
	size_t len;

	if (!handle->is_user || node->told == handle->digest)
		return reply_slice(op, handle->text, handle->len);
	op->is_peeking = true;
	int err = row_content(op, node, &text, &len);
	op->is_peeking = false;
	if (!err) {
		free(handle->text);
		handle->text = text;
		handle->len = len;
		handle->digest = node->paged = node_digest(0, text, len);
	}
	return reply_slice(op, handle->text, handle->len);
}

int handle_read(struct op *op)
{
	struct handle *handle = op->handle;

	switch (handle->kind) {
	case HANDLE_TEXT:
		return read_text(op, handle);
	case HANDLE_FILE:
		return reply_file(op, handle->fd, op->size);
	case HANDLE_LOG:
		return service_log_read(op);
	case HANDLE_OUTPUT:
		return read_output(op, handle);
	case HANDLE_WAIT:
		return read_waited(op, handle);
	default:
		return -EISDIR;
	}
}

static struct job *handle_job(struct fs *fs, const struct handle *handle)
{
	if (handle->job)
		return handle->job;
	/* `status` of a job that is going on: its end is what one waits for. */
	if (handle->node && handle->node->row == tree_row("/jobs/{job}/status"))
		return job_by_key(fs, handle->node->id);
	return NULL;
}

/*
 * Where the reader stands in a stream the kernel does not tell: output is ready
 * when some has come since the last poll, or when the job has ended.
 */
unsigned handle_poll(
	struct fs *fs, struct handle *handle, struct fuse_pollhandle *poll)
{
	struct job *job = handle_job(fs, handle);
	unsigned events = POLLOUT | POLLWRNORM;
	bool is_ready = !job || job_is_final(job) || job->is_removed;

	if (!is_ready && handle->kind == HANDLE_OUTPUT) {
		uint64_t size = job->output_size[handle->output];
		is_ready = size > handle->read_to;
	}
	if (is_ready)
		events |= POLLIN | POLLRDNORM;
	else
		poller_asked(job);
	if (poll && !is_ready)
		poll_handle_add(job, poll);
	else if (poll)
		fuse_pollhandle_destroy(poll);
	return events;
}

static int edit_room(struct edit *edit, size_t len)
{
	char *grown;

	if (len > EDIT_MAX)
		return -EFBIG;
	if (len <= edit->len)
		return 0;
	grown = realloc(edit->bytes, len + 1);
	if (!grown)
		return -ENOMEM;
	memset(grown + edit->len, 0, len + 1 - edit->len);
	edit->bytes = grown;
	edit->len = len;
	return 0;
}

/* Offsets count from the first byte written, so that `echo 9 >> ttl` says 9,
 * whatever stood there; where there was content to add to, base is 0. */
int edit_write(struct edit *edit, const char *bytes, size_t len, off_t offset)
{
	if (edit->base < 0)
		edit->base = offset;
	if (offset < edit->base)
		return -EINVAL;
	size_t from = offset - edit->base;
	if (from > EDIT_MAX)
		return -EFBIG;
	int err = edit_room(edit, from + len);
	if (err)
		return err;
	if (len)
		memcpy(edit->bytes + from, bytes, len);
	edit->generation++;
	return 0;
}

void edit_truncate(struct edit *edit, size_t size)
{
	if (size < edit->len)
		edit->len = size;
	if (!size)
		edit->base = 0;
	edit->generation++;
}
