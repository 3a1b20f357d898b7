/* SPDX-License-Identifier: MIT */
/* fs/spool_operations.c - the kernel's requests about saved files */
#include "fs/spool_operations.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "fs/found.h"
#include "fs/handle.h"
#include "fs/mount.h"
#include "fs/name_rule.h"
#include "fs/place.h"
#include "fs/run.h"
#include "fs/save.h"

static const char settings_name[] = ".settings";

static struct spool_inode *op_inode(const struct op *op)
{
	return spool_by_ino(op->fs->spool, op->ino);
}

static struct spool_inode *op_dir(const struct op *op)
{
	struct spool_inode *inode = op_inode(op);

	return inode && S_ISDIR(inode->mode) ? inode : NULL;
}

void inode_attr(const struct fs *fs, const struct spool_inode *inode,
	struct stat *attr, double *timeout_s)
{
	(void)fs;
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

/* ---- names ---- */

/* What the mount itself shows in a directory of saves: .settings and a job
 * directory, or a link to one, per program. */
static int find_shown(struct op *op, struct spool_inode *dir, const char *name,
	struct found *found)
{
	char number[32];
	char *program = name_of_job(name);
	struct spool_inode *inode = NULL;

	(void)op;
	if (!strcmp(name, settings_name)) {
		snprintf(number, sizeof(number), "%" PRIu64, dir->number);
		return found_row(
			found, tree_row("/run/.settings"), number, NULL);
	}
	if (program)
		inode = spool_find(dir, program);
	free(program);
	struct job *job = inode ? inode->job : NULL;
	if (!job)
		return -ENOENT;
	return found_row(found,
		tree_row(job->is_async && place_of(dir)->is_async
				? "/jobs/new/{name}.job"
				: "/jobs/{job}"),
		job->key, NULL);
}

static int dir_lookup(struct op *op, struct spool_inode *dir, const char *name,
	struct found *found)
{
	memset(found, 0, sizeof(*found));
	found->inode = spool_find(dir, name);
	return found->inode ? 0 : find_shown(op, dir, name, found);
}

/* These names are the mount's. */
static int name_is_ours(const char *name)
{
	char *program = name_of_job(name);
	bool is_ours = program || !strcmp(name, settings_name);

	free(program);
	return is_ours ? -EPERM : 0;
}

int spool_op_lookup(struct op *op)
{
	struct spool_inode *dir = op_dir(op);
	struct found found;

	if (!dir)
		return -ESTALE;
	int err = dir_lookup(op, dir, op->name, &found);
	return err ? err : found_reply(op, &found);
}

int spool_op_getattr(struct op *op)
{
	struct spool_inode *inode = op_inode(op);
	struct stat attr;
	double timeout_s;

	if (!inode)
		return -ESTALE;
	inode_attr(op->fs, inode, &attr, &timeout_s);
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
		op->attr.st_atim = op->fs->now;
	if (op->to_set & FUSE_SET_ATTR_MTIME_NOW)
		op->attr.st_mtim = op->fs->now;
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
		err = spool_truncate(
			op->fs->spool, inode, op->attr.st_size, &op->fs->now);
	which = set_which(op);
	if (!err && which)
		err = spool_setattr(
			op->fs->spool, inode, which, &op->attr, &op->fs->now);
	return err ? err : spool_op_getattr(op);
}

/* ---- files ---- */

static int open_inode(
	struct op *op, struct spool_inode *inode, struct handle **out)
{
	int err = 0;
	struct handle *handle = handle_new(op, NULL, inode);

	if (!handle)
		return -ENOMEM;
	handle->kind = HANDLE_SPOOL;
	if (op->fi.flags & O_TRUNC && handle->is_writable && inode->size)
		err = spool_truncate(op->fs->spool, inode, 0, &op->fs->now);
	if (err) {
		handle_free(op->fs, handle);
		return err;
	}
	if (handle->is_writable)
		inode->writers++;
	handle_fill(handle, &op->fi, true);
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
	struct spool_inode *dir = op_dir(op);
	int err;

	if (!dir)
		return -ESTALE;
	err = name_is_ours(op->name);
	if (!err && !S_ISREG(op->mode) && op->mode & S_IFMT)
		err = -EPERM;
	if (err)
		return err;
	return spool_create(op->fs->spool, dir, op->name,
		S_IFREG | (op->mode & 07777), op->uid, op->gid, &op->fs->now,
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

int spool_op_read(struct op *op)
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

int spool_op_fallocate(struct op *op)
{
	int err = spool_allocate(op->fs->spool, op->handle->inode, op->mode,
		op->offset, op->size, &op->fs->now);

	return err ? err : op_reply_ok(op);
}

/* ---- directories ---- */

static int list_job(struct op *op, struct spool_inode *dir, const char *name,
	struct listing *listing)
{
	struct found found;
	char *job_name;
	int err;

	if (asprintf(&job_name, "%s.job", name) < 0)
		return -ENOMEM;
	err = find_shown(op, dir, job_name, &found);
	if (!err)
		err = listing_add(listing, job_name, &found);
	free(job_name);
	return err;
}

static int list_spool(
	struct op *op, struct spool_inode *dir, struct listing *listing)
{
	struct found found;
	const char *name;
	struct spool_inode *inode;
	int err = find_shown(op, dir, settings_name, &found);

	if (!err)
		err = listing_add(listing, settings_name, &found);
	for (size_t i = 0; !err && spool_entry(dir, i, &name, &inode); i++) {
		/* The job first: rm -r removes in this order, and with the
		 * program goes its job. */
		if (inode->job)
			err = list_job(op, dir, name, listing);
		memset(&found, 0, sizeof(found));
		found.inode = inode;
		if (!err)
			err = listing_add(listing, name, &found);
	}
	return err;
}

int spool_op_opendir(struct op *op)
{
	struct spool_inode *dir = op_dir(op);
	struct handle *handle;

	if (!dir)
		return -ESTALE;
	handle = handle_new(op, NULL, dir);
	if (!handle)
		return -ENOMEM;
	handle->kind = HANDLE_DIR;
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
		listing_clear(&handle->listing);
		err = list_spool(op, handle->inode, &handle->listing);
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
	struct spool_inode *dir = op_dir(op);
	struct found found = { 0 };

	if (!dir)
		return -ESTALE;
	int err = name_is_ours(op->name);
	if (!err)
		err = spool_create(op->fs->spool, dir, op->name,
			S_IFDIR | (op->mode & 07777), op->uid, op->gid,
			&op->fs->now, &found.inode);
	return err ? err : found_reply(op, &found);
}

int spool_op_symlink(struct op *op)
{
	struct spool_inode *dir = op_dir(op);
	struct found found = { 0 };

	if (!dir)
		return -ESTALE;
	int err = name_is_ours(op->name);
	if (!err)
		err = spool_symlink(op->fs->spool, dir, op->name, op->new_name,
			op->uid, op->gid, &op->fs->now, &found.inode);
	return err ? err : found_reply(op, &found);
}

int spool_op_link(struct op *op)
{
	struct found found = { .inode = op_inode(op) };
	struct spool_inode *dir = spool_by_ino(op->fs->spool, op->new_ino);

	if (!found.inode)
		return -ESTALE;
	if (!dir || !S_ISDIR(dir->mode) || dir->top->root == NULL)
		return -EPERM;
	int err = name_is_ours(op->name);
	if (!err)
		err = spool_link(op->fs->spool, found.inode, dir, op->name,
			&op->fs->now);
	return err ? err : found_reply(op, &found);
}

/* A program's job directory is removed as a whole, once it has ended. */
static int remove_shown(struct op *op, struct spool_inode *dir)
{
	struct found found;
	int err = find_shown(op, dir, op->name, &found);

	if (err)
		return err;
	struct job *job = job_by_key(op->fs, found.id);
	found_clear(&found);
	/* Of a directory that may be removed: rm -r wants to do it first. */
	if (!strcmp(op->name, settings_name) && dir->parent)
		return op_reply_ok(op);
	if (!job || !strcmp(op->name, settings_name))
		return -EPERM;
	if (!job_is_final(job))
		return -EBUSY;
	if (job->is_async)
		job_detach(job);
	else
		job_remove(job);
	return op_reply_ok(op);
}

int spool_op_remove(struct op *op)
{
	struct spool_inode *dir = op_dir(op);
	struct spool_inode *inode = dir ? spool_find(dir, op->name) : NULL;
	int err;

	if (!dir)
		return -ESTALE;
	if (!inode)
		return remove_shown(op, dir);
	if (!op->flags)
		run_unsettle(op->fs, inode);
	err = op->flags
		? spool_rmdir(op->fs->spool, dir, op->name, &op->fs->now)
		: spool_unlink(op->fs->spool, dir, op->name, &op->fs->now);
	return err ? err : op_reply_ok(op);
}

int spool_op_rename(struct op *op)
{
	struct fs *fs = op->fs;
	struct spool_inode *dir = op_dir(op);
	struct spool_inode *to = spool_by_ino(fs->spool, op->new_ino);
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
		return spool_find(dir, op->name) ? -EIO : -EPERM;
	if (dir->top != to->top)
		return -EPERM;
	err = name_is_ours(op->new_name);
	if (err)
		return err;
	err = spool_rename(fs->spool, dir, op->name, to, op->new_name,
		op->flags, &fs->now);
	if (err)
		return err;
	op->step = 1;
	return save_renamed(op, inode, to, op->new_name);
}
