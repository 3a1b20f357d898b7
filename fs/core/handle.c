/* SPDX-License-Identifier: MIT */
/* fs/core/handle.c - an open file or directory */
#include "fs/core/handle.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "fs/core/core.h"
#include "fs/core/row.h"

struct handle *handle_new(
	struct op *op, const struct handle_kind *kind, struct node *node)
{
	struct handle *handle = calloc(1, sizeof(*handle));
	int access = op->fi.flags & O_ACCMODE;

	if (!handle)
		return NULL;
	handle->kind = kind;
	handle->fd = -1;
	handle->node = node;
	handle->is_writable = access == O_WRONLY || access == O_RDWR;
	handle->appends = op->fi.flags & O_APPEND;
	handle->thread = op->pid;
	if (node)
		node->holds++;
	op->core->handles++;
	TAILQ_INSERT_TAIL(&op->core->open, handle, link);
	return handle;
}

void handle_free(struct core *core, struct handle *handle)
{
	if (handle->kind->close)
		handle->kind->close(core, handle);
	if (handle->fd >= 0)
		close(handle->fd);
	if (handle->text)
		explicit_bzero(handle->text, handle->len);
	listing_clear(&handle->listing, core->reader);
	free(handle->text);
	if (handle->is_user)
		handle->node->users--;
	if (handle->node)
		node_drop(&core->nodes, handle->node);
	core->handles--;
	TAILQ_REMOVE(&core->open, handle, link);
	free(handle);
}

void handles_clear(struct core *core)
{
	struct handle *handle;

	while ((handle = TAILQ_FIRST(&core->open)))
		handle_free(core, handle);
}

struct handle *handle_of(const struct fuse_file_info *fi)
{
	return (struct handle *)(uintptr_t)fi->fh;
}

/*
 * Content that cannot change may stay in the page cache and needs no FLUSH at
 * close. Content that can change bypasses it: the handle's snapshot is served,
 * whatever size the kernel remembers.
 */
void handle_fill(
	const struct handle *handle, struct fuse_file_info *fi, bool is_final)
{
	fi->fh = (uintptr_t)handle;
#if FUSE_MINOR_VERSION >= 11
	fi->noflush = !handle->is_writable;
#endif
	fi->keep_cache = is_final;
	fi->direct_io = !is_final;
}

int handle_reply_text(struct op *op, const char *text, size_t len)
{
	size_t from = (size_t)op->offset < len ? (size_t)op->offset : len;
	size_t size = op->size < len - from ? op->size : len - from;

	return op_reply_buf(op, size ? text + from : "", size);
}

unsigned handle_poll_ready(struct fuse_pollhandle *poll)
{
	if (poll)
		fuse_pollhandle_destroy(poll);
	return POLLOUT | POLLWRNORM | POLLIN | POLLRDNORM;
}

static int file_read(struct op *op)
{
	return op_reply_fd(op, op->handle->fd, op->size);
}

static int directory_read(struct op *op)
{
	(void)op;
	return -EISDIR;
}

const struct handle_kind handle_file = { .read = file_read };
const struct handle_kind handle_directory = { .read = directory_read };
