/* SPDX-License-Identifier: MIT */
/* fs/ops/nodes.c - the kernel's requests about rows of the tree */
#include "fs/ops/nodes.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>

#include "fs/core/core.h"
#include "fs/ops/caller.h"
#include "fs/ops/hidden_value.h"
#include "fs/ops/lookup.h"
#include "fs/ops/proc_probe.h"
#include "fs/ops/scratch.h"
#include "fs/ops/stale.h"

/* If the file is open, or looking up again has led to it, the error is ENOENT.
 */
int node_exists(struct op *op, const struct node *node)
{
	int err = row_exists(op, node);

	if (err != -ENOENT || op->fi.fh || stale_was_told(op, node))
		return err;
	stale_tell(op, node);
	return -ESTALE;
}

/* Whether the name can never exist in this directory, such as the .git that a
 * shell's prompt looks for everywhere. */
static bool is_never_there(const struct node *dir, const char *name)
{
	const struct row *row = dir->row;

	return !row->find && !row->list && !row->make_dir && !row->make_file &&
		!tree_named(row, name);
}

/*
 * Other look-ups of the same name wait in the kernel meanwhile, and cannot be
 * killed. So a look-up does not wait for attributes: GETATTR does, which only
 * its own caller waits for.
 */
int tree_lookup(struct op *op)
{
	struct node *dir = op->node;
	struct lookup_result found;
	bool is_new = false;

	int err = scratch_find(op, dir, op->name, &found);
	if (err != -ENOENT)
		return err ? err : lookup_reply(op, &found);
	if (value_is_hidden(op, dir, op->name))
		return -ENOENT;
	/* cp -r into a draft that it has just created expects no files there.
	 */
	if (!op->step && dir->row->flags & ROW_SCRATCH && dir->row->make_file &&
		caller_creates(op->pid, O_EXCL) > 0) {
		err = making_probe_ask(op, &is_new);
		if (err || is_new)
			return err ? err : -ENOENT;
		op->step = 1;
	}
	err = dir_find(op, dir, op->name, &found);
	if (err == -ENOENT && is_never_there(dir, op->name))
		return op_reply_absent(op);
	return err ? err : lookup_reply(op, &found);
}

/*
 * A file may change while a program copies it: tar complains if it is larger at
 * the end than at the beginning, and pads if it is shorter than fstat said. So
 * a process that has it open for reading is told one size, that of what it
 * reads. It is told of growth once it asks: by a read at the end, or by two
 * fstats without a read between them, as tail -f does.
 */
static struct handle *reader_of(const struct op *op, const struct node *node)
{
	return handle_of_caller(op, node, true);
}

static void reader_tell(
	struct handle *handle, struct stat *attr, double *timeout_s)
{
	if (handle->text)
		handle->told = (off_t)handle->len;
	else if (!handle->was_told || handle->follows)
		handle->told = attr->st_size;
	handle->was_told = handle->was_told_since_read = true;
	if (handle->told == attr->st_size)
		return;
	attr_size(attr, (uint64_t)handle->told);
	*timeout_s = 0;
}

int tree_read(struct op *op)
{
	struct handle *handle = op->handle;

	handle->follows |= handle->was_told && op->offset >= handle->told;
	handle->was_told_since_read = false;
	return handle->kind->read(op);
}

int tree_getattr(struct op *op)
{
	struct node *node = op->node;
	struct handle *reader = reader_of(op, node);
	struct stat attr;
	double timeout_s;

	if (reader)
		reader->follows |= reader->was_told_since_read;
	int err = node_exists(op, node);
	if (!err)
		err = row_attr(op, node, &attr, &timeout_s);
	if (err)
		return err;
	if (node->expiry) /* a name of it is not to be used yet */
		timeout_s = 0;
	if (reader)
		reader_tell(reader, &attr, &timeout_s);
	if (node->edit && node->edit->writers && node->edit->base >= 0) {
		attr.st_size = node->edit->base + node->edit->len;
		timeout_s = 0;
	}
	node_told(op->core, node, timeout_s);
	return op_reply_attr(op, &attr, timeout_s);
}

/* Truncates by path what nobody has open for writing. No close would send it,
 * and a program that appends next does not expect the old value. */
static int cut_refuse(struct op *op)
{
	struct stat attr;
	double timeout_s;
	int err = row_attr(op, op->node, &attr, &timeout_s);

	if (err || (attr.st_size && attr.st_size == op->attr.st_size))
		return err;
	return row_refuse(op->core, op->method, op->node, NULL, -EPERM,
		"truncating it sends nothing: open it, and write the value "
		"wanted");
}

/* A value may be truncated, which is part of writing it. Setting mode, owner
 * and times of a writable value is accepted, since programs that save do so,
 * and changes nothing. */
int tree_setattr(struct op *op)
{
	struct node *node = op->node;
	int err = 0;

	if (scratch_is(node))
		err = scratch_setattr(op);
	else if (!(node->row->mode & 0222) && op->to_set & FUSE_SET_ATTR_SIZE)
		err = -EACCES;
	else if (!(node->row->mode & 0222))
		err = row_refuse(op->core, op->method, node, NULL, -EPERM,
			"mode, owner and times are the API's");
	else if (op->to_set & FUSE_SET_ATTR_SIZE && node->edit)
		edit_truncate(node->edit, op->attr.st_size);
	else if (op->to_set & FUSE_SET_ATTR_SIZE)
		err = cut_refuse(op);
	return err ? err : tree_getattr(op);
}

int tree_readlink(struct op *op)
{
	struct node *node = op->node;
	char *text;
	size_t len;

	int err = row_content(op, node, &text, &len);
	if (err)
		return err;
	if (len && text[len - 1] == '\n')
		text[len - 1] = '\0';
	op_reply_link(op, text);
	free(text);
	return 0;
}
