/* SPDX-License-Identifier: MIT */
/* fs/ops/proc_probe.c - asks /proc about a process, off the loop */
#include "fs/ops/proc_probe.h"

#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>

#include "fs/core/core.h"
#include "fs/ops/caller.h"

enum { TIMEOUT_MS = 250 };

struct close_probe {
	struct task task;
	pid_t tid, opener;
	uint64_t ino;
	enum writer_close found;
};

struct making_probe {
	struct task task;
	pid_t tid;
	char dir[NAME_MAX + 1], name[NAME_MAX + 1];
	bool makes;
};

static int probe_start(struct op *op, struct task *task)
{
	int err = task_start_for(op, op->core->prober, task);

	if (err)
		return err;
	op_deadline(op, op->core->now_ms + TIMEOUT_MS);
	return 0;
}

/* Returns 0 also if the probe takes too long. */
static int probe_wait(struct op *op)
{
	return op->is_late ? 0 : task_wait(op);
}

static void probe_end(struct op *op)
{
	task_drop(op->task);
	op->task = NULL;
	op->is_uninterruptible = false;
	op_deadline_clear(op);
}

static int close_work(struct task *task)
{
	struct close_probe *probe = (struct close_probe *)task;

	probe->found = writer_close(probe->tid, probe->opener, probe->ino);
	return 0;
}

static int close_start(struct op *op, pid_t opener, uint64_t ino)
{
	struct close_probe *probe = calloc(1, sizeof(*probe));

	if (!probe)
		return -ENOMEM;
	probe->task.work = close_work;
	probe->tid = op->pid;
	probe->opener = opener;
	probe->ino = ino;
	op->is_uninterruptible = true;
	return probe_start(op, &probe->task);
}

int close_probe_ask(
	struct op *op, pid_t opener, uint64_t ino, enum writer_close *found)
{
	int err = op->task ? 0 : close_start(op, opener, ino);

	if (!err)
		err = probe_wait(op);
	if (err)
		return err;
	*found = op->task->is_done ? ((struct close_probe *)op->task)->found
				   : WRITER_UNKNOWN;
	probe_end(op);
	return 0;
}

static int making_work(struct task *task)
{
	struct making_probe *probe = (struct making_probe *)task;

	probe->makes = caller_makes(probe->tid, probe->dir, probe->name);
	return 0;
}

static int making_start(struct op *op)
{
	struct making_probe *probe = calloc(1, sizeof(*probe));

	if (!probe)
		return -ENOMEM;
	probe->task.work = making_work;
	probe->tid = op->pid;
	snprintf(probe->dir, sizeof(probe->dir), "%s", op->node->name);
	snprintf(probe->name, sizeof(probe->name), "%s", op->name);
	return probe_start(op, &probe->task);
}

int making_probe_ask(struct op *op, bool *makes)
{
	int err = op->task ? 0 : making_start(op);

	if (!err)
		err = probe_wait(op);
	if (err)
		return err;
	*makes = op->task->is_done && ((struct making_probe *)op->task)->makes;
	probe_end(op);
	return 0;
}
