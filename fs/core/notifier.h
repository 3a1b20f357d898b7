/* SPDX-License-Identifier: MIT */
/* fs/core/notifier.h - invalidates what the kernel has cached */
#ifndef FS_CORE_NOTIFIER_H
#define FS_CORE_NOTIFIER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "fs/core/op.h"

/*
 * The kernel caches attributes and pages until their time-out. What changes
 * before that must be invalidated. Invalidating may block on a page that a
 * pending read has locked, and the loop has to answer that read: so a thread
 * does it, never the loop (fs/FUSE.md 4.5). Only inodes are invalidated.
 * Invalidating a name would block on the lock of its directory. A name that no
 * longer exists, or now stands for another node, is answered ESTALE when it is
 * used, and the kernel looks it up again.
 */
struct notifier {
	struct worker *worker;
	uint64_t *inodes; /* to be invalidated at the end of this turn */
	size_t count, room;
	uint64_t posted, invalidated; /* since the mount began */
	uint64_t expiries;
	size_t swept;	  /* buckets of nodes that were visited */
	bool is_sweeping; /* all nodes are being invalidated, in steps */
	struct op_list waiters;
};

int notifier_init(struct notifier *notifier);
/* Waits for the thread. The kernel's reads must have been answered. Nothing is
 * posted any more. */
void notifier_clear(struct notifier *notifier);

/* Invalidates the inode of a node, if the kernel has cached something of it. */
void notify_inode(struct core *core, uint64_t ino);
/* The same for a saved file, whose dirty pages the kernel sends first. */
void notify_file(struct core *core, uint64_t ino);
/* The same for a node, a name of which has gone. */
void notify_expire(struct core *core, uint64_t ino);
/* Invalidates all nodes, in steps. */
void notify_all(struct core *core);

/* Passes what was posted to the thread; called once a turn of the loop. */
void notifier_run(struct core *core);
/* Whether the next turn must not wait. */
bool notifier_wants_turn(const struct core *core);
bool notifier_is_busy(const struct core *core);

/*
 * Parks op until all that was posted before the first call is invalidated:
 * -EINPROGRESS. Then returns 0, at the latest after a second. The operation
 * must not post again when it is run again: op->is_settling is set.
 */
int notifier_settle(struct op *op);

#endif
