/* SPDX-License-Identifier: MIT */
/* fs/ops/request.c - a request of the kernel becomes an operation */
#include "fs/ops/request.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "fs/core/core.h"

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

/* The request's buffer is libfuse's, and goes. */
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
	struct op *op = op_new(core, req, node ? on_row : on_file);
	if (!op)
		return;
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
		op->run = lacks_memory;
	op_start(op);
}

int request_refuse(struct op *op)
{
	return op->node
		? row_refuse(op->core, "CHANGE", op->node, op->name, -EPERM,
			  "here are values of the API, which take no "
			  "links, no symbolic links and no allocation")
		: -EPERM;
}
