/* SPDX-License-Identifier: MIT */
/* fs/ops/saved_directories.c - directories of saved files */
#include "fs/ops/saved_files.h"

#include <errno.h>

#include "fs/ops/lookup.h"
#include "fs/core/handle.h"
#include "fs/core/core.h"
#include "fs/jobs/run.h"
#include "fs/ops/save.h"
#include "fs/ops/virtual_entries.h"
#include "fs/files/spool.h"

int spool_op_opendir(struct op *op)
{
	struct spool_inode *dir = op_directory(op);
	struct handle *handle;

	if (!dir)
		return -ESTALE;
	handle = saved_handle_new(op, &saved_directory_kind, dir);
	if (!handle)
		return -ENOMEM;
	op->fi.fh = (uintptr_t)handle;
	return op_reply_open(op, &op->fi);
}

/* An inode that was listed may be gone when the rest of the list is read: the
 * list is of names, and each is looked up again when it is told. */
int spool_op_readdir(struct op *op)
{
	struct handle *handle = op->handle;
	int err = 0;

	if (!op->offset || !handle->was_listed) {
		listing_clear(&handle->listing, op->core->reader);
		err = shown_list(handle->inode, &handle->listing);
		handle->was_listed = true;
	}
	for (size_t i = 0; i < handle->listing.count; i++) {
		struct listed *entry = &handle->listing.entries[i];
		if (!entry->found.row)
			entry->found.inode =
				spool_find(handle->inode, entry->name);
	}
	return err ? err : listing_reply(op, &handle->listing);
}

int spool_op_mkdir(struct op *op)
{
	struct spool_inode *dir = op_directory(op);
	struct found found = { 0 };

	if (!dir)
		return -ESTALE;
	int err = shown_refuses(op->name);
	if (!err)
		err = spool_create(op->core->spool, dir, op->name,
			S_IFDIR | (op->mode & 07777), op->uid, op->gid,
			&op->core->now, &found.inode);
	return err ? err : found_reply(op, &found);
}

int spool_op_symlink(struct op *op)
{
	struct spool_inode *dir = op_directory(op);
	struct found found = { 0 };

	if (!dir)
		return -ESTALE;
	int err = shown_refuses(op->name);
	if (!err)
		err = spool_symlink(op->core->spool, dir, op->name,
			op->new_name, op->uid, op->gid, &op->core->now,
			&found.inode);
	return err ? err : found_reply(op, &found);
}

int spool_op_link(struct op *op)
{
	struct found found = { .inode = op_inode(op) };
	struct spool_inode *dir = spool_by_ino(op->core->spool, op->new_ino);

	if (!found.inode)
		return -ESTALE;
	if (!dir || !S_ISDIR(dir->mode) || dir->top->root == NULL)
		return -EPERM;
	int err = shown_refuses(op->name);
	if (!err)
		err = spool_link(op->core->spool, found.inode, dir, op->name,
			&op->core->now);
	return err ? err : found_reply(op, &found);
}

int spool_op_remove(struct op *op)
{
	struct spool_inode *dir = op_directory(op);
	struct spool_inode *inode = dir ? spool_find(dir, op->name) : NULL;
	int err;

	if (!dir)
		return -ESTALE;
	if (!inode)
		return shown_remove(op, dir);
	if (!op->flags)
		run_unsettle(op->core, inode);
	err = op->flags
		? spool_rmdir(op->core->spool, dir, op->name, &op->core->now)
		: spool_unlink(op->core->spool, dir, op->name, &op->core->now);
	return err ? err : op_reply_ok(op);
}

int spool_op_rename(struct op *op)
{
	struct core *core = op->core;
	struct spool_inode *dir = op_directory(op);
	struct spool_inode *to = spool_by_ino(core->spool, op->new_ino);
	struct spool_inode *inode;
	int err;

	if (!dir || !to)
		return -ESTALE;
	if (op->step) {
		inode = spool_find(to, op->new_name);
		return inode ? save_renamed(op, inode, to, op->new_name)
			     : op_reply_ok(op);
	}
	inode = spool_find(dir, op->name);
	if (!inode)
		return -EPERM;
	if (dir->top != to->top)
		return -EPERM;
	err = shown_refuses(op->new_name);
	if (err)
		return err;
	err = spool_rename(core->spool, dir, op->name, to, op->new_name,
		op->flags, &core->now);
	if (err)
		return err;
	op->step = 1;
	return save_renamed(op, inode, to, op->new_name);
}
