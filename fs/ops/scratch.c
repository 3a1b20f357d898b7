/* SPDX-License-Identifier: MIT */
/* fs/ops/scratch.c - other names beside values: temporary files and backups */
#include "fs/ops/scratch.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "fs/ops/operations.h"
#include "fs/ops/scratch_private.h"

enum {
	COUNT_MAX = 32,
	KEPT_MS = 60000,
};

static struct scratch *find(
	const struct core *core, uint64_t dir, const char *name)
{
	struct scratch *scratch;

	TAILQ_FOREACH(scratch, &core->scratches->all, link)
	if (scratch->dir == dir && scratch->name &&
		!strcmp(scratch->name, name))
		return scratch;
	return NULL;
}

struct scratch *scratch_in(
	struct op *op, const struct node *dir, const char *name)
{
	return find(op->core, dir->ino, name);
}

struct scratch *scratch_of_node(
	const struct core *core, const struct node *node)
{
	uint64_t serial = strtoull(node->id, NULL, 10);
	struct scratch *scratch;

	TAILQ_FOREACH(scratch, &core->scratches->all, link)
	if (scratch->serial == serial)
		return scratch;
	return NULL;
}

/* ---- how long it is there ---- */

/* It may hold a vault's text. */
static void scratch_wipe(struct scratch *scratch)
{
	struct stat st;
	void *bytes;

	if (fstat(scratch->fd, &st) || !st.st_size)
		return;
	bytes = mmap(NULL, (size_t)st.st_size, PROT_WRITE, MAP_SHARED,
		scratch->fd, 0);
	if (bytes == MAP_FAILED)
		return;
	explicit_bzero(bytes, (size_t)st.st_size);
	munmap(bytes, (size_t)st.st_size);
}

/* Frees one that is in no list. */
static void scratch_clear(struct scratch *scratch)
{
	scratch_wipe(scratch);
	node_drop(&scratch->core->nodes, scratch->at);
	if (scratch->fd >= 0)
		close(scratch->fd);
	free(scratch->name);
	free(scratch);
}

static void scratch_free(struct scratch *scratch)
{
	struct core *core = scratch->core;

	TAILQ_REMOVE(&core->scratches->all, scratch, link);
	core->scratches->count--;
	timer_disarm(&core->timers, &scratch->timer);
	scratch_clear(scratch);
}

/* Takes its name away; an open one lives on until it is closed. */
static void scratch_unlink(struct scratch *scratch)
{
	free(scratch->name);
	scratch->name = NULL;
	if (!scratch->opens)
		scratch_free(scratch);
}

static void scratch_expire(void *ctx)
{
	struct scratch *scratch = ctx;
	struct stat st;

	if (!fstat(scratch->fd, &st) && st.st_size)
		row_refuse(scratch->core, "DROP", scratch->at, scratch->name,
			-ENOENT,
			"it is not a value, and was dropped a minute after its "
			"last close; only a rename onto a value sends it");
	scratch_free(scratch);
}

static void scratch_rest(struct scratch *scratch)
{
	scratch->timer.fire = scratch_expire;
	scratch->timer.ctx = scratch;
	timer_arm(&scratch->core->timers, &scratch->timer,
		scratch->core->now_ms + KEPT_MS);
}

void scratch_opened(struct scratch *scratch)
{
	scratch->opens++;
	timer_disarm(&scratch->core->timers, &scratch->timer);
}

void scratch_closed(struct scratch *scratch)
{
	if (--scratch->opens)
		return;
	if (scratch->name)
		scratch_rest(scratch);
	else
		scratch_free(scratch);
}

/* ---- names ---- */

static int scratch_result(
	const struct scratch *scratch, struct lookup_result *found)
{
	char id[24];

	snprintf(id, sizeof(id), "%" PRIu64, scratch->serial);
	return lookup_row(found, &scratch_row, id, NULL);
}

bool scratch_has(struct op *op, const struct node *dir, const char *name)
{
	return find(op->core, dir->ino, name);
}

int scratch_find(struct op *op, const struct node *dir, const char *name,
	struct lookup_result *found)
{
	struct scratch *scratch = dir->row->flags & ROW_SCRATCH
		? find(op->core, dir->ino, name)
		: NULL;

	return scratch ? scratch_result(scratch, found) : -ENOENT;
}

int scratch_list(struct op *op, const struct node *dir, struct listing *listing)
{
	struct lookup_result found;
	struct scratch *scratch;
	int err = 0;

	if (!(dir->row->flags & ROW_SCRATCH))
		return 0;
	TAILQ_FOREACH(scratch, &op->core->scratches->all, link)
	{
		if (err || scratch->dir != dir->ino || !scratch->name)
			continue;
		err = scratch_result(scratch, &found);
		if (!err)
			err = listing_add(listing, scratch->name, &found);
	}
	return err;
}

static int memory_file(const char *text, size_t len)
{
	int fd = memfd_create("unsandboxfs", MFD_CLOEXEC);

	if (fd < 0)
		return -errno;
	if (pwrite(fd, text, len, 0) < (ssize_t)len) {
		close(fd);
		return -ENOMEM;
	}
	return fd;
}

static int scratch_new(struct core *core, const struct node *dir,
	const char *name, const char *text, size_t len, struct scratch **made)
{
	struct scratch *scratch = calloc(1, sizeof(*scratch));
	int err;

	if (!scratch)
		return -ENOMEM;
	scratch->core = core;
	scratch->dir = dir->ino;
	scratch->name = strdup(name);
	scratch->at = node_hold(&core->nodes, dir->row, dir->id, dir->name);
	scratch->fd = memory_file(text, len);
	err = scratch->fd < 0 ? scratch->fd : 0;
	if (!scratch->name || !scratch->at)
		err = -ENOMEM;
	if (err)
		scratch_clear(scratch);
	else
		*made = scratch;
	return err;
}

int scratch_make(struct op *op, const struct node *dir, const char *name,
	const char *text, size_t len, struct lookup_result *found)
{
	struct scratches *all = op->core->scratches;
	struct scratch *scratch = NULL, *old = find(op->core, dir->ino, name);
	int err;

	if (all->count == COUNT_MAX)
		return row_refuse(op->core, op->method, dir, name, -ENOSPC,
			"there are too many temporary files");
	err = scratch_new(op->core, dir, name, text, len, &scratch);
	if (err)
		return err;
	scratch->serial = ++all->serial;
	TAILQ_INSERT_TAIL(&all->all, scratch, link);
	all->count++;
	if (old)
		scratch_unlink(old);
	scratch_rest(scratch);
	return found ? scratch_result(scratch, found) : 0;
}

int scratch_remove(struct op *op, const struct node *dir, const char *name)
{
	struct scratch *scratch = find(op->core, dir->ino, name);

	if (!scratch)
		return -ENOENT;
	scratch_unlink(scratch);
	return 0;
}

int scratch_rename(struct op *op, const struct node *dir, const char *name,
	const char *new_name)
{
	struct scratch *scratch = find(op->core, dir->ino, name), *old;
	char *copy = strdup(new_name);

	if (!scratch || !copy) {
		free(copy);
		return scratch ? -ENOMEM : -ENOENT;
	}
	old = find(op->core, dir->ino, new_name);
	if (old && old != scratch)
		scratch_unlink(old);
	free(scratch->name);
	scratch->name = copy;
	return 0;
}

int scratch_text(const struct scratch *scratch, char **text, size_t *len)
{
	struct stat st;

	if (!scratch || fstat(scratch->fd, &st))
		return -ENOENT;
	*text = malloc((size_t)st.st_size + 1);
	if (!*text)
		return -ENOMEM;
	ssize_t n = pread(scratch->fd, *text, (size_t)st.st_size, 0);
	if (n < st.st_size) { /* half a value must not be saved */
		int err = n < 0 ? -errno : -EIO;
		free(*text);
		return err;
	}
	*len = (size_t)n;
	(*text)[*len] = '\0';
	return 0;
}

/* ---- all of a mount ---- */

struct scratches *scratches_new(struct core *core)
{
	struct scratches *scratches = calloc(1, sizeof(*scratches));

	if (!scratches)
		return NULL;
	scratches->core = core;
	TAILQ_INIT(&scratches->all);
	return scratches;
}

void scratches_free(struct scratches *scratches)
{
	if (!scratches)
		return;
	while (!TAILQ_EMPTY(&scratches->all))
		scratch_free(TAILQ_FIRST(&scratches->all));
	hidden_clear(scratches);
	free(scratches);
}
