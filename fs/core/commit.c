/* SPDX-License-Identifier: MIT */
/* fs/core/commit.c - makes a saved file durable, in the worker */
#include "fs/core/commit.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <syslog.h>

#include "fs/base/base.h"
#include "fs/core/core.h"
#include "fs/files/files.h"

struct commit {
	struct task task;
	struct file_commit *commit;
};

static int commit_work(struct task *task)
{
	return file_commit_work(((struct commit *)task)->commit);
}

static void commit_done(struct task *task)
{
	task->err = file_commit_end(((struct commit *)task)->commit);
	if (task->err)
		log_line(LOG_ERR, "a file could not be kept: %s",
			strerror(-task->err));
}

int commit_start(struct core *core, struct file *file,
	struct file_opened *opened, struct op *op)
{
	struct commit *commit = calloc(1, sizeof(*commit));
	int err = 0;

	if (!commit)
		return -ENOMEM;
	commit->commit = file_commit_begin(file, opened, &err);
	if (!commit->commit) {
		free(commit);
		return err;
	}
	struct file_commit *begun = commit->commit;
	commit->task.work = commit_work;
	commit->task.done = commit_done;
	err = task_start(core->worker, &commit->task);
	if (err)
		file_commit_end(begun);
	else if (op)
		task_give(&commit->task, op);
	return err;
}
