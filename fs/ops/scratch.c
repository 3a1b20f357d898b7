/* SPDX-License-Identifier: MIT */
/* fs/ops/scratch.c - other names beside values: temporary files and backups */
#include "fs/ops/scratch.h"

#include <ctype.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "fs/base/base.h"
#include "fs/ops/open_descriptors.h"
#include "fs/ops/operations.h"

enum {
	COUNT_MAX = 32,
	SIZE_MAX_BYTES = 4 << 20, /* of one; the largest value is smaller */
	KEPT_MS = 60000,
	HIDDEN_MS = 500,
	HIDDEN_COUNT = 8,
};

struct scratch {
	TAILQ_ENTRY(scratch) link;
	struct core *core;
	uint64_t serial; /* of its node */
	uint64_t dir;	 /* inode number */
	struct node *at; /* that directory, held; for messages */
	int fd;
	unsigned opens;
	struct timer timer;
	char *name;
};

TAILQ_HEAD(scratch_list, scratch);

struct hidden {
	uint64_t dir, until_ms;
	pid_t process;
	char name[NAME_MAX + 1];
};

struct scratches {
	struct core *core;
	struct scratch_list all;
	unsigned count;
	uint64_t serial;
	struct hidden hidden[HIDDEN_COUNT];
	unsigned next_hidden;
};

/* ---- which names ---- */

static bool is_value(const struct row *row)
{
	return row->kind == ROW_FILE && row->mode & 0222;
}

static bool is_random(const char *name, const char *start, size_t len)
{
	if (strncmp(name, start, strlen(start)) || strlen(name) != len)
		return false;
	for (; *name; name++)
		if (!isalnum((unsigned char)*name) && *name != '_')
			return false;
	return true;
}

/* Whether a word in the name begins with that of a setting: `.ttl.swp`,
 * `ttlXy12Ab`. */
static bool has_word_of(struct op *op, const struct node *dir, const char *name)
{
	static const char word[] = "abcdefghijklmnopqrstuvwxyz"
				   "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_";
	struct lookup_result found;
	size_t len;

	for (; *name; name += len) {
		char part[NAME_MAX + 1];
		name += strcspn(name, word);
		len = strspn(name, word);
		snprintf(part, sizeof(part), "%.*s", (int)len, name);
		for (size_t left = len; left; left--) {
			part[left] = '\0';
			if (dir->row->find(op, dir, part, &found))
				continue;
			lookup_clear(&found);
			return true;
		}
	}
	return false;
}

/* A temporary or backup name of a value, or one that Python, emacs or perl -i
 * makes. */
static bool is_derived(struct op *op, const struct node *dir, const char *name)
{
	const struct row *row;

	if (name_is_ignored(name) || is_random(name, "tmp", 11) ||
		is_random(name, "tmp", 9) || is_random(name, "XX", 8))
		return true;
	for (size_t i = 0; (row = tree_child(dir->row, i)); i++)
		if (is_value(row) && strstr(name, row_name(row)))
			return true;
	return dir->row->find && has_word_of(op, dir, name);
}

/* In a draft and among settings, a mistyped name is refused, so only those that
 * look temporary are taken. */
bool scratch_takes(struct op *op, const struct node *dir, const char *name)
{
	if (!(dir->row->flags & ROW_SCRATCH))
		return false;
	return !(dir->row->make_file || dir->row->find) ||
		is_derived(op, dir, name);
}

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

static struct scratch *of_node(const struct core *core, const struct node *node)
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

static void scratch_free(struct scratch *scratch)
{
	struct core *core = scratch->core;

	scratch_wipe(scratch);
	TAILQ_REMOVE(&core->scratches->all, scratch, link);
	core->scratches->count--;
	timer_disarm(&core->timers, &scratch->timer);
	node_drop(&core->nodes, scratch->at);
	close(scratch->fd);
	free(scratch->name);
	free(scratch);
}

/* One that is open has no name until it is closed. */
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
			"it is no value, and was dropped a minute after its "
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

/* ---- an open one ---- */

static int scratch_read(struct op *op)
{
	return op_reply_fd(op, op->handle->fd, op->size);
}

static int scratch_write(struct op *op)
{
	struct handle *handle = op->handle;
	off_t at = op->offset;
	struct stat st;

	if (handle->appends && !fstat(handle->fd, &st))
		at = st.st_size;
	if (at + (off_t)op->size > SIZE_MAX_BYTES)
		return row_refuse(op->core, op->method, handle->node, NULL,
			-EFBIG,
			"a temporary file beside a value holds 4 MiB at most");
	ssize_t n = pwrite(handle->fd, op->extra, op->size, at);
	explicit_bzero(op->extra, op->size);
	return n < 0 ? -errno : op_reply_write(op, (size_t)n);
}

static void scratch_close(struct core *core, struct handle *handle)
{
	struct scratch *scratch = of_node(core, handle->node);

	if (!scratch || --scratch->opens)
		return;
	if (scratch->name)
		scratch_rest(scratch);
	else
		scratch_free(scratch);
}

static const struct handle_kind scratch_kind = {
	.read = scratch_read,
	.write = scratch_write,
	.close = scratch_close,
};

static int scratch_open(
	struct op *op, const struct node *node, struct handle *handle)
{
	struct scratch *scratch = of_node(op->core, node);

	if (!scratch)
		return -ESTALE;
	if (op->fi.flags & O_TRUNC && ftruncate(scratch->fd, 0))
		return -errno;
	handle->fd = fcntl(scratch->fd, F_DUPFD_CLOEXEC, 0);
	if (handle->fd < 0)
		return -errno;
	handle->kind = &scratch_kind;
	scratch->opens++;
	timer_disarm(&op->core->timers, &scratch->timer);
	return 0;
}

/* ---- its row, which is in no table: it can be anywhere ---- */

static int scratch_exists(struct op *op, const struct node *node)
{
	return of_node(op->core, node) ? 0 : -ENOENT;
}

static void scratch_locate(
	struct core *core, const struct node *node, FILE *out)
{
	const struct scratch *scratch = of_node(core, node);

	if (!scratch || !scratch->name)
		return;
	row_locate(core, scratch->at, out);
	fprintf(out, "/%s", scratch->name);
}

static int scratch_attr(struct op *op, const struct node *node,
	struct stat *attr, double *timeout_s)
{
	struct scratch *scratch = of_node(op->core, node);
	struct stat st;

	*timeout_s = 0;
	if (!scratch || fstat(scratch->fd, &st))
		return -ENOENT;
	attr->st_mode = S_IFREG | 0600;
	attr_size(attr, (uint64_t)st.st_size);
	attr_times(attr, &st.st_mtim, &st.st_ctim);
	attr->st_nlink = scratch->name != NULL;
	return 0;
}

static const struct row scratch_row = {
	.path = "/{scratch}",
	.help = "a temporary file or a backup beside a value",
	.kind = ROW_FILE,
	.mode = 0600,
	.flags = ROW_VOLATILE | ROW_SECRET,
	.locate = scratch_locate,
	.exists = scratch_exists,
	.attr = scratch_attr,
	.open = scratch_open,
};

bool scratch_is(const struct node *node)
{
	return node->row == &scratch_row;
}

int scratch_setattr(struct op *op)
{
	struct scratch *scratch = of_node(op->core, op->node);
	struct timespec times[2] = { { .tv_nsec = UTIME_OMIT },
		{ .tv_nsec = UTIME_OMIT } };
	int err = scratch ? 0 : -ESTALE;

	if (!err && op->to_set & FUSE_SET_ATTR_SIZE)
		err = op->attr.st_size > SIZE_MAX_BYTES		   ? -EFBIG
			: ftruncate(scratch->fd, op->attr.st_size) ? -errno
								   : 0;
	if (op->to_set & FUSE_SET_ATTR_ATIME)
		times[0] = op->attr.st_atim;
	if (op->to_set & FUSE_SET_ATTR_MTIME)
		times[1] = op->attr.st_mtim;
	if (op->to_set & FUSE_SET_ATTR_MTIME_NOW)
		times[1].tv_nsec = UTIME_NOW;
	if (!err && futimens(scratch->fd, times))
		err = -errno;
	return err;
}

/* ---- names ---- */

static int scratch_result(
	const struct scratch *scratch, struct lookup_result *found)
{
	char id[24];

	snprintf(id, sizeof(id), "%" PRIu64, scratch->serial);
	return lookup_row(found, &scratch_row, id, NULL);
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

int scratch_make(struct op *op, const struct node *dir, const char *name,
	const char *text, size_t len, struct lookup_result *found)
{
	struct scratches *all = op->core->scratches;
	struct scratch *scratch, *old = find(op->core, dir->ino, name);

	if (all->count == COUNT_MAX)
		return row_refuse(op->core, "CREATE", dir, name, -ENOSPC,
			"there are too many temporary files");
	scratch = calloc(1, sizeof(*scratch));
	if (!scratch)
		return -ENOMEM;
	scratch->name = strdup(name);
	scratch->fd = memory_file(text, len);
	int err = !scratch->name ? -ENOMEM : scratch->fd < 0 ? scratch->fd : 0;
	if (err) {
		if (scratch->fd >= 0)
			close(scratch->fd);
		free(scratch->name);
		free(scratch);
		return err;
	}
	scratch->at = node_hold(&op->core->nodes, dir->row, dir->id, dir->name);
	if (!scratch->at) {
		close(scratch->fd);
		free(scratch->name);
		free(scratch);
		return -ENOMEM;
	}
	scratch->core = op->core;
	scratch->serial = ++all->serial;
	scratch->dir = dir->ino;
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

int scratch_text(struct op *op, const struct node *dir, const char *name,
	char **text, size_t *len)
{
	struct scratch *scratch = find(op->core, dir->ino, name);
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

/* ---- values that one process does not see ---- */

void value_hide(struct op *op, const struct node *dir, const char *name)
{
	struct scratches *all = op->core->scratches;
	struct hidden *hidden = &all->hidden[all->next_hidden++ % HIDDEN_COUNT];

	hidden->dir = dir->ino;
	hidden->until_ms = op->core->now_ms + HIDDEN_MS;
	hidden->process = writer_process(op->pid);
	snprintf(hidden->name, sizeof(hidden->name), "%s", name);
}

void value_show(struct op *op, const struct node *dir, const char *name)
{
	struct scratches *all = op->core->scratches;

	for (unsigned i = 0; i < HIDDEN_COUNT; i++)
		if (all->hidden[i].dir == dir->ino &&
			!strcmp(all->hidden[i].name, name))
			all->hidden[i].until_ms = 0;
}

bool value_is_hidden(
	const struct op *op, const struct node *dir, const char *name)
{
	const struct scratches *all = op->core->scratches;

	for (unsigned i = 0; i < HIDDEN_COUNT; i++) {
		const struct hidden *hidden = &all->hidden[i];
		if (hidden->dir == dir->ino &&
			hidden->until_ms > op->core->now_ms &&
			!strcmp(hidden->name, name) &&
			hidden->process == writer_process(op->pid))
			return caller_creates_anew(op->pid) != 0;
	}
	return false;
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
	free(scratches);
}
