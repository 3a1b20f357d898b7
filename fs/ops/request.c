/* SPDX-License-Identifier: MIT */
/* fs/ops/request.c - a request of the kernel becomes an operation */
#include "fs/ops/request.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>

#include "fs/core/core.h"
#include "fs/files/files.h"
#include "fs/jobs/jobs.h"
#include "fs/ops/nodes.h"
#include "fs/ops/save.h"
#include "fs/ops/saved_files.h"
#include "fs/ops/stale.h"

struct core *request_fs(fuse_req_t req)
{
	struct core *core = fuse_req_userdata(req);

	core->operations++;
	return core;
}

static int lacks_memory(struct op *op)
{
	(void)op;
	return -ENOMEM;
}

/* libfuse reuses the request's buffer. */
static bool copy_buffers(struct op *op, const struct request *args)
{
	if (args->name)
		op->name = strdup(args->name);
	if (args->new_name)
		op->new_name = strdup(args->new_name);
	if (args->bytes)
		op->extra = malloc(args->size + 1);
	if (op->extra)
		memcpy(op->extra, args->bytes, args->size);
	return !args->name == !op->name && !args->new_name == !op->new_name &&
		!args->bytes == !op->extra;
}

static int explain(struct op *op, const struct node *node, struct file *file,
	const char *name, int err, const char *why)
{
	struct file *dir = file;

	if (node)
		return row_refuse(op->core, op->method, node, name, err, why);
	if (!name)
		file_place(file, 0, &dir, &name);
	return file_refuse(op->core, op->method, dir, name, err, why);
}

int request_refuse_in(
	struct op *op, fuse_ino_t dir_ino, const char *name, const char *why)
{
	const struct node *node = node_find(&op->core->nodes, dir_ino);
	struct file *file = file_by_ino(op->core->files, dir_ino);

	return node || file ? explain(op, node, file, name, -EPERM, why)
			    : -EPERM;
}

/* Whether the loop itself changes the disk for this request. What a close makes
 * durable, the worker writes. */
static bool changes_disk(const struct op *op)
{
	if (op->handle && (!op->handle->is_writable || op->act == save_flush))
		return false;
	return op->method ||
		(op->act == saved_open &&
			(op->fi.flags & (O_ACCMODE | O_TRUNC)));
}

/* Adds a line for errors that nobody has explained, such as the disk's. */
static int request_run(struct op *op)
{
	const struct core *core = op->core;

	if (op->node && !stale_is_reached(op, op->node))
		return -ESTALE;
	int err = changes_disk(op) ? disk_wait(op) : 0;
	/* A killed process still closes its files, which must not save. */
	if (err == -EINPROGRESS && op->act == tree_flush)
		op->is_uninterruptible = true;
	if (!err)
		err = op->act(op);
	if ((err == -EPERM || err == -EINVAL) && op->method &&
		errors_count(core->errors) == op->errors_before)
		explain(op, op->node, op->file, op->name, err, NULL);
	return err;
}

void request_start(fuse_req_t req, int (*on_row)(struct op *),
	int (*on_file)(struct op *), const struct request *args)
{
	struct core *core = request_fs(req);
	struct node *node = node_find(&core->nodes, args->ino);
	struct file *file = node ? NULL : file_by_ino(core->files, args->ino);

	if (!node && !file) {
		fuse_reply_err(req, ESTALE);
		return;
	}
	struct op *op = op_new(core, req, request_run);
	if (!op)
		return;
	op->act = node ? on_row : on_file;
	op->method = args->method;
	op->errors_before = errors_count(core->errors);
	op->node = node;
	op->file = file;
	if (node)
		node->holds++;
	else
		file_hold(file);
	op->ino = args->ino;
	op->new_ino = args->new_ino;
	if (args->fi) {
		op->fi = *args->fi;
		op->handle = handle_of(args->fi);
	}
	if (args->attr)
		op->attr = *args->attr;
	op->size = args->size;
	op->offset = args->offset;
	op->to_set = args->to_set;
	op->flags = args->flags;
	op->mode = args->mode;
	op->is_plus = args->is_plus;
	op->opens = args->opens;
	if (!copy_buffers(op, args))
		op->act = lacks_memory;
	stale_asked(op);
	op_start(op);
}

int request_refuse(struct op *op)
{
	return row_refuse(op->core, op->method, op->node, op->name, -EPERM,
		"a value of the API cannot be linked or allocated: write the "
		"value itself");
}

const char no_links[] = "only saved files have several names, in their own "
			"top directory: copy it";

int request_refuse_link(struct op *op)
{
	return request_refuse_in(op, op->new_ino, op->name, no_links);
}
