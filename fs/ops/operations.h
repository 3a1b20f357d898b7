/* SPDX-License-Identifier: MIT */
/* fs/ops/operations.h - the kernel's requests, each made an operation */
#ifndef FS_OPS_OPERATIONS_H
#define FS_OPS_OPERATIONS_H

#include "fs/core/core.h"

/* For fuse_session_new; its userdata is the struct core. */
extern const struct fuse_lowlevel_ops fs_operations;

struct core;
struct scratches;

/* The temporary names beside values (fs/ops/scratch.h). NULL: out of memory. */
struct scratches *scratches_new(struct core *core);
void scratches_free(struct scratches *scratches);

#endif
