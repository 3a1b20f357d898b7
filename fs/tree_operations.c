/* SPDX-License-Identifier: MIT */
/* fs/tree_operations.c - the kernel's requests about rows of the tree */
#include "fs/tree_operations.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <syslog.h>

#include "fs/found.h"
#include "fs/handle.h"
#include "fs/log.h"
#include "fs/mount.h"
#include "fs/tree.h"
#include "fs/witness.h"

enum { REFUSED_MS = 1000 };

static struct node *op_node(const struct op *op)
{
	return node_find(&op->fs->nodes, op->ino);
}

/*
 * Whether what an inode stood for is still there. The kernel may believe its
 * name a while longer; told ESTALE it looks the name up anew, and finds that it
 * has gone, or what stands there now. Who has it open is told ENOENT.
 */
static int node_exists(struct op *op, const struct node *node)
{
	int err = row_exists(op, node);

	return err == -ENOENT && !op->fi.fh ? -ESTALE : err;
}

/*
 * Who looks up the same name meanwhile waits in the kernel, where nothing can
 * kill it. So a look-up does not wait for attributes: who wants them asks, and
 * waits by himself.
 */
int tree_lookup(struct op *op)
{
	struct node *dir = op_node(op);
	struct found found;

	if (!dir)
		return -ESTALE;
	int err = dir_find(op, dir, op->name, &found);
	return err ? err : found_reply_now(op, &found);
}

int tree_getattr(struct op *op)
{
	struct node *node = op_node(op);
	struct stat attr;
	double timeout_s;

	if (!node)
		return -ESTALE;
	int err = node_exists(op, node);
	if (!err)
		err = row_attr(op, node, &attr, &timeout_s);
	if (err)
		return err;
	if (node->edit && node->edit->writers && node->edit->base >= 0) {
		attr.st_size = node->edit->base + node->edit->len;
		timeout_s = 0;
	}
	node_told(op->fs, node, timeout_s);
	return op_reply_attr(op, &attr, timeout_s);
}

/* A value may be truncated, which is part of writing it; its mode, owner and
 * times are not anybody's to set. `cp -p`, `touch` and rsync try, and are
 * told that it is so (EPERM), but for touch's "now", which changes nothing. */
int tree_setattr(struct op *op)
{
	struct node *node = op_node(op);
	int times = FUSE_SET_ATTR_ATIME | FUSE_SET_ATTR_MTIME |
		FUSE_SET_ATTR_ATIME_NOW | FUSE_SET_ATTR_MTIME_NOW |
		FUSE_SET_ATTR_CTIME;

	if (!node)
		return -ESTALE;
	if (op->to_set &
		(FUSE_SET_ATTR_MODE | FUSE_SET_ATTR_UID | FUSE_SET_ATTR_GID))
		return -EPERM;
	if (op->to_set & FUSE_SET_ATTR_SIZE) {
		if (!(node->row->mode & 0222))
			return -EACCES;
		if (node->edit)
			edit_truncate(node->edit, op->attr.st_size);
	} else if (op->to_set & times && !(node->row->mode & 0222)) {
		return -EPERM;
	}
	return tree_getattr(op);
}

int tree_readlink(struct op *op)
{
	struct node *node = op_node(op);
	char *text;
	size_t len;

	if (!node)
		return -ESTALE;
	int err = row_content(op, node, &text, &len);
	if (err)
		return err;
	if (len && text[len - 1] == '\n')
		text[len - 1] = '\0';
	op_reply_link(op, text);
	free(text);
	return 0;
}

/* ---- open, read ---- */

static int open_edit(struct op *op, struct node *node)
{
	struct edit *edit = node->edit;
	bool is_fresh = !edit;

	if (is_fresh)
		edit = calloc(1, sizeof(*edit));
	if (!edit)
		return -ENOMEM;
	if (is_fresh || !edit->writers)
		edit->base = -1;
	if (is_fresh && node->row->flags & ROW_APPENDS &&
		!(op->fi.flags & O_TRUNC)) {
		int err = row_content(op, node, &edit->bytes, &edit->len);
		if (err && err != -ENOENT) {
			free(edit);
			return err;
		}
		edit->base = 0;
	}
	node->edit = edit;
	if (op->fi.flags & O_TRUNC)
		edit_truncate(edit, 0);
	edit->writers++;
	return 0;
}

static int open_content(struct op *op, struct node *node, struct handle *handle)
{
	const struct row *row = node->row;

	if (row->open)
		return row->open(op, node, handle);
	handle->kind = HANDLE_TEXT;
	return row_content(op, node, &handle->text, &handle->len);
}

/*
 * A value that was looked up with its size may be read through the page cache,
 * and pages of the same content need not be read again. Of what is another
 * content by now the kernel is told before, so that size and content agree.
 */
static bool is_kept(const struct handle *handle)
{
	return handle->kind == HANDLE_TEXT && !handle->is_writable &&
		!(handle->node->row->flags & (ROW_UNSIZED | ROW_SECRET)) &&
		handle->node->told_until_ms > 0;
}

static int open_kept(struct op *op, struct handle *handle)
{
	struct node *node = handle->node;
	uint32_t digest = node_digest(0, handle->text, handle->len);

	if (digest != node->told && !op->is_settling)
		notify_inode(op->fs, node->ino);
	int err = digest != node->told ? notifier_settle(op) : 0;
	if (err)
		return err;
	if (digest != node->told || node->told_until_ms <= op->fs->now_ms ||
		(node->users && node->paged != digest))
		return 0;
	op->fi.keep_cache = node->paged == digest;
	op->fi.direct_io = 0;
	node->paged = digest;
	node->users++;
	handle->is_user = true;
	handle->digest = digest;
	return 0;
}

int tree_open(struct op *op)
{
	struct node *node = op_node(op);
	int access = op->fi.flags & O_ACCMODE, err;
	struct handle *handle;

	if (!node)
		return -ESTALE;
	if (access != O_RDONLY && !(node->row->mode & 0222))
		return -EACCES;
	if (access != O_WRONLY && !(node->row->mode & 0444))
		return -EACCES;
	err = node_exists(op, node);
	if (err)
		return err;
	handle = handle_new(op, node, NULL);
	if (!handle)
		return -ENOMEM;
	if (access != O_WRONLY)
		err = open_content(op, node, handle);
	if (!err && handle->is_writable)
		err = open_edit(op, node);
	bool is_final = node->row->flags & ROW_FINAL && !handle->is_writable;
	if (handle->kind == HANDLE_OUTPUT || handle->kind == HANDLE_WAIT)
		is_final = job_is_final(handle->job);
	if (!err) {
		handle_fill(handle, &op->fi, is_final);
		err = !is_final && is_kept(handle) ? open_kept(op, handle) : 0;
	}
	if (err) {
		op->fi.fh = 0;
		handle_free(op->fs, handle);
		return err;
	}
	return op_reply_open(op, &op->fi);
}

/* ---- directories ---- */

/* The kernel may keep the names as long as it may believe the directory's
 * attributes; each opening of it says whether they are still the same. */
static int names_keep(struct op *op, struct handle *handle)
{
	struct node *dir = handle->node;
	uint32_t digest = listing_digest(&handle->listing);
	struct stat attr;
	double timeout_s;
	int err = row_attr(op, dir, &attr, &timeout_s);

	if (err || timeout_s <= 0 || (dir->users && dir->paged != digest))
		return err;
	op->fi.cache_readdir = 1;
	op->fi.keep_cache = dir->paged == digest;
	dir->paged = digest;
	dir->users++;
	handle->is_user = true;
	return 0;
}

int tree_opendir(struct op *op)
{
	struct node *dir = op_node(op);
	struct handle *handle;

	if (!dir)
		return -ESTALE;
	handle = handle_new(op, dir, NULL);
	if (!handle)
		return -ENOMEM;
	handle->kind = HANDLE_DIR;
	int err = dir_list(op, dir, &handle->listing);
	if (!err)
		err = names_keep(op, handle);
	if (err) {
		handle_free(op->fs, handle);
		return err;
	}
	op->fi.fh = (uintptr_t)handle;
	return op_reply_open(op, &op->fi);
}

/* rewinddir looks again; the first reading has just been listed. */
int tree_readdir(struct op *op)
{
	struct handle *handle = op->handle;

	if (!op->offset && handle->was_listed) {
		struct listing fresh = { 0 };
		int err = dir_list(op, handle->node, &fresh);
		if (err) {
			listing_clear(&fresh);
			return err;
		}
		listing_clear(&handle->listing);
		handle->listing = fresh;
	}
	handle->was_listed = true;
	return listing_reply(op, &handle->listing);
}

static int name_is_taken(struct op *op, struct node *dir)
{
	struct found found;
	int err = dir_find(op, dir, op->name, &found);

	if (err == -ENOENT)
		return 0;
	if (!err)
		found_clear(&found);
	return err ? err : -EEXIST;
}

int tree_mkdir(struct op *op)
{
	struct node *dir = op_node(op);
	struct found found;
	int err;

	if (!dir)
		return -ESTALE;
	if (!op->step) {
		err = name_is_taken(op, dir);
		if (err)
			return err;
		op->step = 1;
	}
	if (!dir->row->make_dir)
		return -EPERM;
	err = dir->row->make_dir(op, dir, op->name, &found);
	return err ? err : found_reply(op, &found);
}

/* A file that was made and is opened by the same request: an empty one. */
static int create_reply(struct op *op, struct found *found)
{
	struct fuse_entry_param entry;
	struct handle *handle = NULL;
	struct node *held;
	int err = found_fill(op, found, &entry, &held);

	found_clear(found);
	if (err)
		return err;
	handle = handle_new(op, held, NULL);
	if (handle) {
		handle->kind = HANDLE_TEXT;
		handle_fill(handle, &op->fi, false);
		held->lookups++;
		node_told(op->fs, held, entry.attr_timeout);
		op_reply_create(op, &entry, &op->fi);
	}
	node_drop(&op->fs->nodes, held);
	return handle ? 0 : -ENOMEM;
}

/* Making a file: with O_CREAT (it is opened too), or mknod. */
int tree_create(struct op *op)
{
	struct node *dir = op_node(op);
	struct found found;

	if (!dir)
		return -ESTALE;
	if (!dir->row->make_file)
		return -EPERM;
	int err = dir->row->make_file(op, dir, op->name, &found);
	if (err)
		return err;
	return op->opens ? create_reply(op, &found) : found_reply(op, &found);
}

int tree_remove(struct op *op)
{
	struct node *dir = op_node(op);
	struct found found;
	bool is_dir = op->flags;
	int err;

	if (!dir)
		return -ESTALE;
	if (!op->step) {
		err = dir_find(op, dir, op->name, &found);
		if (err)
			return err;
		found_clear(&found);
		op->step = 1;
	}
	if (!dir->row->remove)
		return -EPERM;
	err = op->is_settling ? 0 : dir->row->remove(op, dir, op->name, is_dir);
	if (!err)
		err = notifier_settle(op);
	return err ? err : op_reply_ok(op);
}

/* mv takes EINVAL for "no such flag" and renames again without any: what the
 * API has refused is not asked for a second time. */
static bool was_refused(const struct op *op, const struct spool_inode *inode)
{
	const struct fs *fs = op->fs;

	return !op->flags && !op->calls[0].is_started && !op->extra &&
		fs->refused.ino == inode->ino && fs->refused.pid == op->pid &&
		fs->now_ms < fs->refused.until_ms;
}

/* EPERM and not EXDEV: a program that sees EXDEV copies and removes. */
int tree_move_in(struct op *op)
{
	struct fs *fs = op->fs;
	struct node *to = node_find(&fs->nodes, op->new_ino);
	struct spool_inode *from = spool_by_ino(fs->spool, op->ino);
	struct spool_inode *inode = from ? spool_find(from, op->name) : NULL;

	if (!to || !from)
		return -ESTALE;
	if (!inode)
		return -ENOENT;
	if (!to->row->move_in)
		return -EPERM;
	if (was_refused(op, inode))
		return -EINVAL;
	int err = to->row->move_in(op, to, inode, op->new_name);
	if (err == -EINVAL && op->flags) {
		fs->refused.ino = inode->ino;
		fs->refused.pid = op->pid;
		fs->refused.until_ms = fs->now_ms + REFUSED_MS;
	}
	return err ? err : op_reply_ok(op);
}
