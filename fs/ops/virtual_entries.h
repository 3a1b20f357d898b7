/* SPDX-License-Identifier: MIT */
/* fs/ops/virtual_entries.h - what the mount shows among saved files */
#ifndef FS_OPS_VIRTUAL_ENTRIES_H
#define FS_OPS_VIRTUAL_ENTRIES_H

#include "fs/core/listing.h"
#include "fs/files/files.h"

/*
 * Beside the saved files of a directory there are, for each program that has
 * run, its job (a directory, or a link to one), and .settings. The latter is
 * not listed: tar, git and cp -r are to see files alone.
 */

/* What stands under a name, saved or shown: 0 (found to be cleared), -ENOENT,
 * -ENOMEM, ... */
int shown_lookup(struct core *core, struct file *dir, const char *name,
	struct found *found);
/* Nothing can be saved under the mount's own names: -EPERM. */
int shown_refuses(const char *name);
/* What was saved, and what is shown beside it. 0 or -errno. */
int shown_list(struct core *core, struct file *dir, struct listing *listing);
/* Removes what op names and answers it: a job directory as a whole, once it has
 * ended (-EBUSY). -ENOENT, -EPERM. */
int shown_remove(struct op *op, struct file *dir);

#endif
