/* SPDX-License-Identifier: MIT */
/* fs/ops/cut.c - large files are truncated by the worker */
#include "fs/ops/cut.h"

#include <errno.h>
#include <stdlib.h>
#include <unistd.h>

#include "fs/core/core.h"
#include "fs/core/task.h"
#include "fs/ops/saved_files.h"

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
	int err = task_start(op->core->worker, &cut->task);
	if (!err)
		task_give(&cut->task, op);
	return err;
}

int cut_ahead(struct op *op, struct file *file, off_t size)
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
	op->is_deaf = err == -EINPROGRESS;
	return err;
}
