/* SPDX-License-Identifier: MIT */
/* fs/service_log.c - a service's log, as a file that grows */
#include "fs/service_log.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "fs/handle.h"
#include "fs/mount.h"
#include "fs/resource.h"
#include "fs/resource_memory.h"

enum {
	POLL_MS = 1000,
	RECHECK_MS = 30000,	/* of a log that repeats itself */
	SMALL = 1 << 20,	/* a log that may be read whole each time */
	OVERLAP_MAX = 16 << 20, /* last lines longer than this are not laid */
};

struct service_log {
	TAILQ_ENTRY(service_log) link;
	char *id;
	int fd;
	uint64_t size;
	uint64_t polled_ms, whole_ms;
	unsigned polls; /* answers that were taken */
	unsigned users;
	bool was_read;
};

static struct service_log *log_find(struct fs *fs, const char *id)
{
	struct service_log *log;

	TAILQ_FOREACH(log, memory_logs(fs), link)
	if (!strcmp(log->id, id))
		return log;
	return NULL;
}

static int log_file(const struct state *state)
{
	static const char name[] = "log.tmp";
	int fd = openat(state->fd, ".", O_TMPFILE | O_RDWR | O_CLOEXEC, 0600);

	if (fd >= 0)
		return fd;
	fd = openat(
		state->fd, name, O_CREAT | O_TRUNC | O_RDWR | O_CLOEXEC, 0600);
	if (fd < 0)
		return -errno;
	unlinkat(state->fd, name, 0);
	return fd;
}

static struct service_log *log_new(struct fs *fs, const char *id)
{
	struct service_log *log = calloc(1, sizeof(*log));

	if (!log)
		return NULL;
	log->id = strdup(id);
	log->fd = log->id ? log_file(&fs->state) : -1;
	if (log->fd < 0) {
		free(log->id);
		free(log);
		return NULL;
	}
	TAILQ_INSERT_TAIL(memory_logs(fs), log, link);
	return log;
}

void service_log_close(struct fs *fs, struct service_log *log)
{
	if (--log->users)
		return;
	TAILQ_REMOVE(memory_logs(fs), log, link);
	close(log->fd);
	free(log->id);
	free(log);
}

/* ---- what came ---- */

static int log_append(struct service_log *log, const char *bytes, size_t len)
{
	while (len) {
		ssize_t n = pwrite(log->fd, bytes, len, log->size);
		if (n < 0)
			return -errno;
		bytes += n;
		len -= n;
		log->size += n;
	}
	return 0;
}

/* The last bytes of what is held; NULL: no memory, or it cannot be read. */
static char *log_end(const struct service_log *log, size_t *len)
{
	if (*len > log->size)
		*len = log->size;
	char *bytes = malloc(*len + 1);
	if (bytes &&
		pread(log->fd, bytes, *len, log->size - *len) == (ssize_t)*len)
		return bytes;
	free(bytes);
	return NULL;
}

/* The whole log: it goes on from what is held, or it is another one. */
static int log_take_whole(
	struct service_log *log, const char *bytes, size_t len)
{
	size_t held_len = log->size;
	char *held = held_len <= len ? log_end(log, &held_len) : NULL;
	bool goes_on = held && !memcmp(held, bytes, held_len);

	free(held);
	if (goes_on)
		return log_append(log, bytes + held_len, len - held_len);
	if (ftruncate(log->fd, 0))
		return -errno;
	log->size = 0;
	return log_append(log, bytes, len);
}

/* The last lines. -EAGAIN: they do not reach what is held. */
static int log_take_tail(
	struct service_log *log, const char *bytes, size_t len, uint64_t now_ms)
{
	size_t held_len = len, covered;
	bool is_repeating;

	if (len > OVERLAP_MAX || !log->size)
		return -EAGAIN;
	char *held = log_end(log, &held_len);
	if (!held)
		return -ENOMEM;
	covered = log_overlap(held, held_len, bytes, len, &is_repeating);
	free(held);
	if (!covered && len)
		return -EAGAIN;
	if (is_repeating &&
		(log->size < SMALL || now_ms - log->whole_ms > RECHECK_MS))
		return -EAGAIN;
	return log_append(log, bytes + covered, len - covered);
}

static int log_take(
	struct op *op, struct service_log *log, json_t *answer, bool is_whole)
{
	const json_t *text = json_member(answer, "log|logs|stdout");
	size_t len;
	char *bytes = json_to_bytes(text, &len);

	if (!bytes)
		return json_is_string(text) ? -ENOMEM : -EPROTO;
	int err = is_whole ? log_take_whole(log, bytes, len)
			   : log_take_tail(log, bytes, len, op->fs->now_ms);
	free(bytes);
	if (err)
		return err;
	log->polls++;
	log->polled_ms = op->fs->now_ms;
	if (is_whole)
		log->whole_ms = op->fs->now_ms;
	return 0;
}

/* ---- asking ---- */

static int log_ask(struct op *op, unsigned slot, const char *id, bool is_whole,
	json_t **answer)
{
	static const struct api_param some[] = { { "lines", "500" }, { 0 } };
	static const struct api_param all[] = { { "all", "true" }, { 0 } };
	struct api_request request = {
		.endpoint = API_SERVICE_LOGS,
		.priority = op->req ? API_READER : API_POLL,
		.id = id,
		.query = is_whole ? all : some,
	};

	return op_call(op, slot, &request, answer);
}

/* Brings the log up to date. The answers of several operations may overtake
 * each other: one that was asked for before the last was taken is old. */
static int log_poll(struct op *op, struct service_log *log)
{
	json_t *answer;
	int err = 0;

	if (!op->step) {
		if (op->fs->now_ms - log->polled_ms < POLL_MS)
			return 0;
		op->step = log->polls + 1;
	}
	if (op->step != log->polls + 1)
		return 0;
	if (log->polls && !op->calls[1].is_started) {
		err = log_ask(op, 0, log->id, false, &answer);
		if (!err)
			err = log_take(op, log, answer, false);
		if (err != -EAGAIN)
			return err;
	}
	err = log_ask(op, 1, log->id, true, &answer);
	return err ? err : log_take(op, log, answer, true);
}

int service_log_attr(struct op *op, const struct node *node, struct stat *attr,
	double *timeout_s)
{
	int err = resource_attr(op, node, attr, timeout_s);
	struct service_log *log = log_find(op->fs, node->id);

	*timeout_s = 0;
	if (err || !log || !log->was_read)
		return err;
	if (!op->is_peeking) {
		err = log_poll(op, log);
		if (err == -EINPROGRESS)
			return err;
	}
	attr->st_size = log->size; /* what is known, where it cannot be had */
	attr->st_blocks = (log->size + 511) / 512;
	return 0;
}

int service_log_open(
	struct op *op, const struct node *node, struct handle *handle)
{
	struct service_log *log = log_find(op->fs, node->id);
	json_t *answer;
	int err;

	if (!log) {
		err = log_ask(op, 1, node->id, true, &answer);
		if (err)
			return err;
		log = log_find(op->fs, node->id);
		if (!log)
			log = log_new(op->fs, node->id);
		if (!log)
			return -ENOMEM;
		log->users++;
		err = log_take(op, log, answer, true);
	} else {
		log->users++;
		err = log_poll(op, log);
	}
	if (err) {
		service_log_close(op->fs, log);
		return err;
	}
	handle->log = log;
	handle->kind = HANDLE_LOG;
	return 0;
}

int service_log_read(struct op *op)
{
	struct service_log *log = op->handle->log;
	size_t size = op->size;

	log->was_read = true;
	if ((uint64_t)op->offset >= log->size) {
		int err = log_poll(op, log);
		if (err)
			return err;
	}
	if ((uint64_t)op->offset >= log->size)
		return op_reply_buf(op, NULL, 0);
	if (size > log->size - op->offset)
		size = log->size - op->offset;
	char *bytes = malloc(size);
	if (!bytes)
		return -ENOMEM;
	ssize_t n = pread(log->fd, bytes, size, op->offset);
	int err = n < 0 ? -errno : op_reply_buf(op, bytes, n);
	free(bytes);
	return err;
}
