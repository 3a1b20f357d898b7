/* SPDX-License-Identifier: MIT */
/* fs/ops/scratch_file.c - a temporary file beside a value, open or not */
#include "fs/ops/scratch.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "fs/ops/scratch_private.h"

enum { SIZE_MAX_BYTES = 4 << 20 }; /* the largest value is smaller */

static int scratch_read(struct op *op)
{
	return op_reply_fd(op, op->handle->fd, op->size);
}

static int scratch_write(struct op *op)
{
	struct handle *handle = op->handle;
	off_t at = op->offset;
	struct stat st;

	if (handle->appends && !fstat(handle->fd, &st))
		at = st.st_size;
	if (at + (off_t)op->size > SIZE_MAX_BYTES)
		return row_refuse(op->core, op->method, handle->node, NULL,
			-EFBIG,
			"a temporary file beside a value holds 4 MiB at most");
	ssize_t n = pwrite(handle->fd, op->extra, op->size, at);
	explicit_bzero(op->extra, op->size);
	return n < 0 ? -errno : op_reply_write(op, (size_t)n);
}

static void scratch_close(struct core *core, struct handle *handle)
{
	struct scratch *scratch = scratch_of_node(core, handle->node);

	if (scratch)
		scratch_closed(scratch);
}

static const struct handle_kind scratch_kind = {
	.read = scratch_read,
	.write = scratch_write,
	.close = scratch_close,
};

static int scratch_open(
	struct op *op, const struct node *node, struct handle *handle)
{
	struct scratch *scratch = scratch_of_node(op->core, node);

	if (!scratch)
		return -ESTALE;
	if (op->fi.flags & O_TRUNC && ftruncate(scratch->fd, 0))
		return -errno;
	handle->fd = fcntl(scratch->fd, F_DUPFD_CLOEXEC, 0);
	if (handle->fd < 0)
		return -errno;
	handle->kind = &scratch_kind;
	scratch_opened(scratch);
	return 0;
}

static int scratch_exists(struct op *op, const struct node *node)
{
	return scratch_of_node(op->core, node) ? 0 : -ENOENT;
}

static void scratch_locate(
	struct core *core, const struct node *node, FILE *out)
{
	const struct scratch *scratch = scratch_of_node(core, node);

	if (!scratch || !scratch->name)
		return;
	row_locate(core, scratch->at, out);
	fprintf(out, "/%s", scratch->name);
}

static int scratch_attr(struct op *op, const struct node *node,
	struct stat *attr, double *timeout_s)
{
	struct scratch *scratch = scratch_of_node(op->core, node);
	struct stat st;

	*timeout_s = 0;
	if (!scratch || fstat(scratch->fd, &st))
		return -ENOENT;
	attr->st_mode = S_IFREG | 0600;
	attr_size(attr, (uint64_t)st.st_size);
	attr_times(attr, &st.st_mtim, &st.st_ctim);
	attr->st_nlink = scratch->name != NULL;
	return 0;
}

const struct row scratch_row = {
	.path = "/{scratch}",
	.help = "a temporary file or a backup beside a value",
	.kind = ROW_FILE,
	.mode = 0600,
	.flags = ROW_VOLATILE | ROW_SECRET,
	.locate = scratch_locate,
	.exists = scratch_exists,
	.attr = scratch_attr,
	.open = scratch_open,
};

bool scratch_is(const struct node *node)
{
	return node->row == &scratch_row;
}

int scratch_setattr(struct op *op)
{
	struct scratch *scratch = scratch_of_node(op->core, op->node);
	struct timespec times[2] = { { .tv_nsec = UTIME_OMIT },
		{ .tv_nsec = UTIME_OMIT } };
	int err = scratch ? 0 : -ESTALE;

	if (!err && op->to_set & FUSE_SET_ATTR_SIZE)
		err = op->attr.st_size > SIZE_MAX_BYTES		   ? -EFBIG
			: ftruncate(scratch->fd, op->attr.st_size) ? -errno
								   : 0;
	if (op->to_set & FUSE_SET_ATTR_ATIME)
		times[0] = op->attr.st_atim;
	if (op->to_set & FUSE_SET_ATTR_MTIME)
		times[1] = op->attr.st_mtim;
	if (op->to_set & FUSE_SET_ATTR_MTIME_NOW)
		times[1].tv_nsec = UTIME_NOW;
	if (!err && futimens(scratch->fd, times))
		err = -errno;
	return err;
}
