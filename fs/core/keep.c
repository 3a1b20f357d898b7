/* SPDX-License-Identifier: MIT */
/* fs/core/keep.c - small files of the account are replaced, and made durable */
#include "fs/core/keep.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <syslog.h>
#include <unistd.h>

#include "fs/base/base.h"
#include "fs/core/core.h"
#include "fs/core/task.h"

/* A waiting operation gets the error, too. */
static int keep_last(const struct core *core, const char *name)
{
	int err = state_keep_last(core->state.fd, name);

	if (err)
		log_line(LOG_ERR, "%s/%s could not be kept: %s",
			core->state.path, name, strerror(-err));
	return err;
}

static void keep_work(void *ctx)
{
	const struct keep *keep = ctx;

	keep_last(keep->core, keep->name);
}

static void keep_start(struct keep *keep);

static void keep_done(void *ctx)
{
	struct keep *keep = ctx;

	keep->is_busy = false;
	if (keep->is_again)
		keep_start(keep);
}

/* One at a time: what is written meanwhile is left to the next. There is no
 * worker at the end of the mount, which writes nothing new. */
static void keep_start(struct keep *keep)
{
	struct worker *worker = keep->core->recorder;

	keep->is_again = keep->is_busy;
	if (worker && !keep->is_busy)
		keep->is_busy =
			!worker_submit(worker, keep_work, keep_done, keep);
}

static struct keep *keep_of(struct core *core, const char *name)
{
	struct keep *keep = core->keeps;

	while (keep->name && strcmp(keep->name, name))
		keep++;
	if (!keep->name)
		*keep = (struct keep){ .core = core, .name = name };
	return keep;
}

int keep_write(
	struct core *core, const char *name, const void *bytes, size_t len)
{
	int err = state_write_last(core->state.fd, name, bytes, len);

	if (!err)
		keep_start(keep_of(core, name));
	return err;
}

struct sync {
	struct task task;
	const struct core *core;
	const char *names[KEEPS_MAX];
};

static int sync_work(struct task *task)
{
	const struct sync *sync = (struct sync *)task;
	int err = fsync(sync->core->state.jobs_fd) ? -errno : 0;

	for (size_t i = 0; !err && i < KEEPS_MAX && sync->names[i]; i++)
		err = keep_last(sync->core, sync->names[i]);
	return err;
}

int keep_sync(struct op *op)
{
	struct sync *sync = calloc(1, sizeof(*sync));

	if (!sync)
		return -ENOMEM;
	sync->task.work = sync_work;
	sync->core = op->core;
	for (size_t i = 0; i < KEEPS_MAX; i++)
		sync->names[i] = op->core->keeps[i].name;
	int err = task_start_for(op, op->core->recorder, &sync->task);
	return err ? err : task_wait(op);
}
