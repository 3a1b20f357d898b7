/* SPDX-License-Identifier: MIT */
/* fs/core/notifier.h - tells the kernel that what it was told is so no more */
#ifndef FS_CORE_NOTIFIER_H
#define FS_CORE_NOTIFIER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "fs/core/op.h"

/*
 * The kernel believes attributes and pages until their time is out. What
 * changes earlier it must be told, and telling may wait for a page that a read
 * has locked, which the loop is to answer: so a thread does it, the loop never.
 * It tells of inodes alone. Telling of a name would wait for the lock of its
 * directory; a name that stands for nothing any more is answered ESTALE where
 * it is used, and the kernel looks it up anew.
 */
struct notifier {
	struct worker *worker;
	uint64_t *inodes; /* to be told at the end of this turn of the loop */
	size_t count, room;
	uint64_t posted, told; /* since the mount began */
	size_t swept;	       /* buckets of nodes that were gone through */
	bool is_sweeping;      /* all nodes are gone through, in steps */
	struct op_list waiters;
};

int notifier_init(struct notifier *notifier);
/* Waits for the thread. The kernel's reads must have been answered. */
void notifier_clear(struct notifier *notifier);

/* The kernel is to ask again about this inode, if it believes something. */
void notify_inode(struct core *core, uint64_t ino);
/* About all of them, in steps. */
void notify_all(struct core *core);

/* Hands over what was posted; called by the loop once a turn. */
void notifier_run(struct core *core);
/* Whether there is more to be done in the next turn. */
bool notifier_wants_turn(const struct core *core);
bool notifier_is_busy(const struct core *core);

/*
 * Parks op until the kernel has heard all that was posted before the first
 * call: -EINPROGRESS. 0 when it has, at the latest after a second. The
 * operation must not post again when it is run again: op->is_settling is set.
 */
int notifier_settle(struct op *op);

#endif
