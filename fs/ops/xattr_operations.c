/* SPDX-License-Identifier: MIT */
/* fs/ops/xattr_operations.c - extended attributes of saved files */
#include "fs/ops/xattr_operations.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "fs/core/core.h"
#include "fs/files/spool.h"

static struct spool_inode *inode_of(fuse_req_t req, fuse_ino_t ino)
{
	struct core *core = fuse_req_userdata(req);

	core->operations++;
	return spool_by_ino(core->spool, ino);
}

static bool is_of_user(const char *name)
{
	return !strncmp(name, "user.", 5);
}

static void reply_bytes(
	fuse_req_t req, size_t size, const char *bytes, ssize_t n)
{
	if (n < 0)
		fuse_reply_err(req, -n);
	else if (!size)
		fuse_reply_xattr(req, n);
	else
		fuse_reply_buf(req, bytes, n);
}

void xattr_get(fuse_req_t req, fuse_ino_t ino, const char *name, size_t size)
{
	struct spool_inode *inode = inode_of(req, ino);
	char *bytes;

	if (!inode || !is_of_user(name)) {
		fuse_reply_err(req, ENOTSUP);
		return;
	}
	bytes = malloc(size ? size : 1);
	if (!bytes) {
		fuse_reply_err(req, ENOMEM);
		return;
	}
	reply_bytes(req, size, bytes, spool_getxattr(inode, name, bytes, size));
	free(bytes);
}

void xattr_list(fuse_req_t req, fuse_ino_t ino, size_t size)
{
	struct spool_inode *inode = inode_of(req, ino);
	char *bytes;

	if (!inode) {
		reply_bytes(req, size, "", 0);
		return;
	}
	bytes = malloc(size ? size : 1);
	if (!bytes) {
		fuse_reply_err(req, ENOMEM);
		return;
	}
	reply_bytes(req, size, bytes, spool_listxattr(inode, bytes, size));
	free(bytes);
}

void xattr_set(fuse_req_t req, fuse_ino_t ino, const char *name,
	const char *value, size_t size, int flags)
{
	struct spool_inode *inode = inode_of(req, ino);
	struct core *core = fuse_req_userdata(req);
	int err = -ENOTSUP;

	if (inode && is_of_user(name))
		err = spool_setxattr(core->spool, inode, name, value, size,
			flags, &core->now);
	fuse_reply_err(req, -err);
}

void xattr_remove(fuse_req_t req, fuse_ino_t ino, const char *name)
{
	struct spool_inode *inode = inode_of(req, ino);
	struct core *core = fuse_req_userdata(req);
	int err = -ENOTSUP;

	if (inode && is_of_user(name))
		err = spool_removexattr(core->spool, inode, name, &core->now);
	fuse_reply_err(req, -err);
}
