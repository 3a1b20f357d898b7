/* SPDX-License-Identifier: MIT */
/* fs/core/disk.c - whether the state directory's disk takes changes now */
#include "fs/core/disk.h"

#include <stdlib.h>
#include <sys/stat.h>

#include "fs/core/core.h"

/* how long a try that succeeded counts; a try takes microseconds */
enum { FRESH_MS = 5 };

struct disk_try {
	struct task task;
	struct core *core;
};

void disk_init(struct disk *disk)
{
	*disk = (struct disk){ .is_asked = false };
	TAILQ_INIT(&disk->waiters);
}

/* Setting the directory's time is a change like any other: it waits for a
 * frozen file system, a server, or a full journal. Errors are left to the
 * change itself. */
static int try_work(struct task *task)
{
	futimens(((struct disk_try *)task)->core->state.fd, NULL);
	return 0;
}

static void try_done(struct task *task)
{
	struct core *core = ((struct disk_try *)task)->core;
	struct disk *disk = &core->disk;

	disk->is_asked = false;
	disk->fresh_until_ms = core->now_ms + FRESH_MS;
	for (size_t i = 0; i < DISK_LATE_MAX && disk->late[i]; i++) {
		disk->late[i](core);
		disk->late[i] = NULL;
	}
	ops_wake(&disk->waiters);
}

bool disk_is_ready(struct core *core)
{
	struct disk *disk = &core->disk;
	struct disk_try *try;

	if (!disk->is_asked && core->now_ms < disk->fresh_until_ms)
		return true;
	if (disk->is_asked)
		return false;
	try = disk->worker ? calloc(1, sizeof(*try)) : NULL;
	if (!try)
		return true;
	try->core = core;
	try->task.work = try_work;
	try->task.done = try_done;
	disk->is_asked = task_start(disk->worker, &try->task) == 0;
	return !disk->is_asked;
}

int disk_wait(struct op *op)
{
	if (op->has_tried_disk || disk_is_ready(op->core))
		return 0;
	op->has_tried_disk = true;
	return op_wait(op, &op->core->disk.waiters);
}

void disk_later(struct core *core, void (*save)(struct core *core))
{
	struct disk *disk = &core->disk;
	size_t i = 0;

	if (disk_is_ready(core)) {
		save(core);
		return;
	}
	while (i < DISK_LATE_MAX && disk->late[i] && disk->late[i] != save)
		i++;
	if (i < DISK_LATE_MAX)
		disk->late[i] = save;
}
