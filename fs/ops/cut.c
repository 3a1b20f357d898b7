/* SPDX-License-Identifier: MIT */
/* fs/ops/cut.c - large files are truncated by the worker */
#include "fs/ops/cut.h"

#include <errno.h>
#include <stdlib.h>
#include <unistd.h>

#include "fs/core/core.h"

/* The kernel holds the inode's lock meanwhile, so nothing is written. */
struct cut {
	int fd;
	off_t size;
	int err;
	bool is_done;
	unsigned holds; /* the worker's, and the operation's */
	struct op_list waiters;
};

/* The operation's pointer to it; op->extra is freed with free(). */
struct cut_hold {
	struct cut *cut;
};

static void cut_drop(struct cut *cut)
{
	if (--cut->holds)
		return;
	close(cut->fd);
	free(cut);
}

static void cut_end(struct op *op)
{
	struct cut_hold *hold = op->extra;

	if (hold)
		cut_drop(hold->cut);
}

static void cut_work(void *ctx)
{
	struct cut *cut = ctx;

	cut->err = ftruncate(cut->fd, cut->size) ? -errno : 0;
}

static void cut_done(void *ctx)
{
	struct cut *cut = ctx;

	cut->is_done = true;
	ops_wake(&cut->waiters);
	cut_drop(cut);
}

static int cut_start(struct op *op, int fd, off_t size)
{
	struct cut_hold *hold = malloc(sizeof(*hold));
	struct cut *cut = malloc(sizeof(*cut));
	int err = hold && cut ? 0 : -ENOMEM;

	if (!err) {
		*cut = (struct cut){ .fd = fd, .size = size, .holds = 2 };
		TAILQ_INIT(&cut->waiters);
		err = worker_submit(op->core->worker, cut_work, cut_done, cut);
	}
	if (err) {
		close(fd);
		free(hold);
		free(cut);
		return err;
	}
	hold->cut = cut;
	op->extra = hold;
	op->end = cut_end;
	return 0;
}

int cut_ahead(struct op *op, struct file *file, off_t size)
{
	struct cut_hold *hold = op->extra;
	int fd, err;

	if (!hold) {
		fd = file_open_cut(file, size);
		if (fd == -ENOENT)
			return 0;
		err = fd < 0 ? fd : cut_start(op, fd, size);
		if (err)
			return err;
		hold = op->extra;
	}
	op->is_deaf = !hold->cut->is_done;
	return hold->cut->is_done ? hold->cut->err
				  : op_wait(op, &hold->cut->waiters);
}
