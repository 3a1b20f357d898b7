/* SPDX-License-Identifier: MIT */
/* fs/ops/request.h - a request of the kernel becomes an operation */
#ifndef FS_OPS_REQUEST_H
#define FS_OPS_REQUEST_H

#include "fs/core/op.h"

/* The mount that a request is to; counts it. */
struct core *request_fs(fuse_req_t req);

/* Whether a row of the tree has this inode number, and not a saved file. */
bool request_is_row(const struct core *core, fuse_ino_t ino);

/* An operation on `ino`, whose code depends on what stands there. NULL: no
 * memory, and the request has been answered. */
struct op *request_on(fuse_req_t req, fuse_ino_t ino,
	int (*on_row)(struct op *), int (*on_inode)(struct op *));

/* The same with a name, which is copied: the request's buffer goes. */
struct op *request_named(fuse_req_t req, fuse_ino_t ino, const char *name,
	int (*on_row)(struct op *), int (*on_inode)(struct op *));

/* What the tree does not offer: -EPERM. */
int request_refuse(struct op *op);
/* What was asked could not be kept: -ENOMEM. */
int request_lacks_memory(struct op *op);

#endif
