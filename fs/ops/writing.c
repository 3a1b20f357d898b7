/* SPDX-License-Identifier: MIT */
/* fs/ops/writing.c - what is written to rows of the tree, and when it is sent
 */
#include "fs/ops/nodes.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <syslog.h>

#include "fs/base/base.h"
#include "fs/core/core.h"
#include "fs/ops/proc_probe.h"
#include "fs/ops/lookup.h"
#include "fs/ops/open_descriptors.h"

static void edit_done(struct node *node)
{
	struct edit *edit = node->edit;

	if (edit->bytes)
		explicit_bzero(edit->bytes, edit->len);
	edit_free(edit);
	node->edit = NULL;
}

/* What was written, for an operation that is run again. */
struct written {
	size_t len;
	char bytes[];
};

int written_set(struct op *op, const char *text, size_t len)
{
	struct written *written = malloc(sizeof(*written) + len + 1);

	if (!written)
		return -ENOMEM;
	written->len = len;
	memcpy(written->bytes, text, len);
	written->bytes[len] = '\0';
	op->extra = written;
	return 0;
}

static int edit_take(struct op *op, struct edit *edit)
{
	int err = written_set(op, edit->bytes ? edit->bytes : "", edit->len);

	if (!err)
		edit->sent = edit->generation;
	return err;
}

/* Copying a copy of the tree back must not trigger an action, whose file has
 * its help line there. An empty write does nothing. */
static int action_write(struct op *op, struct node *node)
{
	const struct written *written = op->extra;

	if (!written->len)
		return 0;
	if (!text_is_one(written->bytes))
		return row_refuse(op->core, "WRITE", node, NULL, -EINVAL,
			"only 1 triggers this action: echo 1 > FILE");
	return node->row->write(op, node, written->bytes, written->len);
}

int tree_send(struct op *op, struct node *node)
{
	struct written *written = op->extra;
	int err;

	if (op->is_settling)
		return notifier_settle(op);
	if (!node->row->write)
		return -EACCES;
	err = node->row->flags & ROW_ACTION
		? action_write(op, node)
		: node->row->write(op, node, written->bytes, written->len);
	if (!err)
		node->known_len = written->len;
	if (err != -EINPROGRESS)
		explicit_bzero(written->bytes, written->len);
	/* The caller sees the change at once, in every directory. */
	return err || !op->req ? err : notifier_settle(op);
}

/*
 * A value of one line, or an action, is complete with its newline: it is sent
 * then, and the write returns the result. A shell's echo checks the error of
 * write, but not of close (bash and dash restore their output with dup2, which
 * returns none), and `echo 1 > destroy` must not fail silently. A value of
 * several lines, or without a newline, is sent at the close.
 */
static bool is_whole_value(const struct row *row, const struct edit *edit)
{
	return !(row->flags & ROW_APPENDS) && edit->len &&
		edit->bytes[edit->len - 1] == '\n';
}

/* Checks the lines up to the end of what was written: old ones may follow,
 * which rsync --inplace truncates at its end. */
static int check_lines(struct core *core, const struct node *node, off_t end)
{
	struct edit *edit = node->edit;
	size_t len = (size_t)(end - edit->base);

	if (!node->row->check || !len || edit->bytes[len - 1] != '\n')
		return 0;
	int err = node->row->check(core, node, edit->bytes, len);
	if (err) { /* so that the close sends nothing of it */
		edit->len = 0;
		edit->sent = edit->generation;
		edit->is_refused = true;
	}
	return err;
}

/* Adds the bytes to the edit, and takes a complete value out of it. */
static int write_take(struct op *op, struct node *node, bool *is_whole)
{
	struct edit *edit = node->edit;
	off_t offset = op->offset;

	if (!edit)
		return -EBADF;
	if (op->handle->appends && edit->base >= 0)
		offset = edit->base + (off_t)edit->len;
	if (edit->is_refused) /* it would be an incomplete value */
		return row_refuse(op->core, op->method, node, NULL, -EINVAL,
			"it follows a line that was refused: write it all "
			"again");
	int err = edit_write(edit, op->extra, op->size, offset);
	if (err == -EINVAL)
		row_refuse(op->core, op->method, node, NULL, err,
			"it is written backwards: write it from its start");
	explicit_bzero(op->extra, op->size);
	if (!err)
		err = check_lines(op->core, node, offset + (off_t)op->size);
	*is_whole = !err && is_whole_value(node->row, edit);
	if (!*is_whole)
		return err;
	free(op->extra);
	op->extra = NULL;
	err = edit_take(op, edit);
	if (err)
		return err;
	edit->len = 0;
	edit->base = -1;
	return 0;
}

int tree_write(struct op *op)
{
	struct node *node = op->handle->node;
	bool is_whole = true;

	if (op->handle->kind->write)
		return op->handle->kind->write(op);
	int err = op->is_taken ? 0 : write_take(op, node, &is_whole);

	op->is_taken = true;
	if (!err && is_whole)
		err = tree_send(op, node);
	return err ? err : op_reply_write(op, op->size);
}

int tree_flush(struct op *op)
{
	struct node *node = op->handle->node;
	struct edit *edit = node ? node->edit : NULL;
	enum writer_close found;
	int err;

	if (!op->extra) {
		if (!op->handle->is_writable || !edit ||
			edit->sent == edit->generation)
			return op_reply_ok(op);
		err = close_probe_ask(
			op, op->handle->opener, node->ino, &found);
		if (err)
			return err;
		if (found == WRITER_KILLED)
			edit->sent = edit->generation;
		if (found != WRITER_LAST)
			return op_reply_ok(op);
		err = edit_take(op, edit);
		if (err)
			return err;
	}
	err = tree_send(op, node);
	return err ? err : op_reply_ok(op);
}

/* Makes durable what was written, created or removed so far. */
int tree_fsync(struct op *op)
{
	int err = op->task ? task_wait(op) : keep_sync(op);

	return err ? err : op_reply_ok(op);
}

/* ---- the last release ---- */

static int tree_send_released(struct op *op)
{
	struct node *node = op->handle->node;
	int err = tree_send(op, node);
	char path[1024];

	if (err == -EINPROGRESS)
		return err;
	row_path(op->core, node, NULL, path, sizeof(path));
	if (err)
		log_line(LOG_WARNING, "%s: what was written is refused: %s",
			path, strerror(-err));
	handle_free(op->core, op->handle);
	return 0;
}

void tree_released(struct core *core, struct handle *handle)
{
	struct node *node = handle->node;
	struct edit *edit = handle->is_writable ? node->edit : NULL;
	struct op *op = NULL;

	if (edit && --edit->writers == 0) {
		if (edit->sent != edit->generation)
			op = op_new(core, NULL, tree_send_released);
		if (op && edit_take(op, edit)) {
			free(op);
			op = NULL;
		}
		edit_done(node);
	}
	if (!op) {
		handle_free(core, handle);
		return;
	}
	op->handle = handle;
	op_start(op);
}
