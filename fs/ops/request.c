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

bool request_is_row(const struct core *core, fuse_ino_t ino)
{
	return node_find(&core->nodes, ino) != NULL;
}

/* An operation on `ino`, whose code depends on what stands there. */
struct op *request_on(fuse_req_t req, fuse_ino_t ino,
	int (*on_row)(struct op *), int (*on_inode)(struct op *))
{
	struct core *core = request_fs(req);
	struct op *op = op_new(
		core, req, request_is_row(core, ino) ? on_row : on_inode);

	if (op)
		op->ino = ino;
	return op;
}

/* The same with a name, which outlives the request's buffer. */
struct op *request_named(fuse_req_t req, fuse_ino_t ino, const char *name,
	int (*on_row)(struct op *), int (*on_inode)(struct op *))
{
	struct op *op = request_on(req, ino, on_row, on_inode);

	if (!op)
		return NULL;
	op->name = strdup(name);
	if (op->name)
		return op;
	op->run = NULL;
	fuse_reply_err(req, ENOMEM);
	free(op);
	return NULL;
}

int request_refuse(struct op *op)
{
	(void)op;
	return -EPERM;
}

int request_lacks_memory(struct op *op)
{
	(void)op;
	return -ENOMEM;
}
