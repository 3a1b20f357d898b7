/* SPDX-License-Identifier: MIT */
/* fs/core/task.h - what a thread does for an operation, which waits for it */
#ifndef FS_CORE_TASK_H
#define FS_CORE_TASK_H

#include <stdbool.h>

#include "fs/core/op.h"

/*
 * The first member of a struct with what the work needs. Both the thread, until
 * `done` was called, and the operation that it is given to hold it; either may
 * end first: an interrupted operation does not end the work.
 */
struct task {
	int (*work)(struct task *task);	 /* in the thread; 0 or -errno */
	void (*done)(struct task *task); /* on the loop; NULL: nothing */
	void (*free)(struct task *task); /* NULL: free() */
	struct op_list waiters;
	unsigned holds;
	bool is_done;
	int err; /* of work */
};

/* Starts it. Taken: freed on error. The errors of worker_submit. */
int task_start(struct worker *worker, struct task *task);
/* Makes op, which has no task yet, hold the task until op ends. */
void task_give(struct task *task, struct op *op);
/* task_start, and task_give if there was no error. */
int task_start_for(struct op *op, struct worker *worker, struct task *task);
/* What the work of op's task has returned, or -EINPROGRESS. */
int task_wait(struct op *op);
void task_drop(struct task *task);

#endif
