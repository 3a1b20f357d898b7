/* SPDX-License-Identifier: MIT */
/* fs/ops/scratch.h - other names beside values: temporary files and backups */
#ifndef FS_OPS_SCRATCH_H
#define FS_OPS_SCRATCH_H

#include "fs/core/core.h"

struct scratch;

/*
 * Most programs save by another name: they write `domains.tmp` and rename it
 * onto `domains`, or move the old `domains` to `domains~` first. In a directory
 * of values (ROW_SCRATCH) such names can be created. They exist only in memory
 * (memfd_create), with mode 0600 whatever chmod says, since they may hold a
 * vault's text. Only the rename onto a value sends something, and its error is
 * rename's. A name that nobody has had open for a minute is dropped, with a
 * line in .unsandboxfs/errors.
 */

/* All are called by operations; dir is a row's directory. */

bool scratch_has(struct op *op, const struct node *dir, const char *name);
/* 0: found, to be cleared by the caller; -ENOENT. */
int scratch_find(struct op *op, const struct node *dir, const char *name,
	struct lookup_result *found);
int scratch_list(
	struct op *op, const struct node *dir, struct listing *listing);
/* Whether a scratch file of this name may be created in dir, where nothing else
 * has it: 1, 0, -ENOMEM. */
int scratch_takes(struct op *op, const struct node *dir, const char *name);
/* Creates a scratch file with this content. -ENOSPC: there are too many. */
int scratch_make(struct op *op, const struct node *dir, const char *name,
	const char *text, size_t len, struct lookup_result *found);
/* -ENOENT: there is none. */
int scratch_remove(struct op *op, const struct node *dir, const char *name);
/* Renames it, replacing an older one of the new name. 0 or -errno. */
int scratch_rename(struct op *op, const struct node *dir, const char *name,
	const char *new_name);
/* NULL if there is none. Borrowed. */
struct scratch *scratch_in(
	struct op *op, const struct node *dir, const char *name);
struct scratch *scratch_of_node(
	const struct core *core, const struct node *node);
/* Its content. text is owned by the caller, free(), and ends with a NUL.
 * -ENOENT: scratch is NULL. */
int scratch_text(const struct scratch *scratch, char **text, size_t *len);
bool scratch_is(const struct node *node);
int scratch_setattr(struct op *op);

#endif
