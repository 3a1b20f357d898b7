/* SPDX-License-Identifier: MIT */
/* fs/ops/directories.c - listing rows, and making and removing them */
#include "fs/ops/nodes.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "fs/base/base.h"
#include "fs/core/core.h"
#include "fs/files/files.h"
#include "fs/ops/hidden_value.h"
#include "fs/ops/lookup.h"
#include "fs/ops/scratch.h"
#include "fs/ops/virtual_entries.h"

/* The kernel may keep the names as long as it may cache the directory's
 * attributes; each open of it says whether they are still the same. */
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
	if (!err && op->node->row->open)
		err = op->node->row->open(op, op->node, handle);
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

int dir_refuse(struct op *op, const struct node *dir, const char *name,
	const char *why)
{
	return row_refuse(op->core, op->method, dir, name, -EPERM, why);
}

int dir_refuse_making(struct op *op, const struct node *dir, const char *name,
	const char *why)
{
	const char *instead = dir->row->instead;
	char text[300];

	snprintf(text, sizeof(text), "%s%s%s", why, instead ? ": " : "",
		instead ? instead : "");
	return dir_refuse(op, dir, name, text);
}

static int refuse_removal(struct op *op, bool is_link)
{
	bool has_destroy = tree_named(op->node->row, "destroy");

	return dir_refuse(op, op->node, op->name,
		is_link ? "it is a link; to destroy its target: echo 1 > "
			  "destroy in that directory"
			: has_destroy ? "it is part of this directory; to "
					"destroy all of it: echo 1 > destroy"
				      : "it is part of this directory");
}

int tree_mkdir(struct op *op)
{
	struct node *dir = op->node;
	struct lookup_result found;
	int err;

	if (!op->step) {
		err = dir_find(op, dir, op->name, &found);
		/* See tree_lookup. */
		if (!err && dir->row->flags & ROW_SCRATCH &&
			dir->row->make_file)
			return lookup_reply(op, &found);
		if (!err)
			lookup_clear(&found);
		if (err != -ENOENT)
			return err ? err : -EEXIST;
		op->step = 1;
	}
	if (!dir->row->make_dir)
		return dir_refuse_making(
			op, dir, op->name, "no directory can be created here");
	err = dir->row->make_dir(op, dir, op->name, &found);
	return err ? err : lookup_reply(op, &found);
}

/* A file that was made, or was there already, and is opened by the same
 * request. */
static int create_reply(struct op *op, struct lookup_result *found)
{
	struct fuse_entry_param entry;
	struct handle *handle;
	struct node *held;
	int err = lookup_fill(op, found, &entry, &held);

	if (err < 0) {
		lookup_clear(found);
		return err;
	}
	if (held->row->flags & ROW_EMPTY) { /* by touch: nothing is written */
		handle = handle_new(op, &handle_text, held);
		err = handle ? 0 : -ENOMEM;
		if (handle)
			handle_fill(handle, &op->fi, false);
	} else {
		err = node_open(op, held, &handle);
	}
	if (!err) {
		lookup_told(op, found, &entry, held);
		op_reply_create(op, &entry, &op->fi);
	}
	node_drop(&op->core->nodes, held);
	lookup_clear(found);
	return err;
}

/* What may be created: a temporary name, a value that the process has removed
 * before, or what the directory's row makes. */
static int create_find(struct op *op, struct lookup_result *found)
{
	struct node *dir = op->node;
	int err = dir->row->flags & ROW_SCRATCH
		? dir_find(op, dir, op->name, found)
		: -ENOENT;

	if (!err && value_show(op, dir, op->name) &&
		(op->fi.flags & O_ACCMODE) != O_RDONLY)
		op->fi.flags |= O_TRUNC;
	if (err != -ENOENT)
		return err;
	err = scratch_takes(op, dir, op->name);
	if (err)
		return err < 0 ? err
			       : scratch_make(op, dir, op->name, "", 0, found);
	if (dir->row->make_file)
		return dir->row->make_file(op, dir, op->name, found);
	return dir_refuse_making(
		op, dir, op->name, "no file of this name can be created here");
}

/* Making a file: with O_CREAT (it is opened too), or mknod. */
int tree_create(struct op *op)
{
	struct lookup_result found;
	int err = create_find(op, &found);

	if (err)
		return err;
	return op->opens ? create_reply(op, &found) : lookup_reply(op, &found);
}

/* A program that saves may remove a resource's value and create it anew. It may
 * not remove an action: copying one must not trigger it. */
static bool is_replaceable(const struct node *dir, const struct row *row)
{
	return row && dir->row->flags & ROW_SCRATCH && row->mode & 0222 &&
		(row->member || row->flags & ROW_APPENDS);
}

static int remove_row(struct op *op, struct node *dir, bool is_dir)
{
	int err = op->is_settling ? 0
				  : dir->row->remove(op, dir, op->name, is_dir);

	if (!err)
		err = notifier_settle(op);
	if (!err && dir->row->flags & ROW_SCRATCH)
		err = value_hide(op, dir, op->name, false);
	return err ? err : op_reply_ok(op);
}

int tree_remove(struct op *op)
{
	struct node *dir = op->node;
	struct lookup_result found;
	bool is_dir = op->flags, is_link = false, is_value = false;
	int err;

	if (!op->step && !is_dir && !scratch_remove(op, dir, op->name))
		return op_reply_ok(op);
	if (!op->step) {
		err = dir_find(op, dir, op->name, &found);
		if (err)
			return err;
		is_link = found.row && found.row->kind == ROW_LINK;
		is_value = !is_dir && is_replaceable(dir, found.row);
		lookup_clear(&found);
		op->step = 1;
	}
	err = dir->row->remove ? remove_row(op, dir, is_dir) : -ENOSYS;
	if (err != -ENOSYS)
		return err;
	if (!is_value)
		return refuse_removal(op, is_link);
	err = value_hide(op, dir, op->name, true);
	return err ? err : op_reply_ok(op);
}
