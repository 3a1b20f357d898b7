/* SPDX-License-Identifier: MIT */
/* fs/ops/moves.c - names in rows' directories are moved and linked */
#include "fs/ops/nodes.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "fs/core/core.h"
#include "fs/files/files.h"
#include "fs/ops/hidden_value.h"
#include "fs/ops/lookup.h"
#include "fs/ops/request.h"
#include "fs/ops/scratch.h"

/* mv understands EINVAL as "no such flag" and renames again without flags, or
 * as "target is inside the source". */
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

/* A rename onto a value saves it. */
static int move_onto_value(struct op *op, struct node *value)
{
	int err = 0;
	size_t len = 0;
	char *text;

	if (op->flags)
		return -EEXIST;
	if (!op->extra) {
		err = scratch_text(
			scratch_in(op, op->node, op->name), &text, &len);
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
			   : dir_refuse(op, dir, op->new_name,
				     "the new name is not a value");
	if (op->flags && scratch_has(op, dir, op->new_name))
		return -EEXIST;
	return scratch_rename(op, dir, op->name, op->new_name);
}

/* 0 if a value may be moved to the new name. */
static int away_check(struct op *op, struct node *dir)
{
	struct lookup_result found;
	int err = dir_find(op, dir, op->new_name, &found);

	if (!err) {
		lookup_clear(&found);
		return dir_refuse(op, op->node, op->name,
			"a value cannot replace another");
	}
	if (err == -ENOENT)
		err = scratch_takes(op, dir, op->new_name);
	if (err)
		return err < 0 ? err : 0;
	return dir_refuse(op, op->node, op->name, "its name cannot be changed");
}

/*
 * The kernel moves a cached name with its inode: until the name's time-out it
 * would show the value where the copy is, and creating the value anew would
 * truncate both. So the first move is answered ESTALE: the kernel looks up the
 * name again, is told not to cache it, and repeats the move.
 */
static int name_expire(struct node *value)
{
	value->is_moved = true;
	return value->is_name_cached ? -ESTALE : 0;
}

/* Moving a value to another name copies it there. The value stays, but is
 * hidden from the process, which is going to create it anew. */
static int move_value_away(struct op *op)
{
	struct node *dir = op->node, *value;
	int err = value_find(op, dir, op->name, &value);
	char *text;
	size_t len;

	if (err == -EACCES)
		return dir_refuse(
			op, op->node, op->name, "its name cannot be changed");
	if (err)
		return err;
	err = away_check(op, dir);
	if (!err)
		err = name_expire(value);
	if (!err)
		err = row_content(op, value, &text, &len);
	node_drop(&op->core->nodes, value);
	if (err)
		return err;
	err = scratch_make(op, dir, op->new_name, text, len, NULL);
	explicit_bzero(text, len);
	free(text);
	if (!err)
		err = value_hide(op, dir, op->name, false);
	return err;
}

/* The text of the operation's node, a value in this directory or a scratch file
 * beside it. */
static int link_text(
	struct op *op, const struct node *dir, char **text, size_t *len)
{
	struct node *node = op->node;
	bool is_here = tree_parent(node->row) == dir->row &&
		!strcmp(node->id, dir->id) &&
		(row_is_placeholder(node->row) ||
			!strcmp(node->name, dir->name));

	if (scratch_is(node))
		return scratch_text(scratch_of_node(op->core, node), text, len);
	if (!is_here || node->row->kind != ROW_FILE ||
		!(node->row->mode & 0222))
		return dir_refuse(op, dir, op->name,
			"only a writable value can have a second name, in its "
			"own directory");
	return row_content(op, node, text, len);
}

/* A second name is a copy: programs use it for backups, or to replace by `ln
 * -f`. */
int tree_link(struct op *op)
{
	struct node *dir = node_find(&op->core->nodes, op->new_ino);
	struct lookup_result found;
	char *text;
	size_t len;
	int err = dir ? scratch_takes(op, dir, op->name) : 0;

	if (err < 0)
		return err;
	if (!err)
		return request_refuse_link(op);
	err = dir_find(op, dir, op->name, &found);
	if (!err)
		lookup_clear(&found);
	if (!err || scratch_has(op, dir, op->name))
		return -EEXIST;
	if (err != -ENOENT)
		return err;
	err = link_text(op, dir, &text, &len);
	if (err)
		return err;
	err = scratch_make(op, dir, op->name, text, len, &found);
	explicit_bzero(text, len);
	free(text);
	return err ? err : lookup_reply(op, &found);
}

/* EPERM and not EXDEV: a program that sees EXDEV copies and removes. */
int tree_move(struct op *op)
{
	struct node *to = node_find(&op->core->nodes, op->new_ino);
	struct node *from = op->node;
	int err = 0;

	if (!to || op->flags & RENAME_EXCHANGE)
		return dir_refuse(op, from, op->name,
			"it cannot be moved there, only copied");
	if (op->is_settling)
		return move_end(op, 0);
	if (to == from && from->row->flags & ROW_SCRATCH) {
		err = scratch_has(op, from, op->name) ? move_scratch(op)
						      : move_value_away(op);
	} else {
		err = from->row->move
			? from->row->move(op, from, op->name, to, op->new_name)
			: dir_refuse(op, op->node, op->name,
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
	if (op->step)
		return move_end(op, task_wait(op));
	int err = file_lookup(op->file, op->name, &file);
	if (err)
		return err;
	err = to->row->move_in && !(op->flags & RENAME_EXCHANGE)
		? to->row->move_in(op, to, file, op->new_name)
		: dir_refuse_making(op, to, op->new_name,
			  "a file that is saved elsewhere cannot be moved "
			  "here: copy it");
	file_drop(file);
	return move_end(op, err);
}
