/* SPDX-License-Identifier: MIT */
/* fs/ops/close_probe.c - asks /proc about a closing process, off the loop */
#include "fs/ops/close_probe.h"

#include <errno.h>
#include <stdlib.h>

#include "fs/core/core.h"

enum { TIMEOUT_MS = 250 };

struct close_probe {
	struct task task;
	pid_t tid, opener;
	uint64_t ino;
	enum writer_close found;
};

static int probe_work(struct task *task)
{
	struct close_probe *probe = (struct close_probe *)task;

	probe->found = writer_close(probe->tid, probe->opener, probe->ino);
	return 0;
}

static int probe_start(struct op *op, pid_t opener, uint64_t ino)
{
	struct close_probe *probe = calloc(1, sizeof(*probe));

	if (!probe)
		return -ENOMEM;
	probe->task.work = probe_work;
	probe->tid = op->pid;
	probe->opener = opener;
	probe->ino = ino;
	int err = task_start(op->core->prober, &probe->task);
	if (err)
		return err;
	task_give(&probe->task, op);
	op->is_uninterruptible = true;
	op_deadline(op, op->core->now_ms + TIMEOUT_MS);
	return 0;
}

int close_probe_ask(
	struct op *op, pid_t opener, uint64_t ino, enum writer_close *found)
{
	int err = op->task ? 0 : probe_start(op, opener, ino);

	if (!err && !op->is_late)
		err = task_wait(op);
	if (err)
		return err;
	*found = op->task->is_done ? ((struct close_probe *)op->task)->found
				   : WRITER_UNKNOWN;
	task_drop(op->task);
	op->task = NULL;
	op->is_uninterruptible = false;
	op_deadline_clear(op);
	return 0;
}
