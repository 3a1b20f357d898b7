/* SPDX-License-Identifier: MIT */
/* fs/jobs/ghost.h - NAME.job after its program was removed */
#ifndef FS_JOBS_GHOST_H
#define FS_JOBS_GHOST_H

#include <stdint.h>
#include <sys/queue.h>
#include <sys/types.h>

/*
 * NAME.job goes with NAME. But `rm -r *` names both: it removes NAME first, and
 * would then not find NAME.job. So the process that has removed a program still
 * finds its job for a minute, as a link to nothing that it can remove.
 */

struct core;
struct file;
struct job;

struct ghost {
	TAILQ_ENTRY(ghost) link;
	uint64_t dir;
	pid_t pid;
	uint64_t until_ms;
	char *key; /* of the job; NULL: out of memory */
	char name[];
};
TAILQ_HEAD(ghost_list, ghost);

/* The process pid is about to remove the program `name` from dir. NULL: out of
 * memory, there is no ghost. */
struct ghost *ghost_add(struct core *core, pid_t pid, const struct file *dir,
	const char *name, const struct job *job);
/* NULL: this process has not removed such a program. */
struct ghost *ghost_find(
	struct core *core, pid_t pid, const struct file *dir, const char *name);
/* Takes NULL. */
void ghost_free(struct core *core, struct ghost *ghost);

#endif
