/* SPDX-License-Identifier: MIT */
/* fs/ops/lookup.h - what a name stands for, as replies to the kernel */
#ifndef FS_OPS_LOOKUP_H
#define FS_OPS_LOOKUP_H

#include "fs/core/core.h"

/* Finds a name in a row's directory. 0 (found to be cleared by the caller),
 * -ENOENT, -EINPROGRESS, ... */
int dir_find(struct op *op, struct node *dir, const char *name,
	struct lookup_result *found);

/* Lists a row's directory: static rows, then dynamic entries. */
int dir_list(struct op *op, struct node *dir, struct listing *listing);

/* Fills in attributes and time-outs, without a request. A row's node is held
 * for the caller in *held (NULL for a saved file, and on error). 0; 1: they are
 * not cached, and the entry has only what all nodes of the row share; -errno.
 */
int lookup_fill(struct op *op, const struct lookup_result *found,
	struct fuse_entry_param *entry, struct node **held);

/* Call it when the kernel has been given the attributes from row_attr. */
void node_told(const struct core *core, struct node *node, double timeout_s);
/* Call it when the kernel has been given a filled entry, and a reference with
 * it. */
void lookup_told(const struct op *op, const struct lookup_result *found,
	const struct fuse_entry_param *entry, struct node *held);

/* Replies with the entry, with cached attributes or none: sends no request.
 * Clears found. */
int lookup_reply(struct op *op, struct lookup_result *found);

/* How long the kernel may cache a saved file's attributes. */
double saved_timeout_s(const struct file *file);

/* Answers op from an open directory's listing. */
int listing_reply(struct op *op, struct listing *listing);

#endif
