/* SPDX-License-Identifier: MIT */
/* fs/base/parallel.h - pieces of work that wait for the disk at the same time
 */
#ifndef FS_BASE_PARALLEL_H
#define FS_BASE_PARALLEL_H

#include <stddef.h>

/* A piece of work: 0 or -errno, which is put into err. */
struct part {
	int (*work)(void *ctx);
	void *ctx;
	int err;
};

enum { PARTS_MAX = 8, HELPERS_MAX = 2 * PARTS_MAX };

/* Does all of them, for a worker: several fsyncs at the same time take a disk
 * no longer than one. The caller does the first, and helpers the others:
 * threads that wait for more work for a few seconds, then end, HELPERS_MAX for
 * all callers. The caller does what no helper does. count is at most PARTS_MAX.
 * Returns the first err that is not 0, in the order of the parts. */
int parts_do(struct part *parts, size_t count);

/* fsync() of each, as a part; *fd is a descriptor. */
int part_sync(void *fd);

#endif
