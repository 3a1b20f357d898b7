/* SPDX-License-Identifier: MIT */
/* fs/ops/lookup.c - what a name stands for, as replies to the kernel */
#include "fs/ops/lookup.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "fs/core/core.h"
#include "fs/files/files.h"
#include "fs/jobs/jobs.h"
#include "fs/ops/nodes.h"
#include "fs/ops/scratch.h"
#include "fs/ops/stale.h"

/* A static row under a directory: with the same id and name. */
static int child_found(struct op *op, const struct row *row,
	const struct node *dir, bool is_listing, struct lookup_result *found)
{
	struct node *child;
	int err;

	if (row->saves)
		return row->saves(op, dir, found);
	child = node_hold(&op->core->nodes, row, dir->id, dir->name);
	if (!child)
		return -ENOMEM;
	err = row_exists(op, child);
	if (!err && is_listing && row->is_hidden && row->is_hidden(op, child))
		err = -ENOENT;
	if (!err)
		err = lookup_row(found, row, dir->id, dir->name);
	node_drop(&op->core->nodes, child);
	return err;
}

int dir_find(struct op *op, struct node *dir, const char *name,
	struct lookup_result *found)
{
	const struct row *row = tree_named(dir->row, name);

	memset(found, 0, sizeof(*found));
	if (row)
		return child_found(op, row, dir, false, found);
	if (dir->row->find)
		return dir->row->find(op, dir, name, found);
	return -ENOENT;
}

int dir_list(struct op *op, struct node *dir, struct listing *listing)
{
	const struct row *row;
	int err = 0;

	for (size_t i = 0; !err && (row = tree_child(dir->row, i)); i++) {
		struct lookup_result found;
		if (row->flags & ROW_UNLISTED)
			continue;
		err = child_found(op, row, dir, true, &found);
		if (!err)
			err = listing_add(listing, row_name(row), &found);
		else if (err == -ENOENT)
			err = 0;
	}
	if (!err && dir->row->list)
		err = dir->row->list(op, dir, listing);
	if (!err)
		err = scratch_list(op, dir, listing);
	return err ? err : listing_check(listing);
}

/* Moving a draft replaces it by something else, but the kernel would keep its
 * cached entry under the new name, so it must not cache it. */
static bool is_draft(const struct file *file)
{
	return S_ISDIR(file->type) && dir_kind_of(file)->has_drafts;
}

/* The kernel sees every change except the times of a directory in which a job
 * appears: these are invalidated (fs/jobs/job.c). */
double saved_timeout_s(const struct file *file)
{
	return is_draft(file) ? 0 : FOREVER_S;
}

/* A directory that every account has. */
static bool is_always_there(const struct lookup_result *found)
{
	const struct row *row = found->row;

	return row->kind == ROW_DIR && !row->exists && !row->source &&
		!found->id[0] && !found->name[0] && !row_is_placeholder(row);
}

/* Whether the directory was reached by no name that still stands for it. */
static bool is_below_expired(const struct op *op)
{
	return op->node && op->node->expiry;
}

int lookup_fill(struct op *op, const struct lookup_result *found,
	struct fuse_entry_param *entry, struct node **held)
{
	double timeout_s;

	memset(entry, 0, sizeof(*entry));
	*held = NULL;
	if (found->file) {
		entry->ino = found->file->ino;
		entry->attr_timeout = saved_timeout_s(found->file);
		entry->entry_timeout = is_draft(found->file) ? 0 : FOREVER_S;
		return file_stat(found->file, &entry->attr);
	}
	struct node *node =
		node_hold(&op->core->nodes, found->row, found->id, found->name);
	if (!node)
		return -ENOMEM;
	*held = node;
	entry->ino = node->ino;
	op->cached_only = true;
	int err = row_attr(op, node, &entry->attr, &timeout_s);
	op->cached_only = false;
	if (err) {
		row_attr_plain(op->core, node, &entry->attr);
		node->content_hash = 0;
		return 1;
	}
	entry->attr_timeout = timeout_s;
	entry->entry_timeout = is_always_there(found) ? FOREVER_S : timeout_s;
	if (found->row->flags & ROW_VOLATILE || node->is_moved)
		entry->entry_timeout = 0;
	if (is_below_expired(op) || node->expiry)
		entry->attr_timeout = 0;
	return 0;
}

void node_told(const struct core *core, struct node *node, double timeout_s)
{
	node->attr_hash = node->content_hash;
	node->attr_until_ms = core->now_ms + (uint64_t)(timeout_s * 1000);
}

void lookup_told(const struct op *op, const struct lookup_result *found,
	const struct fuse_entry_param *entry, struct node *held)
{
	if (held) {
		held->lookups++;
		held->is_name_cached = entry->entry_timeout > 0;
		stale_named(op, held);
		node_told(op->core, held, entry->attr_timeout);
	} else {
		file_known(found->file);
	}
}

int lookup_reply(struct op *op, struct lookup_result *found)
{
	struct fuse_entry_param entry;
	struct node *held;
	int err = lookup_fill(op, found, &entry, &held);

	if (err >= 0) {
		if (op->req)
			lookup_told(op, found, &entry, held);
		op_reply_entry(op, &entry);
		err = 0;
	}
	node_drop(&op->core->nodes, held);
	lookup_clear(found);
	return err;
}

/* ---- an open directory ---- */

static void entry_names(
	const struct lookup_result *found, struct fuse_entry_param *entry)
{
	const struct row *row = found->row;

	memset(entry, 0, sizeof(*entry));
	entry->attr.st_ino = row ? node_ino(row, found->id, found->name)
		: found->file	 ? found->file->ino
				 : found->ino;
	entry->attr.st_mode = row && row->kind == ROW_LINK ? S_IFLNK
		: row && row->kind != ROW_DIR		   ? S_IFREG
		: row					   ? S_IFDIR
		: found->file				   ? found->file->type
							   : found->type;
}

static size_t entry_add(struct op *op, char *bytes, size_t room,
	const char *name, const struct fuse_entry_param *entry, off_t next)
{
	return op->is_plus ? fuse_add_direntry_plus(
				     op->req, bytes, room, name, entry, next)
			   : fuse_add_direntry(op->req, bytes, room, name,
				     &entry->attr, next);
}

/* Attributes that would cost a request are left out: the kernel asks for them
 * when a program needs them. */
static size_t listing_entry(struct op *op, char *bytes, size_t room,
	const char *name, const struct lookup_result *found, off_t next)
{
	struct fuse_entry_param entry;
	struct node *held = NULL;
	size_t len;

	if (!op->is_plus || !(found->row || found->file) ||
		lookup_fill(op, found, &entry, &held))
		entry_names(found, &entry);
	len = entry_add(op, bytes, room, name, &entry, next);
	if (len <= room && entry.ino)
		lookup_told(op, found, &entry, held);
	node_drop(&op->core->nodes, held);
	return len;
}

/* A saved file may have been removed since it was listed. */
static size_t listing_saved(struct op *op, char *bytes, size_t room,
	const char *name, const struct lookup_result *listed, off_t next)
{
	struct lookup_result found = *listed;
	size_t len;

	if (op->is_plus &&
		file_lookup(op->handle->file, name, &found.file) == -ENOENT)
		return 0;
	len = listing_entry(op, bytes, room, name, &found, next);
	file_drop(found.file);
	return len;
}

static size_t listing_dot(struct op *op, char *bytes, size_t room,
	const char *name, fuse_ino_t ino, off_t next)
{
	struct fuse_entry_param entry = {
		.attr = { .st_ino = ino, .st_mode = S_IFDIR },
	};

	return entry_add(op, bytes, room, name, &entry, next);
}

int listing_reply(struct op *op, struct listing *listing)
{
	char *bytes = malloc(op->size);
	size_t used = 0, total = listing_size(listing) + 2;

	if (!bytes)
		return -ENOMEM;
	for (size_t i = op->offset; i < total; i++) {
		size_t room = op->size - used, len;
		struct lookup_result found;
		if (i < 2) {
			len = listing_dot(op, bytes + used, room,
				i ? ".." : ".", i ? FUSE_ROOT_ID : op->ino,
				i + 1);
		} else {
			const char *name = listing_at(listing, i - 2, &found);
			len = (found.row || found.file ? listing_entry
						       : listing_saved)(
				op, bytes + used, room, name, &found, i + 1);
		}
		if (len > room)
			break;
		used += len;
	}
	op_reply_buf(op, bytes, used);
	free(bytes);
	return 0;
}
