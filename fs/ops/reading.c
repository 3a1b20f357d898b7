/* SPDX-License-Identifier: MIT */
/* fs/ops/reading.c - opening a row's file */
#include "fs/ops/nodes.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <unistd.h>

#include "fs/ops/lookup.h"
#include "fs/core/handle.h"
#include "fs/core/core.h"
#include "fs/core/edit.h"
#include "fs/core/row.h"
#include "fs/ops/open_descriptors.h"
#include "fs/jobs/jobs.h"

static int open_edit(struct op *op, struct node *node)
{
	struct edit *edit = node->edit;
	bool is_fresh = !edit;

	if (is_fresh)
		edit = calloc(1, sizeof(*edit));
	if (!edit)
		return -ENOMEM;
	if (is_fresh || !edit->writers)
		edit->base = -1;
	if (is_fresh && node->row->flags & ROW_APPENDS &&
		!(op->fi.flags & O_TRUNC)) {
		int err = row_content(op, node, &edit->bytes, &edit->len);
		if (err && err != -ENOENT) {
			free(edit);
			return err;
		}
		edit->base = 0;
	}
	node->edit = edit;
	if (op->fi.flags & O_TRUNC)
		edit_truncate(edit, 0);
	edit->writers++;
	return 0;
}

static int open_content(struct op *op, struct node *node, struct handle *handle)
{
	const struct row *row = node->row;

	if (row->open)
		return row->open(op, node, handle);
	return row_content(op, node, &handle->text, &handle->len);
}

/*
 * A value that was looked up with its size may be read through the page cache,
 * and pages of the same content need not be read again. If the content has
 * changed, the inode is invalidated first, so that size and content agree.
 */
static bool is_kept(const struct handle *handle)
{
	return handle->kind == &handle_text && !handle->is_writable &&
		!(handle->node->row->flags & (ROW_UNSIZED | ROW_SECRET)) &&
		handle->node->told_until_ms > 0;
}

static int open_kept(struct op *op, struct handle *handle)
{
	struct node *node = handle->node;
	uint32_t digest = node_digest(0, handle->text, handle->len);

	if (digest != node->told && !op->is_settling)
		notify_inode(op->core, node->ino);
	int err = digest != node->told ? notifier_settle(op) : 0;
	if (err)
		return err;
	if (digest != node->told || node->told_until_ms <= op->core->now_ms ||
		(node->users && node->paged != digest))
		return 0;
	op->fi.keep_cache = node->paged == digest;
	op->fi.direct_io = 0;
	node->paged = digest;
	node->users++;
	handle->is_user = true;
	handle->digest = digest;
	return 0;
}

int tree_open(struct op *op)
{
	struct node *node = op->node;
	int access = op->fi.flags & O_ACCMODE, err;
	struct handle *handle;

	if (access != O_RDONLY && !(node->row->mode & 0222))
		return -EACCES;
	if (access != O_WRONLY && !(node->row->mode & 0444))
		return -EACCES;
	err = node_exists(op, node);
	if (err)
		return err;
	handle = handle_new(op, &handle_text, node);
	if (!handle)
		return -ENOMEM;
	if (access != O_WRONLY)
		err = open_content(op, node, handle);
	if (handle->is_writable)
		handle->opener = writer_process(op->pid);
	if (!err && handle->is_writable)
		err = open_edit(op, node);
	bool is_final = node->row->flags & ROW_FINAL && !handle->is_writable;
	if (handle->job)
		is_final = job_is_final(handle->job);
	if (!err) {
		handle_fill(handle, &op->fi, is_final);
		err = !is_final && is_kept(handle) ? open_kept(op, handle) : 0;
	}
	if (err) {
		op->fi.fh = 0;
		handle_free(op->core, handle);
		return err;
	}
	return op_reply_open(op, &op->fi);
}

/* All of it is data, up to the size that the kernel was given. */
int tree_lseek(struct op *op)
{
	struct node *node = op->node;
	struct stat attr;
	double timeout_s;

	op->is_peeking = true;
	int err = row_attr(op, node, &attr, &timeout_s);
	op->is_peeking = false;
	if (err || op->offset < 0 || op->offset >= attr.st_size)
		return -ENXIO;
	return op_reply_lseek(
		op, op->flags == SEEK_DATA ? op->offset : attr.st_size);
}
