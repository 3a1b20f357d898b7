/* SPDX-License-Identifier: MIT */
/* fs/ops/virtual_entries.h - entries of the mount among saved files */
#ifndef FS_OPS_VIRTUAL_ENTRIES_H
#define FS_OPS_VIRTUAL_ENTRIES_H

#include "fs/core/core.h"
#include "fs/files/files.h"

/*
 * Beside its saved files a directory has .settings and, for each program that
 * has run, its job (a directory, or a link to one); a draft of jobs has commit.
 * .settings and commit are not listed, so that tar, git and cp -r see only
 * files.
 */

/* Finds a saved file or virtual entry: 0 (found to be cleared), -ENOENT,
 * -ENOMEM, ... */
int virtual_lookup(struct op *op, struct file *dir, const char *name,
	struct lookup_result *found);
/* Whether a virtual entry may have this name, now or later. */
bool virtual_is_name(const char *name);
/* -EPERM, explained, if this is the name of a virtual entry, under which
 * nothing of this type can be saved; else 0. */
int virtual_refuses(
	struct op *op, struct file *dir, const char *name, mode_t type);
/* The same for a directory that is moved to `to`, where it would get .settings
 * although it contains a directory of that name. */
int virtual_stays_apart(struct op *op, struct file *file, struct file *to);
/* Lists saved files and their jobs. 0 or -errno. */
int virtual_list(struct core *core, struct file *dir, struct listing *listing);
/* Removes op->name, which is this file; its job may be removed after it by the
 * same process. The operation must settle (fs/core/notifier.h). 0 or
 * -errno. */
int virtual_unlink(struct op *op, struct file *dir, struct file *file);
/* Removes a virtual entry: a job with its directory. 0, -EBUSY if it has not
 * ended, -ENOENT, -EPERM. */
int virtual_remove(struct op *op, struct file *dir);
#endif
