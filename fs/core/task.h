/* SPDX-License-Identifier: MIT */
/* fs/core/task.h - what a thread does for an operation, which waits for it */
#ifndef FS_CORE_TASK_H
#define FS_CORE_TASK_H

#include <stdbool.h>

#include "fs/core/op.h"

/*
 * The first member of a struct with what the work needs. The thread holds it
 * until `done` was called, and so does the operation that it is given to; both
 * may go first: an interrupted operation does not end the work.
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

/* Starts it. Taken: freed on error, which is the worker's. */
int task_start(struct worker *worker, struct task *task);
/* op, which has no task yet, holds it until it ends. */
void task_give(struct task *task, struct op *op);
/* Of op's task: what work has returned, or -EINPROGRESS. */
int task_wait(struct op *op);
void task_drop(struct task *task);

#endif
