/* SPDX-License-Identifier: MIT */
/* fs/ops/file_operations.c - the kernel's requests about open files */
#include "fs/ops/file_operations.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "fs/core/core.h"
#include "fs/core/handle.h"
#include "fs/core/row.h"
#include "fs/files/files.h"
#include "fs/ops/nodes.h"
#include "fs/ops/request.h"
#include "fs/ops/save.h"
#include "fs/ops/saved_files.h"

void kernel_open(fuse_req_t req, fuse_ino_t ino, struct fuse_file_info *fi)
{
	struct op *op = request_on(req, ino, tree_open, saved_open);

	if (!op)
		return;
	op->fi = *fi;
	op_start(op);
}

void kernel_create(fuse_req_t req, fuse_ino_t parent, const char *name,
	mode_t mode, struct fuse_file_info *fi)
{
	struct op *op =
		request_named(req, parent, name, tree_create, saved_create);

	if (!op)
		return;
	op->mode = mode;
	op->fi = *fi;
	op->opens = true;
	op_start(op);
}

static int run_read(struct op *op)
{
	return op->handle->kind->read(op);
}

void kernel_read(fuse_req_t req, fuse_ino_t ino, size_t size, off_t offset,
	struct fuse_file_info *fi)
{
	struct op *op = request_on(req, ino, run_read, run_read);

	if (!op)
		return;
	op->fi = *fi;
	op->handle = handle_of(fi);
	op->size = size;
	op->offset = offset;
	op_start(op);
}

static void write_row(fuse_req_t req, struct core *core, struct handle *handle,
	const char *bytes, size_t size, off_t offset)
{
	struct op *op;
	bool acts = false;
	int err = tree_write(core, handle, bytes, size, offset, &acts);

	if (!acts) {
		if (err)
			fuse_reply_err(req, -err);
		else
			fuse_reply_write(req, size);
		return;
	}
	op = op_new(core, req, tree_send_written);
	if (!op)
		return;
	op->ino = handle->node->ino;
	op->handle = handle;
	op->size = size;
	op_start(op);
}

/* Of a file that the worker is reading: written when it has read it. */
static void write_later(fuse_req_t req, struct core *core,
	struct handle *handle, const char *bytes, size_t size, off_t offset)
{
	struct op *op = op_new(core, req, saved_write);

	if (!op)
		return;
	op->handle = handle;
	op->size = size;
	op->offset = offset;
	op->extra = malloc(size ? size : 1);
	if (op->extra)
		memcpy(op->extra, bytes, size);
	else
		op->run = request_lacks_memory;
	op_start(op);
}

/* The bytes are libfuse's and gone when this returns: they are taken at once,
 * whatever is then waited for. */
void kernel_write(fuse_req_t req, fuse_ino_t ino, const char *bytes,
	size_t size, off_t offset, struct fuse_file_info *fi)
{
	struct core *core = request_fs(req);
	struct handle *handle = handle_of(fi);

	(void)ino;
	if (!handle->file) {
		write_row(req, core, handle, bytes, size, offset);
		return;
	}
	if (file_is_frozen(handle->file)) {
		write_later(req, core, handle, bytes, size, offset);
		return;
	}
	ssize_t n = saved_write_bytes(handle, bytes, size, offset);
	if (n < 0)
		fuse_reply_err(req, -n);
	else
		fuse_reply_write(req, n);
}

static int run_flush(struct op *op)
{
	return op->handle->file ? save_flush(op) : tree_flush(op);
}

void kernel_flush(fuse_req_t req, fuse_ino_t ino, struct fuse_file_info *fi)
{
	struct op *op = request_on(req, ino, run_flush, run_flush);

	if (!op)
		return;
	op->handle = handle_of(fi);
	op_start(op);
}

static int run_fsync(struct op *op)
{
	return op->handle->file ? save_fsync(op) : op_reply_ok(op);
}

void kernel_fsync(
	fuse_req_t req, fuse_ino_t ino, int datasync, struct fuse_file_info *fi)
{
	struct op *op = request_on(req, ino, run_fsync, run_fsync);

	(void)datasync;
	if (!op)
		return;
	op->handle = handle_of(fi);
	op_start(op);
}

void kernel_fsyncdir(
	fuse_req_t req, fuse_ino_t ino, int datasync, struct fuse_file_info *fi)
{
	kernel_fsync(req, ino, datasync, fi);
}

/* Saved before it is answered: the process's next request finds the job. */
void kernel_release(fuse_req_t req, fuse_ino_t ino, struct fuse_file_info *fi)
{
	struct core *core = request_fs(req);
	struct handle *handle = handle_of(fi);

	(void)ino;
	if (!handle->file) {
		fuse_reply_err(req, 0);
		tree_released(core, handle);
		return;
	}
	if (handle->is_writable) {
		handle->file->writers--;
		save_released(core, handle);
	}
	fuse_reply_err(req, 0);
	handle_free(core, handle);
}

void kernel_fallocate(fuse_req_t req, fuse_ino_t ino, int mode, off_t offset,
	off_t len, struct fuse_file_info *fi)
{
	struct op *op = request_on(req, ino, request_refuse, saved_fallocate);

	if (!op)
		return;
	op->handle = handle_of(fi);
	op->mode = mode;
	op->offset = offset;
	op->size = len;
	op_start(op);
}

void kernel_lseek(fuse_req_t req, fuse_ino_t ino, off_t offset, int whence,
	struct fuse_file_info *fi)
{
	struct op *op = request_on(req, ino, tree_lseek, saved_lseek);

	if (!op)
		return;
	op->handle = handle_of(fi);
	op->offset = offset;
	op->flags = (unsigned)whence;
	op_start(op);
}

void kernel_poll(fuse_req_t req, fuse_ino_t ino, struct fuse_file_info *fi,
	struct fuse_pollhandle *poll)
{
	struct core *core = request_fs(req);
	struct handle *handle = handle_of(fi);
	unsigned events;

	(void)ino;
	if (handle->kind->poll)
		events = handle->kind->poll(core, handle, poll);
	else if (handle->node && handle->node->row->poll)
		events = handle->node->row->poll(core, handle, poll);
	else
		events = handle_poll_ready(poll);
	fuse_reply_poll(req, events);
}
