/* SPDX-License-Identifier: MIT */
/* fs/ops/directories.c - listing rows, and making and removing them */
#include "fs/ops/nodes.h"

#include <errno.h>
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

static int refuse(struct op *op, const struct node *dir, const char *name,
	const char *why)
{
	return row_refuse(op->core, op->method, dir, name, -EPERM, why);
}

/* Of what is made, or moved to here. */
static int refuse_making(struct op *op, const struct node *dir,
	const char *name, const char *why)
{
	const char *instead = dir->row->instead;
	char text[300];

	snprintf(text, sizeof(text), "%s%s%s", why, instead ? ": " : "",
		instead ? instead : "");
	return refuse(op, dir, name, text);
}

static int refuse_removal(struct op *op, bool is_link)
{
	const struct row *dir = op->node->row, *row;
	bool has_destroy = false;

	for (size_t i = 0; (row = tree_child(dir, i)); i++)
		has_destroy |= !strcmp(row_name(row), "destroy");
	return refuse(op, op->node, op->name,
		is_link		      ? "it is a link; echo 1 > destroy in the "
					"directory that it leads to destroys that"
			: has_destroy ? "it is part of this directory; echo 1 "
					"> destroy destroys it all"
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
		return refuse_making(
			op, dir, op->name, "no directory can be made here");
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
	if (held->row->flags &
		ROW_EMPTY) { /* touch: there is nothing to write */
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

/* What is created is a temporary name, a value that the process has removed
 * before, or what the directory makes. */
static int create_find(struct op *op, struct lookup_result *found)
{
	struct node *dir = op->node;
	int err = dir->row->flags & ROW_SCRATCH
		? dir_find(op, dir, op->name, found)
		: -ENOENT;

	if (!err)
		value_show(op, dir, op->name);
	if (err != -ENOENT)
		return err;
	err = scratch_takes(op, dir, op->name);
	if (err)
		return err < 0 ? err
			       : scratch_make(op, dir, op->name, "", 0, found);
	if (dir->row->make_file)
		return dir->row->make_file(op, dir, op->name, found);
	return refuse_making(
		op, dir, op->name, "no file of this name can be made here");
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

int tree_remove(struct op *op)
{
	struct node *dir = op->node;
	struct lookup_result found;
	bool is_dir = op->flags, is_link = false;
	int err;

	if (!op->step && !is_dir && !scratch_remove(op, dir, op->name))
		return op_reply_ok(op);
	if (!op->step) {
		err = dir_find(op, dir, op->name, &found);
		if (err)
			return err;
		is_link = found.row && found.row->kind == ROW_LINK;
		lookup_clear(&found);
		op->step = 1;
	}
	if (!dir->row->remove)
		return refuse_removal(op, is_link);
	err = op->is_settling ? 0 : dir->row->remove(op, dir, op->name, is_dir);
	if (!err)
		err = notifier_settle(op);
	if (!err && dir->row->flags & ROW_SCRATCH)
		value_hide(op, dir, op->name);
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

/* The value of a directory under this name, held in *held. -ENOENT; -EACCES: a
 * file that cannot be written. */
static int value_find(
	struct op *op, struct node *dir, const char *name, struct node **held)
{
	struct lookup_result found;
	int err = dir_find(op, dir, name, &found);

	*held = NULL;
	if (err)
		return err;
	if (!found.row || found.row->kind != ROW_FILE ||
		!(found.row->mode & 0222))
		err = -EACCES;
	else
		*held = node_hold(
			&op->core->nodes, found.row, found.id, found.name);
	lookup_clear(&found);
	return err ? err : *held ? 0 : -ENOMEM;
}

/* The rename onto a value is its save. */
static int move_onto_value(struct op *op, struct node *value)
{
	int err = 0;
	size_t len = 0;
	char *text;

	if (op->flags)
		return -EEXIST;
	if (!op->extra) {
		err = scratch_text(op, op->node, op->name, &text, &len);
		if (err)
			return err;
		err = written_set(op, text, len);
		explicit_bzero(text, len);
		free(text);
	}
	if (!err)
		err = tree_send(op, value);
	if (!err || op->is_settling)
		scratch_remove(op, op->node, op->name);
	return err;
}

static int move_scratch(struct op *op)
{
	struct node *dir = op->node, *value;
	int err = value_find(op, dir, op->new_name, &value);

	if (!err) {
		err = move_onto_value(op, value);
		node_drop(&op->core->nodes, value);
		return err;
	}
	if (err != -ENOENT)
		return err;
	err = scratch_takes(op, dir, op->new_name);
	if (err <= 0)
		return err ? err
			   : refuse(op, dir, op->new_name,
				     "there is no value of the new name");
	if (op->flags && scratch_has(op, dir, op->new_name))
		return -EEXIST;
	return scratch_rename(op, dir, op->name, op->new_name);
}

/* 0: a value may be moved to the new name. */
static int away_check(struct op *op, struct node *dir)
{
	struct lookup_result found;
	int err = dir_find(op, dir, op->new_name, &found);

	if (!err) {
		lookup_clear(&found);
		return refuse(op, op->node, op->name,
			"a value cannot replace another");
	}
	if (err == -ENOENT)
		err = scratch_takes(op, dir, op->new_name);
	if (err)
		return err < 0 ? err : 0;
	return refuse(op, op->node, op->name, "its name cannot be changed");
}

/* A value that is moved to another name leaves a copy there. It is still there
 * itself, but not for the process that is going to make it anew. */
static int move_value_away(struct op *op)
{
	struct node *dir = op->node, *value;
	int err = value_find(op, dir, op->name, &value);
	char *text;
	size_t len;

	if (err == -EACCES)
		return refuse(
			op, op->node, op->name, "its name cannot be changed");
	if (err)
		return err;
	err = away_check(op, dir);
	if (!err)
		err = row_content(op, value, &text, &len);
	node_drop(&op->core->nodes, value);
	if (err)
		return err;
	err = scratch_make(op, dir, op->new_name, text, len, NULL);
	explicit_bzero(text, len);
	free(text);
	if (!err)
		value_hide(op, dir, op->name);
	return err;
}

/* EPERM and not EXDEV: a program that sees EXDEV copies and removes. */
int tree_move(struct op *op)
{
	struct node *to = node_find(&op->core->nodes, op->new_ino);
	struct node *from = op->node;
	int err = 0;

	if (!to || op->flags & RENAME_EXCHANGE)
		return refuse(op, from, op->name,
			"it cannot be moved there, only copied");
	if (op->is_settling)
		return move_end(op, 0);
	if (to == from && from->row->flags & ROW_SCRATCH) {
		err = scratch_has(op, from, op->name) ? move_scratch(op)
						      : move_value_away(op);
	} else {
		err = from->row->move
			? from->row->move(op, from, op->name, to, op->new_name)
			: refuse(op, op->node, op->name,
				  "its name cannot be changed");
	}
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
		: refuse_making(op, to, op->new_name,
			  "what is saved elsewhere is "
			  "copied here, not moved");
	file_drop(file);
	return move_end(op, err);
}
