/* SPDX-License-Identifier: MIT */
/* fs/ops/virtual_entries.h - what the mount shows among saved files */
#ifndef FS_OPS_VIRTUAL_ENTRIES_H
#define FS_OPS_VIRTUAL_ENTRIES_H

#include "fs/core/listing.h"
#include "fs/files/spool.h"

/*
 * In a directory of saves stand, beside what was saved, .settings and for each
 * program that has run its job: a directory, or a link to one.
 */

/* What is shown under a name: 0 (found to be cleared), -ENOENT, -ENOMEM. */
int shown_find(struct spool_inode *dir, const char *name, struct found *found);
/* The same, or what was saved under the name. */
int shown_lookup(
	struct spool_inode *dir, const char *name, struct found *found);
/* Nothing can be saved under the mount's own names: -EPERM. */
int shown_refuses(const char *name);
/* What was saved, and what is shown beside it. 0 or -ENOMEM. */
int shown_list(struct spool_inode *dir, struct listing *listing);
/* Removes what op names and answers it: a job directory as a whole, once it has
 * ended (-EBUSY). -ENOENT, -EPERM. */
int shown_remove(struct op *op, struct spool_inode *dir);

#endif
