/* SPDX-License-Identifier: MIT */
/* fs/ops/stale.h - cached names that no longer stand for a job */
#ifndef FS_OPS_STALE_H
#define FS_OPS_STALE_H

#include <stdbool.h>

struct handle;
struct node;
struct op;

/*
 * The kernel keeps NAME.job and what is below it. If NAME runs again, is
 * renamed or removed, the nodes of its job expire (fs/core/notifier.h): the
 * kernel asks about them again, and is answered ESTALE, upon which it looks up
 * all names of the path and drops those that have gone.
 *
 * Who has a file or the directory of the job open, or works in it, uses no name
 * of it, and is to go on. FUSE does not tell who that is. So it is noted which
 * thread was answered ESTALE: if it asks about the same job again, and has
 * looked up nothing outside, it began at its working directory or at a
 * descriptor of a directory.
 *
 * The expiry ends when the kernel has dropped the old name. It does so when it
 * reads the answer to the look-up of the new one; that it has done so is known
 * when the same thread asks again.
 */

/* Call it for each request, before the others. */
void stale_asked(const struct op *op);
/* Whether the operation is about the node; false: answer ESTALE. */
bool stale_is_reached(const struct op *op, struct node *node);
/* Notes that the caller is answered ESTALE about the node. */
void stale_tell(const struct op *op, const struct node *node);
/* Call it when the kernel was told what a name stands for. */
void stale_named(const struct op *op, struct node *node);
/* Whether the caller was answered ESTALE about the job of the node, or has
 * looked it up since. */
bool stale_was_told(const struct op *op, const struct node *node);

/* The last handle of the node that the caller's process has opened (reads: to
 * read past the page cache); NULL: none. */
struct handle *handle_of_caller(
	const struct op *op, const struct node *node, bool reads);

#endif
