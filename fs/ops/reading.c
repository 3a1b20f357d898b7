/* SPDX-License-Identifier: MIT */
/* fs/ops/reading.c - what is in a row's file, and opening it */
#include "fs/ops/nodes.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "fs/core/core.h"
#include "fs/jobs/jobs.h"
#include "fs/ops/lookup.h"
#include "fs/ops/open_descriptors.h"
#include "fs/ops/scratch.h"

static int row_value(
	struct op *op, const struct node *node, const json_t **value)
{
	json_t *answer;
	int err = node->row->source(op, node, &answer);

	if (err)
		return err;
	*value = node->row->member ? json_member(answer, node->row->member)
				   : answer;
	return *value ? 0 : -ENOENT;
}

static int row_print(struct op *op, const struct node *node, FILE *out)
{
	const json_t *value;

	if (node->row->render)
		return node->row->render(op, node, out);
	if (node->row->text)
		fputs(node->row->text, out);
	if (!node->row->source)
		return 0;
	int err = row_value(op, node, &value);
	if (err)
		return err;
	return node->row->member ? render_value(value, out)
				 : render_json(value, out);
}

int row_content(
	struct op *op, const struct node *node, char **text, size_t *len)
{
	FILE *out = text_stream_open(text, len);
	int err;

	if (!out)
		return -ENOMEM;
	err = row_print(op, node, out);
	if (fclose(out) && !err)
		err = -ENOMEM;
	if (err) {
		free(*text);
		*text = NULL;
	}
	return err;
}

int row_exists(struct op *op, const struct node *node)
{
	const json_t *value;

	if (node->row->exists)
		return node->row->exists(op, node);
	if (node->row->source && node->row->member)
		return row_value(op, node, &value);
	return 0;
}

/* The times of a row are those of the nearest directory that has some. */
static int row_times(struct op *op, const struct node *node, struct stat *attr,
	double *timeout_s)
{
	const struct row *row = node->row;

	while (row && !row->attr)
		row = tree_parent(row);
	if (row)
		return row->attr(op, node, attr, timeout_s);
	return 0;
}

void row_attr_plain(
	const struct core *core, const struct node *node, struct stat *attr)
{
	const struct options *options = core->options;
	const struct row *row = node->row;
	static const mode_t types[] = {
		[ROW_DIR] = S_IFDIR,
		[ROW_FILE] = S_IFREG,
		[ROW_LINK] = S_IFLNK,
	};

	memset(attr, 0, sizeof(*attr));
	attr->st_ino = node->ino;
	attr->st_mode = types[row->kind] |
		(row->mode &
			~(row->kind == ROW_DIR ? options->dmask
					       : options->fmask));
	if (row->kind == ROW_LINK)
		attr->st_mode = S_IFLNK | 0777;
	attr->st_nlink = 1;
	attr->st_uid = options->uid;
	attr->st_gid = options->gid;
	attr->st_blksize = 4096;
	attr_times(attr, &core->epoch, &core->epoch);
}

int row_attr(
	struct op *op, struct node *node, struct stat *attr, double *timeout_s)
{
	const struct row *row = node->row;

	row_attr_plain(op->core, node, attr);
	*timeout_s = FOREVER_S;

	int err = row_times(op, node, attr, timeout_s);
	if (row->flags & ROW_UNSIZED) {
		/* Once it is open, fstat shows the known size. */
		if (!attr->st_size && !row->open)
			attr_size(attr, node->known_len);
		*timeout_s = 0;
	}
	if (err || row->kind == ROW_DIR ||
		row->flags & (ROW_UNSIZED | ROW_EMPTY))
		return err;
	if (row->open) /* the row's attr() has set the size */
		return 0;

	char *text;
	size_t len;
	err = row_content(op, node, &text, &len);
	if (err)
		return err;
	node->content_hash = node_hash(0, text, len);
	free(text);
	attr_size(attr, len);
	return 0;
}

/* ---- opening ---- */

/*
 * Pages belong to the file, not to the process that opened it. If the kernel
 * has been given other content since, it gets pages of that content, as far as
 * it is known without asking the API.
 */
static int text_read(struct op *op)
{
	struct handle *handle = op->handle;
	struct node *node = handle->node;
	char *text;
	size_t len;

	if (!handle->is_user || node->attr_hash == handle->digest)
		return handle_reply_text(op, handle->text, handle->len);
	op->cached_only = true;
	int err = row_content(op, node, &text, &len);
	op->cached_only = false;
	if (!err) {
		free(handle->text);
		handle->text = text;
		handle->len = len;
		handle->digest = node->page_hash = node_hash(0, text, len);
	}
	return handle_reply_text(op, handle->text, handle->len);
}

const struct handle_kind handle_text = { .read = text_read };

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
	/* What was just created is empty, whatever was there before the process
	 * moved it away (cp -b, install -b, tar). */
	if (is_fresh && node->row->flags & ROW_APPENDS && !op->opens &&
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
	int err = row_content(op, node, &handle->text, &handle->len);
	if (!err)
		node->known_len = handle->len;
	return err;
}

/*
 * A value that was looked up with its size may be read through the page cache,
 * which is kept if the content is the same. If it has changed, the inode is
 * invalidated first, so that size and content agree.
 */
static bool is_kept(const struct handle *handle)
{
	return handle->kind == &handle_text && !handle->is_writable &&
		!(handle->node->row->flags & (ROW_UNSIZED | ROW_SECRET)) &&
		handle->node->attr_until_ms > 0;
}

static int open_kept(struct op *op, struct handle *handle)
{
	struct node *node = handle->node;
	uint32_t digest = node_hash(0, handle->text, handle->len);

	if (digest != node->attr_hash && !op->is_settling)
		notify_inode(op->core, node->ino);
	int err = digest != node->attr_hash ? notifier_settle(op) : 0;
	if (err)
		return err;
	if (digest != node->attr_hash ||
		node->attr_until_ms <= op->core->now_ms ||
		(node->users && node->page_hash != digest))
		return 0;
	op->fi.keep_cache = node->page_hash == digest;
	op->fi.direct_io = 0;
	node->page_hash = digest;
	node->users++;
	handle->is_user = true;
	handle->digest = digest;
	return 0;
}

static int handle_open(struct op *op, struct node *node, struct handle *handle)
{
	bool is_final = node->row->flags & ROW_FINAL && !handle->is_writable;
	int access = op->fi.flags & O_ACCMODE, err = 0;

	if (access != O_WRONLY || node->row->open)
		err = open_content(op, node, handle);
	if (handle->is_writable)
		handle->opener = writer_process(op->pid);
	if (!err && handle->is_writable && !handle->kind->write)
		err = open_edit(op, node);
	if (err)
		return err;
	if (handle->job)
		is_final = job_is_final(handle->job);
	handle_fill(handle, &op->fi, is_final);
	return !is_final && is_kept(handle) ? open_kept(op, handle) : 0;
}

int node_open(struct op *op, struct node *node, struct handle **out)
{
	int access = op->fi.flags & O_ACCMODE;

	if (access != O_RDONLY && !(node->row->mode & 0222))
		return -EACCES;
	if (access != O_WRONLY && !(node->row->mode & 0444))
		return -EACCES;
	int err = node_exists(op, node);
	if (err)
		return err;
	*out = handle_new(op, &handle_text, node);
	if (!*out)
		return -ENOMEM;
	err = handle_open(op, node, *out);
	if (err) {
		op->fi.fh = 0;
		handle_free(op->core, *out);
		return err;
	}
	if (op->fi.direct_io && access == O_RDONLY && !scratch_is(node))
		(*out)->is_reader = true;
	return 0;
}

int tree_open(struct op *op)
{
	struct node *node = op->node;
	struct handle *handle;
	int err = node_open(op, node, &handle);

	if (err)
		return err;
	/* A stream has no position, which a handle that only reads needs. */
	return node->row->flags & ROW_STREAM && handle->is_writable
		? op_reply_open_stream(op, handle)
		: op_reply_open(op, &op->fi);
}

/* All of it is data, up to the size that the kernel was given. */
int tree_lseek(struct op *op)
{
	struct node *node = op->node;
	struct stat attr;
	double timeout_s;

	op->cached_only = true;
	int err = row_attr(op, node, &attr, &timeout_s);
	op->cached_only = false;
	if (err || op->offset < 0 || op->offset >= attr.st_size)
		return -ENXIO;
	return op_reply_lseek(
		op, op->flags == SEEK_DATA ? op->offset : attr.st_size);
}
