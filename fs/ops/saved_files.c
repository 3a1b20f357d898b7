/* SPDX-License-Identifier: MIT */
/* fs/ops/saved_files.c - the kernel's requests about saved files */
#include "fs/ops/saved_files.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <unistd.h>

#include "fs/core/core.h"
#include "fs/jobs/jobs.h"
#include "fs/ops/lookup.h"
#include "fs/ops/open_descriptors.h"
#include "fs/ops/save.h"
#include "fs/ops/virtual_entries.h"

int op_wait_thaw(struct op *op, const struct file *file)
{
	runs_touch(op->core, file);
	op->is_uninterruptible = file_is_frozen(file);
	return op->is_uninterruptible ? op_wait(op, &op->core->frozen) : 0;
}

int op_wait_dir(struct op *op)
{
	return S_ISDIR(op->file->type) ? op_wait_thaw(op, op->file) : -ESTALE;
}

/* Files appear only by requests of the kernel, so it may cache their absence;
 * virtual entries appear by themselves. */
int saved_lookup(struct op *op)
{
	struct lookup_result found;
	int err = S_ISDIR(op->file->type)
		? virtual_lookup(op, op->file, op->name, &found)
		: -ESTALE;

	if (err == -ENOENT && !virtual_is_name(op->name))
		return op_reply_absent(op);
	return err ? err : lookup_reply(op, &found);
}

int saved_readlink(struct op *op)
{
	char *target;
	int err = file_readlink(op->file, &target);

	if (err)
		return err;
	op_reply_link(op, target);
	free(target);
	return 0;
}

static void saved_close(struct core *core, struct handle *handle)
{
	(void)core;
	if (handle->opened.fd >= 0)
		file_close(&handle->opened);
	file_drop(handle->file);
}

static int saved_read(struct op *op)
{
	return op_reply_fd(op, op->handle->opened.fd, op->size);
}

static const struct handle_kind saved_kind = {
	.read = saved_read,
	.close = saved_close,
};

static struct handle *saved_handle_new(struct op *op, struct file *file)
{
	struct handle *handle = handle_new(op, &saved_kind, NULL);

	if (!handle)
		return NULL;
	handle->file = file;
	handle->opened.fd = -1;
	if (file)
		file_hold(file);
	if (handle->is_writable)
		handle->opener = writer_process(op->pid);
	return handle;
}

static void saved_handle_fill(struct op *op, struct handle *handle)
{
	if (handle->is_writable)
		handle->file->writers++;
	handle_fill(handle, &op->fi, true);
}

/* Clears set-id bits of another user's file, as any filesystem does. For writes
 * and truncations the kernel sends a SETATTR. */
static void clear_set_id(struct file *file)
{
	struct stat st;
	mode_t bits = S_ISUID;

	if (file_stat(file, &st))
		return;
	if (st.st_mode & S_IXGRP)
		bits |= S_ISGID;
	if (!(st.st_mode & bits))
		return;
	st.st_mode &= ~bits;
	file_setattr(file, NULL, FILE_SET_MODE, &st);
}

int saved_open(struct op *op)
{
	struct file *file = op->file;
	struct handle *handle;
	int err = op->fi.flags & O_TRUNC ? saved_truncate(op, file, 0) : 0;

	if (err)
		return err;
	handle = saved_handle_new(op, file);
	if (!handle)
		return -ENOMEM;
	err = file_open(file, op->fi.flags, &handle->opened);
	if (err) {
		handle->opened.fd = -1;
		handle_free(op->core, handle);
		return err;
	}
	if (op->fi.flags & O_TRUNC && op->uid)
		clear_set_id(file);
	saved_handle_fill(op, handle);
	return op_reply_open(op, &op->fi);
}

int saved_create(struct op *op)
{
	struct lookup_result found = { 0 };
	struct fuse_entry_param entry;
	struct handle *handle = saved_handle_new(op, NULL);
	struct node *held;

	if (!handle)
		return -ENOMEM;
	int err = saved_make_file(op, &handle->opened, &found.file);
	handle->file = found.file; /* taken */
	if (!err)
		err = lookup_fill(op, &found, &entry, &held);
	if (err) {
		handle_free(op->core, handle);
		return err;
	}
	saved_handle_fill(op, handle);
	if (op->req)
		file_known(found.file);
	return op_reply_create(op, &entry, &op->fi);
}

ssize_t saved_write_bytes(struct core *core, struct handle *handle,
	const void *bytes, size_t size, off_t offset)
{
	ssize_t n = file_write(&handle->opened, bytes, size, offset);

	runs_touch(core, handle->file);
	/* A partly written program does not run unless a later write succeeds.
	 */
	if (n < 0)
		handle->file->sent = handle->file->generation;
	return n;
}

int saved_write(struct op *op)
{
	struct file_opened *opened = &op->handle->opened;
	int err = op_wait_thaw(op, opened->file);
	ssize_t n;

	if (err)
		return err;
	n = saved_write_bytes(
		op->core, op->handle, op->extra, op->size, op->offset);
	return n < 0 ? (int)n : op_reply_write(op, (size_t)n);
}

int saved_fallocate(struct op *op)
{
	struct file_opened *opened = &op->handle->opened;
	int err = op_wait_thaw(op, opened->file);

	if (!err)
		err = file_allocate(
			opened, op->mode, op->offset, (off_t)op->size);
	return err ? err : op_reply_ok(op);
}

/* A file that is open for writing may be mapped. Invalidating its pages makes
 * the kernel send what was written to the mapping. */
int saved_lseek(struct op *op)
{
	struct handle *handle = op->handle;
	off_t at;
	int err;

	if (handle->file->writers && !op->is_settling)
		notify_file(op->core, handle->file->ino);
	err = handle->file->writers ? notifier_settle(op) : 0;
	if (err)
		return err;
	at = lseek(handle->opened.fd, op->offset, (int)op->flags);
	return at < 0 ? -errno : op_reply_lseek(op, at);
}

/* ---- directories ---- */

int saved_opendir(struct op *op)
{
	struct handle *handle;

	if (!S_ISDIR(op->file->type))
		return -ESTALE;
	handle = saved_handle_new(op, op->file);
	if (!handle)
		return -ENOMEM;
	op->fi.fh = (uintptr_t)handle;
	return op_reply_open(op, &op->fi);
}
