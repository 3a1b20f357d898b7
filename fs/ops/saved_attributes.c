/* SPDX-License-Identifier: MIT */
/* fs/ops/saved_attributes.c - attributes of saved files, and truncation */
#include "fs/ops/saved_files.h"

#include <errno.h>
#include <stdlib.h>
#include <unistd.h>

#include "fs/core/core.h"
#include "fs/ops/lookup.h"
#include "fs/ops/request.h"

int saved_getattr(struct op *op)
{
	struct stat attr;
	int err = file_stat(op->file, &attr);

	return err ? err : op_reply_attr(op, &attr, saved_timeout_s(op->file));
}

/* ---- truncation ---- */

/* The kernel holds the inode's lock meanwhile, so nothing is written. */
struct cut {
	struct task task;
	int fd;
	off_t size;
};

static int cut_work(struct task *task)
{
	const struct cut *cut = (struct cut *)task;

	return ftruncate(cut->fd, cut->size) ? -errno : 0;
}

static void cut_free(struct task *task)
{
	struct cut *cut = (struct cut *)task;

	close(cut->fd);
	free(cut);
}

static int cut_start(struct op *op, int fd, off_t size)
{
	struct cut *cut = malloc(sizeof(*cut));

	if (!cut) {
		close(fd);
		return -ENOMEM;
	}
	*cut = (struct cut){
		.task = { .work = cut_work, .free = cut_free },
		.fd = fd,
		.size = size,
	};
	return task_start_for(op, op->core->worker, &cut->task);
}

int saved_truncate(struct op *op, struct file *file, off_t size)
{
	int err = op_wait_thaw(op, file);

	if (!err && !op->task) {
		int fd = file_open_cut(file, size);
		if (fd == -ENOENT)
			return 0;
		err = fd < 0 ? fd : cut_start(op, fd, size);
	}
	if (!err)
		err = task_wait(op);
	op->is_uninterruptible = err == -EINPROGRESS;
	return err;
}

/* ---- setattr ---- */

_Static_assert(FILE_SET_SIZE == FUSE_SET_ATTR_SIZE &&
		FILE_SET_MTIME == FUSE_SET_ATTR_MTIME &&
		FILE_SET_MTIME_NOW == FUSE_SET_ATTR_MTIME_NOW,
	"the kernel's bits are passed on");

static const char no_owner[] =
	"owners can be changed only if the daemon is root and mounted without "
	"uid= and gid=; top directories are the mounting user's";

int saved_setattr(struct op *op)
{
	struct file *file = op->file;
	struct file_opened *opened = op->handle ? &op->handle->opened : NULL;
	int err = 0;

	if (op->to_set & FILE_SET_SIZE)
		err = saved_truncate(op, file, op->attr.st_size);
	if (!err)
		err = file_setattr(file, opened, op->to_set, &op->attr);
	if (err == -EPERM && op->to_set & (FILE_SET_UID | FILE_SET_GID))
		request_refuse_in(op, op->ino, NULL, no_owner);
	return err ? err : saved_getattr(op);
}
