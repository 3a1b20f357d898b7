/* SPDX-License-Identifier: MIT */
/* fs/jobs/ghost.c - NAME.job after its program was removed */
#include "fs/jobs/ghost.h"

#include <stdlib.h>
#include <string.h>

#include "fs/core/core.h"
#include "fs/jobs/jobs.h"

enum { GHOST_MS = 60000 };

struct ghost *ghost_add(struct core *core, pid_t pid, const struct file *dir,
	const char *name, const struct job *job)
{
	size_t size = strlen(name) + 1;
	struct ghost *ghost = malloc(sizeof(*ghost) + size);

	if (!ghost)
		return NULL;
	ghost->dir = dir->ino;
	ghost->pid = pid;
	ghost->until_ms = core->now_ms + GHOST_MS;
	ghost->key = strdup(job->key);
	memcpy(ghost->name, name, size);
	TAILQ_INSERT_TAIL(&core->jobs->ghosts, ghost, link);
	return ghost;
}

struct ghost *ghost_find(
	struct core *core, pid_t pid, const struct file *dir, const char *name)
{
	struct ghost *ghost, *next;

	for (ghost = TAILQ_FIRST(&core->jobs->ghosts); ghost; ghost = next) {
		next = TAILQ_NEXT(ghost, link);
		if (ghost->until_ms <= core->now_ms)
			ghost_free(core, ghost);
		else if (ghost->pid == pid && ghost->dir == dir->ino &&
			!strcmp(ghost->name, name))
			return ghost;
	}
	return NULL;
}

void ghost_free(struct core *core, struct ghost *ghost)
{
	if (!ghost)
		return;
	TAILQ_REMOVE(&core->jobs->ghosts, ghost, link);
	free(ghost->key);
	free(ghost);
}
