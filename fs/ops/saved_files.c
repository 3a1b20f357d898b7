/* SPDX-License-Identifier: MIT */
/* fs/ops/saved_files.c - the kernel's requests about saved files */
#include "fs/ops/saved_files.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>

#include "fs/core/core.h"
#include "fs/core/handle.h"
#include "fs/files/spool.h"
#include "fs/jobs/dir_kind.h"
#include "fs/jobs/run.h"
#include "fs/ops/lookup.h"
#include "fs/ops/open_descriptors.h"
#include "fs/ops/save.h"
#include "fs/ops/virtual_entries.h"

struct spool_inode *op_inode(const struct op *op)
{
	return spool_by_ino(op->core->spool, op->ino);
}

struct spool_inode *op_directory(const struct op *op)
{
	struct spool_inode *inode = op_inode(op);

	return inode && S_ISDIR(inode->mode) ? inode : NULL;
}

void inode_attr(const struct core *core, const struct spool_inode *inode,
	struct stat *attr, double *timeout_s)
{
	(void)core;
	memset(attr, 0, sizeof(*attr));
	attr->st_ino = inode->ino;
	attr->st_mode = inode->mode;
	attr->st_nlink = S_ISDIR(inode->mode) ? 1 : inode->nlink;
	attr->st_uid = inode->uid;
	attr->st_gid = inode->gid;
	attr->st_size =
		S_ISLNK(inode->mode) ? strlen(inode->target) : inode->size;
	if (S_ISDIR(inode->mode))
		attr->st_size = 0;
	attr->st_blocks = (attr->st_size + 511) / 512;
	attr->st_blksize = 4096;
	attr->st_mtim = inode->mtime;
	attr->st_ctim = inode->ctime;
	attr->st_atim = inode->atime;
	/* Every change goes through the kernel, but for a directory's times,
	 * which move when a job appears in it. */
	*timeout_s = S_ISDIR(inode->mode) ? 0 : FOREVER_S;
}

int spool_op_lookup(struct op *op)
{
	struct spool_inode *dir = op_directory(op);
	struct found found;

	if (!dir)
		return -ESTALE;
	int err = shown_lookup(dir, op->name, &found);
	return err ? err : found_reply(op, &found);
}

int spool_op_getattr(struct op *op)
{
	struct spool_inode *inode = op_inode(op);
	struct stat attr;
	double timeout_s;

	if (!inode)
		return -ESTALE;
	inode_attr(op->core, inode, &attr, &timeout_s);
	return op_reply_attr(op, &attr, timeout_s);
}

int spool_op_readlink(struct op *op)
{
	struct spool_inode *inode = op_inode(op);

	if (!inode || !inode->target)
		return -EINVAL;
	return op_reply_link(op, inode->target);
}

/* ---- attributes ---- */

static int set_which(struct op *op)
{
	static const int map[][2] = {
		{ FUSE_SET_ATTR_MODE, SPOOL_SET_MODE },
		{ FUSE_SET_ATTR_UID, SPOOL_SET_UID },
		{ FUSE_SET_ATTR_GID, SPOOL_SET_GID },
		{ FUSE_SET_ATTR_ATIME, SPOOL_SET_ATIME },
		{ FUSE_SET_ATTR_MTIME, SPOOL_SET_MTIME },
	};
	int which = 0;

	for (size_t i = 0; i < sizeof(map) / sizeof(*map); i++)
		if (op->to_set & map[i][0])
			which |= map[i][1];
	if (op->to_set & FUSE_SET_ATTR_ATIME_NOW)
		op->attr.st_atim = op->core->now;
	if (op->to_set & FUSE_SET_ATTR_MTIME_NOW)
		op->attr.st_mtim = op->core->now;
	return which;
}

/* default_permissions leaves to the kernel who may; what a user who is not
 * root may give away it leaves to the filesystem. */
static int may_chown(const struct op *op, const struct spool_inode *inode)
{
	if (!op->uid)
		return 0;
	if (op->to_set & FUSE_SET_ATTR_UID && op->attr.st_uid != inode->uid)
		return -EPERM;
	return 0;
}

int spool_op_setattr(struct op *op)
{
	struct spool_inode *inode = op_inode(op);
	int err = 0, which;

	if (!inode)
		return -ESTALE;
	if (op->to_set & (FUSE_SET_ATTR_UID | FUSE_SET_ATTR_GID))
		err = may_chown(op, inode);
	if (!err && op->to_set & FUSE_SET_ATTR_SIZE)
		err = spool_truncate(op->core->spool, inode, op->attr.st_size,
			&op->core->now);
	which = set_which(op);
	if (!err && which)
		err = spool_setattr(op->core->spool, inode, which, &op->attr,
			&op->core->now);
	return err ? err : spool_op_getattr(op);
}

/* ---- files ---- */

static void saved_close(struct core *core, struct handle *handle)
{
	spool_drop(core->spool, handle->inode);
}

static int saved_read(struct op *op)
{
	char *bytes = malloc(op->size ? op->size : 1);
	ssize_t n;

	if (!bytes)
		return -ENOMEM;
	n = spool_read(op->handle->inode, bytes, op->size, op->offset);
	if (n >= 0)
		op_reply_buf(op, bytes, n);
	free(bytes);
	return n < 0 ? n : 0;
}

static const struct handle_kind saved_file_kind = {
	.read = saved_read,
	.close = saved_close,
};

const struct handle_kind saved_directory_kind = {
	.close = saved_close,
};

struct handle *saved_handle_new(struct op *op, const struct handle_kind *kind,
	struct spool_inode *inode)
{
	struct handle *handle = handle_new(op, kind, NULL);

	if (!handle)
		return NULL;
	handle->inode = inode;
	spool_hold(inode);
	if (handle->is_writable)
		handle->opener = writer_process(op->pid);
	return handle;
}

static int open_inode(
	struct op *op, struct spool_inode *inode, struct handle **out)
{
	int err = 0;
	struct handle *handle = saved_handle_new(op, &saved_file_kind, inode);

	if (!handle)
		return -ENOMEM;
	if (op->fi.flags & O_TRUNC && handle->is_writable && inode->size)
		err = spool_truncate(op->core->spool, inode, 0, &op->core->now);
	if (err) {
		handle_free(op->core, handle);
		return err;
	}
	if (handle->is_writable)
		inode->writers++;
	handle_fill(handle, &op->fi, !spool_is_secret(inode));
	*out = handle;
	return 0;
}

int spool_op_open(struct op *op)
{
	struct spool_inode *inode = op_inode(op);
	struct handle *handle;

	if (!inode)
		return -ESTALE;
	int err = open_inode(op, inode, &handle);
	return err ? err : op_reply_open(op, &op->fi);
}

static int create_inode(struct op *op, struct spool_inode **inode)
{
	struct spool_inode *dir = op_directory(op);
	int err;

	if (!dir)
		return -ESTALE;
	err = shown_refuses(op->name);
	if (!err && !S_ISREG(op->mode) && op->mode & S_IFMT)
		err = -EPERM;
	if (err)
		return err;
	return spool_create(op->core->spool, dir, op->name,
		S_IFREG | (op->mode & 07777), op->uid, op->gid, &op->core->now,
		inode);
}

int spool_op_mknod(struct op *op)
{
	struct found found = { 0 };
	int err = create_inode(op, &found.inode);

	return err ? err : found_reply(op, &found);
}

int spool_op_create(struct op *op)
{
	struct found found = { 0 };
	struct fuse_entry_param entry;
	struct handle *handle;
	struct node *held;
	int err = create_inode(op, &found.inode);

	if (!err)
		err = open_inode(op, found.inode, &handle);
	if (err)
		return err;
	found_fill(op, &found, &entry, &held);
	return op_reply_create(op, &entry, &op->fi);
}

int spool_op_fallocate(struct op *op)
{
	int err = spool_allocate(op->core->spool, op->handle->inode, op->mode,
		op->offset, op->size, &op->core->now);

	return err ? err : op_reply_ok(op);
}
