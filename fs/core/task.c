/* SPDX-License-Identifier: MIT */
/* fs/core/task.c - what a thread does for an operation, which waits for it */
#include "fs/core/task.h"

#include <stdlib.h>

#include "api/api.h"

void task_drop(struct task *task)
{
	if (--task->holds)
		return;
	if (task->free)
		task->free(task);
	else
		free(task);
}

static void task_work(void *ctx)
{
	struct task *task = ctx;

	task->err = task->work(task);
}

static void task_done(void *ctx)
{
	struct task *task = ctx;

	task->is_done = true;
	if (task->done)
		task->done(task);
	ops_wake(&task->waiters);
	task_drop(task);
}

int task_start(struct worker *worker, struct task *task)
{
	TAILQ_INIT(&task->waiters);
	task->holds = 1;
	int err = worker_submit(worker, task_work, task_done, task);
	if (err)
		task_drop(task);
	return err;
}

void task_give(struct task *task, struct op *op)
{
	op->task = task;
	task->holds++;
}

int task_start_for(struct op *op, struct worker *worker, struct task *task)
{
	int err = task_start(worker, task);

	if (!err)
		task_give(task, op);
	return err;
}

int task_wait(struct op *op)
{
	struct task *task = op->task;

	return task->is_done ? task->err : op_wait(op, &task->waiters);
}
