/* SPDX-License-Identifier: MIT */
/* fs/ops/xattr_operations.h - extended attributes of saved files */
#ifndef FS_OPS_XATTR_OPERATIONS_H
#define FS_OPS_XATTR_OPERATIONS_H

#include "fs/core/core.h"

/* Saved files have those of user.*; all others are ENOTSUP. */
void xattr_get(fuse_req_t req, fuse_ino_t ino, const char *name, size_t size);
void xattr_set(fuse_req_t req, fuse_ino_t ino, const char *name,
	const char *value, size_t size, int flags);
void xattr_list(fuse_req_t req, fuse_ino_t ino, size_t size);
void xattr_remove(fuse_req_t req, fuse_ino_t ino, const char *name);

#endif
