/* SPDX-License-Identifier: MIT */
/* fs/base/parallel.c - pieces of work that wait for the disk at the same time
 */
#include "fs/base/parallel.h"

#include <errno.h>
#include <pthread.h>
#include <unistd.h>

static void *part_main(void *ctx)
{
	struct part *part = ctx;

	part->err = part->work(part->ctx);
	return NULL;
}

int parts_do(struct part *parts, size_t count)
{
	bool has_thread[PARTS_MAX] = { false };
	pthread_t threads[PARTS_MAX];
	int err = 0;

	for (size_t i = 1; i < count; i++)
		has_thread[i] = !pthread_create(
			&threads[i], NULL, part_main, &parts[i]);
	for (size_t i = 0; i < count; i++)
		if (!has_thread[i])
			part_main(&parts[i]);
	for (size_t i = 0; i < count; i++) {
		if (has_thread[i])
			pthread_join(threads[i], NULL);
		if (!err)
			err = parts[i].err;
	}
	return err;
}

int part_sync(void *fd)
{
	return fsync(*(const int *)fd) ? -errno : 0;
}
