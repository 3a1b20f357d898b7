/* SPDX-License-Identifier: MIT */
/* fs/ops/directories.c - listing rows, and making and removing them */
#include "fs/ops/nodes.h"

#include <errno.h>
#include <stdio.h>

#include "fs/core/core.h"
#include "fs/files/files.h"
#include "fs/ops/lookup.h"
#include "fs/ops/virtual_entries.h"

/* The kernel may keep the names as long as it may believe the directory's
 * attributes; each opening of it says whether they are still the same. */
static int names_keep(struct op *op, struct handle *handle)
{
	struct node *dir = handle->node;
	uint32_t digest = listing_hash(&handle->listing);
	struct stat attr;
	double timeout_s;
	int err = row_attr(op, dir, &attr, &timeout_s);

	if (err || timeout_s <= 0 || (dir->users && dir->page_hash != digest))
		return err;
	op->fi.cache_readdir = 1;
	op->fi.keep_cache = dir->page_hash == digest;
	dir->page_hash = digest;
	dir->users++;
	handle->is_user = true;
	return 0;
}

int tree_opendir(struct op *op)
{
	struct handle *handle = handle_new(op, &handle_directory, op->node);

	if (!handle)
		return -ENOMEM;
	int err = dir_list(op, op->node, &handle->listing);
	if (!err)
		err = names_keep(op, handle);
	if (err) {
		handle_free(op->core, handle);
		return err;
	}
	op->fi.fh = (uintptr_t)handle;
	return op_reply_open(op, &op->fi);
}

/* rewinddir looks again; a row's directory was first listed by opendir. */
static bool is_to_list(const struct op *op)
{
	const struct handle *handle = op->handle;

	return handle->file ? !op->offset || !handle->was_listed
			    : !op->offset && handle->was_listed;
}

int dir_read(struct op *op)
{
	struct handle *handle = op->handle;

	if (is_to_list(op)) {
		struct listing fresh = { 0 };
		int err = handle->file
			? virtual_list(op->core, handle->file, &fresh)
			: dir_list(op, handle->node, &fresh);
		if (err) {
			listing_clear(&fresh, op->core->reader);
			return err;
		}
		listing_clear(&handle->listing, op->core->reader);
		handle->listing = fresh;
	}
	handle->was_listed = true;
	return listing_reply(op, &handle->listing);
}

int tree_mkdir(struct op *op)
{
	struct node *dir = op->node;
	struct lookup_result found;
	int err;

	if (!op->step) {
		err = dir_find(op, dir, op->name, &found);
		if (!err)
			lookup_clear(&found);
		if (err != -ENOENT)
			return err ? err : -EEXIST;
		op->step = 1;
	}
	if (!dir->row->make_dir)
		return -EPERM;
	err = dir->row->make_dir(op, dir, op->name, &found);
	return err ? err : lookup_reply(op, &found);
}

/* A file that was made and is opened by the same request: an empty one. */
static int create_reply(struct op *op, struct lookup_result *found)
{
	struct fuse_entry_param entry;
	struct handle *handle = NULL;
	struct node *held;
	int err = lookup_fill(op, found, &entry, &held);

	lookup_clear(found);
	if (err < 0)
		return err;
	handle = handle_new(op, &handle_text, held);
	if (handle) {
		handle_fill(handle, &op->fi, false);
		lookup_told(op, found, &entry, held);
		op_reply_create(op, &entry, &op->fi);
	}
	node_drop(&op->core->nodes, held);
	return handle ? 0 : -ENOMEM;
}

/* Making a file: with O_CREAT (it is opened too), or mknod. */
int tree_create(struct op *op)
{
	struct node *dir = op->node;
	struct lookup_result found;

	if (!dir->row->make_file)
		return -EPERM;
	int err = dir->row->make_file(op, dir, op->name, &found);
	if (err)
		return err;
	return op->opens ? create_reply(op, &found) : lookup_reply(op, &found);
}

int tree_remove(struct op *op)
{
	struct node *dir = op->node;
	struct lookup_result found;
	bool is_dir = op->flags;
	int err;

	if (!op->step) {
		err = dir_find(op, dir, op->name, &found);
		if (err)
			return err;
		lookup_clear(&found);
		op->step = 1;
	}
	if (!dir->row->remove)
		return -EPERM;
	err = op->is_settling ? 0 : dir->row->remove(op, dir, op->name, is_dir);
	if (!err)
		err = notifier_settle(op);
	return err ? err : op_reply_ok(op);
}

/* mv takes EINVAL for "no such flag" and renames again without any, or says
 * that the target is in the source. */
static int move_end(struct op *op, int err)
{
	if (err)
		return err == -EINVAL ? -EBADR : err;
	err = notifier_settle(op);
	return err ? err : op_reply_ok(op);
}

/* EPERM and not EXDEV: a program that sees EXDEV copies and removes. */
int tree_move(struct op *op)
{
	struct node *to = node_find(&op->core->nodes, op->new_ino);
	const struct node *from = op->node;
	int err = 0;

	if (!to || !from->row->move || op->flags & RENAME_EXCHANGE)
		return -EPERM;
	if (!op->is_settling)
		err = from->row->move(op, from, op->name, to, op->new_name);
	return move_end(op, err);
}

int tree_move_in(struct op *op)
{
	struct node *to = node_find(&op->core->nodes, op->new_ino);
	struct file *file;

	if (!to)
		return -ESTALE;
	if (op->is_settling)
		return move_end(op, 0);
	int err = file_lookup(op->file, op->name, &file);
	if (err)
		return err;
	err = to->row->move_in && !(op->flags & RENAME_EXCHANGE)
		? to->row->move_in(op, to, file, op->new_name)
		: -EPERM;
	file_drop(file);
	return move_end(op, err);
}
