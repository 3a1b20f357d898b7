/* SPDX-License-Identifier: MIT */
/* fs/ops/saved_directories.c - names of saved files */
#include "fs/ops/saved_files.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include "fs/core/core.h"
#include "fs/jobs/jobs.h"
#include "fs/ops/lookup.h"
#include "fs/ops/request.h"
#include "fs/ops/save.h"
#include "fs/ops/virtual_entries.h"

int saved_make_file(
	struct op *op, struct file_opened *opened, struct file **file)
{
	const struct file_caller caller = { op->uid, op->gid };
	mode_t mode = op->mode & 07777;
	struct file *dir = op->file;
	int err = virtual_refuses(op, dir, op->name, op->mode);

	if (!err && !S_ISDIR(op->mode))
		err = dir_kind_refuses(dir, op->name);
	if (!err)
		err = op_wait_dir(op);
	if (err)
		return err;
	switch (op->mode & S_IFMT) {
	case S_IFDIR:
		return file_mkdir(dir, op->name, mode, &caller, file);
	case S_IFLNK:
		return file_symlink(dir, op->name, op->new_name, &caller, file);
	case S_IFREG:
	case 0:
		return file_create(dir, op->name, mode, op->fi.flags, &caller,
			opened, file);
	}
	return file_refuse(op->core, op->method, dir, op->name, -EPERM,
		"there are files, directories and symbolic links here, but no "
		"FIFOs, sockets and devices");
}

int saved_make(struct op *op)
{
	struct lookup_result found = { 0 };
	int err = saved_make_file(op, NULL, &found.file);

	return err ? err : lookup_reply(op, &found);
}

int saved_link(struct op *op)
{
	struct lookup_result found = { .file = op->file };
	struct file *dir = file_by_ino(op->core->files, op->new_ino);
	int err;

	if (!dir || !S_ISDIR(dir->type))
		return request_refuse_in(op, op->new_ino, op->name, no_links);
	err = virtual_refuses(op, dir, op->name, S_IFREG);
	if (!err)
		err = dir_kind_refuses(dir, op->name);
	if (!err)
		err = op_wait_thaw(op, dir);
	if (!err)
		err = file_link(found.file, dir, op->name);
	if (err)
		return err;
	file_hold(found.file);
	return lookup_reply(op, &found);
}

static int remove_do(struct op *op)
{
	struct file *dir = op->file, *file;
	int err = op_wait_dir(op);

	if (err)
		return err;
	err = file_lookup(dir, op->name, &file);
	if (err == -ENOENT)
		return virtual_remove(op, dir);
	if (err)
		return err;
	if (!op->flags)
		run_unsettle(file);
	err = op->flags ? file_rmdir(dir, op->name)
			: virtual_unlink(op, dir, file);
	file_drop(file);
	return err;
}

int saved_remove(struct op *op)
{
	int err = op->is_settling ? 0 : remove_do(op);

	if (!err)
		err = notifier_settle(op);
	return err ? err : op_reply_ok(op);
}

/* RENAME_EXCHANGE also moves the other name. */
static int exchange_refuses(struct op *op, struct file *dir, struct file *to)
{
	struct file *other;
	int err = file_lookup(to, op->new_name, &other);

	if (err)
		return err;
	err = virtual_refuses(op, dir, op->name, other->type);
	if (!err)
		err = virtual_stays_apart(op, other, dir);
	file_drop(other);
	return err;
}

/* Expires NAME.job of what had the two names. */
static int rename_names(struct op *op, struct file *dir, struct file *to,
	const struct file *file)
{
	struct file *other;
	int err = file_lookup(to, op->new_name, &other);
	uint64_t number = err ? 0 : other->number;

	if (err && err != -ENOENT)
		return err;
	file_drop(err ? NULL : other);
	err = file_rename(dir, op->name, to, op->new_name, op->flags);
	if (err)
		return err;
	job_of_file_expire(op->core, file->number);
	job_of_file_expire(op->core, number);
	return 0;
}

static int rename_do(
	struct op *op, struct file *dir, struct file *to, struct file *file)
{
	const char *key = file_top_key(dir), *to_key = file_top_key(to);
	int err = op_wait_thaw(op, dir);

	if (!err)
		err = op_wait_thaw(op, to);
	if (err)
		return err;
	if (!key || !to_key)
		return -ENOENT;
	if (strcmp(key, to_key))
		return file_refuse(op->core, op->method, dir, op->name, -EPERM,
			"it cannot be moved from one top directory to another: "
			"copy it, then remove it");
	err = virtual_refuses(op, to, op->new_name, file->type);
	if (!err)
		err = virtual_stays_apart(op, file, to);
	if (!err && op->flags & RENAME_EXCHANGE)
		err = exchange_refuses(op, dir, to);
	if (!err && !S_ISDIR(file->type))
		err = dir_kind_refuses(to, op->new_name);
	if (!err)
		err = rename_names(op, dir, to, file);
	if (!err)
		op->step = 1;
	return err ? err : save_renamed(op, file, to, op->new_name);
}

/* Refuses to rename what is not a saved file. */
static int virtual_stays(struct op *op)
{
	struct lookup_result found;
	int err = virtual_lookup(op, op->file, op->name, &found);

	if (err)
		return err;
	lookup_clear(&found);
	return file_refuse(op->core, op->method, op->file, op->name, -EPERM,
		"its name cannot be changed; a job is renamed with its "
		"program");
}

static int rename_and_save(struct op *op)
{
	struct file *to = file_by_ino(op->core->files, op->new_ino), *file;
	int err;

	if (!to || !S_ISDIR(to->type) || !S_ISDIR(op->file->type))
		return -ESTALE;
	file_hold(to);
	err = op->step ? file_lookup(to, op->new_name, &file)
		       : file_lookup(op->file, op->name, &file);
	if (err) {
		err = op->step ? 0 : virtual_stays(op);
	} else {
		err = op->step ? save_renamed(op, file, to, op->new_name)
			       : rename_do(op, op->file, to, file);
		file_drop(file);
	}
	file_drop(to);
	return err;
}

int saved_rename(struct op *op)
{
	int err = op->is_settling ? 0 : rename_and_save(op);

	if (!err)
		err = notifier_settle(op);
	return err ? err : op_reply_ok(op);
}
