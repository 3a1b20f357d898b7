/* SPDX-License-Identifier: MIT */
/* fs/service_log.c - a service's log, as a file that grows */
#include "fs/service_log.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "fs/handle.h"
#include "fs/mount.h"
#include "fs/resource.h"
#include "fs/resource_memory.h"
#include "fs/service_log_held.h"

enum { POLL_MS = 1000 };

/* Which of an operation's calls asks for what. */
enum { SLOT_TAIL, SLOT_WHOLE, SLOT_LONGER, LONGER = 16 };

struct service_log {
	TAILQ_ENTRY(service_log) link;
	char *id;
	struct log_held held;
	uint64_t polled_ms;
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

static struct service_log *log_new(struct fs *fs, const char *id)
{
	struct service_log *log = calloc(1, sizeof(*log));

	if (!log)
		return NULL;
	log->id = strdup(id);
	if (!log->id || held_open(&log->held, &fs->state)) {
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
	held_close(&log->held);
	free(log->id);
	free(log);
}

/* ---- asking ---- */

/* lines 0: the whole. */
static int log_take(
	struct op *op, struct service_log *log, json_t *answer, unsigned lines)
{
	const json_t *text = json_member(answer, "log|logs|stdout");
	uint64_t now_ms = op->fs->now_ms;
	size_t len;
	char *bytes = json_to_bytes(text, &len);

	if (!bytes)
		return json_is_string(text) ? -ENOMEM : -EPROTO;
	int err = lines ? held_take_tail(&log->held, bytes, len, lines, now_ms)
			: held_take_whole(&log->held, bytes, len, now_ms);
	free(bytes);
	if (err)
		return err;
	log->polls++;
	log->polled_ms = now_ms;
	return 0;
}

static int log_ask(struct op *op, unsigned slot, const char *id, unsigned lines,
	json_t **answer)
{
	char number[16];
	const struct api_param query[] = {
		{ lines ? "lines" : "all", lines ? number : "true" },
		{ 0 },
	};
	struct api_request request = {
		.endpoint = API_SERVICE_LOGS,
		.priority = op->req ? API_READER : API_POLL,
		.id = id,
		.query = query,
	};

	snprintf(number, sizeof(number), "%u", lines);
	return op_call(op, slot, &request, answer);
}

static int log_fetch(
	struct op *op, unsigned slot, struct service_log *log, unsigned lines)
{
	json_t *answer;
	int err = log_ask(op, slot, log->id, lines, &answer);

	return err ? err : log_take(op, log, answer, lines);
}

/* Some last lines, more of them, or the whole: each only where the one before
 * did not do, also when the operation is run again. */
static int log_fetch_new(struct op *op, struct service_log *log)
{
	unsigned lines = log->held.lines;
	int err = -EAGAIN;

	if (op->calls[SLOT_WHOLE].is_started || !log->polls)
		return log_fetch(op, SLOT_WHOLE, log, 0);
	if (!op->calls[SLOT_LONGER].is_started)
		err = log_fetch(op, SLOT_TAIL, log, lines);
	if (err == -EAGAIN && !log->held.doubted)
		err = log_fetch(op, SLOT_LONGER, log, lines * LONGER);
	return err == -EAGAIN ? log_fetch(op, SLOT_WHOLE, log, 0) : err;
}

/* Brings the log up to date. The answers of several operations may overtake
 * each other: one that was asked for before the last was taken is old. */
static int log_poll(struct op *op, struct service_log *log)
{
	if (!op->step) {
		if (op->fs->now_ms - log->polled_ms < POLL_MS)
			return 0;
		op->step = log->polls + 1;
	}
	return op->step == log->polls + 1 ? log_fetch_new(op, log) : 0;
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
	attr->st_size =
		log->held.size; /* what is known, where it cannot be had */
	attr->st_blocks = (log->held.size + 511) / 512;
	return 0;
}

int service_log_open(
	struct op *op, const struct node *node, struct handle *handle)
{
	struct service_log *log = log_find(op->fs, node->id);
	json_t *answer;
	int err;

	if (!log) {
		err = log_ask(op, SLOT_WHOLE, node->id, 0, &answer);
		if (err)
			return err;
		log = log_find(op->fs, node->id);
		if (!log)
			log = log_new(op->fs, node->id);
		if (!log)
			return -ENOMEM;
		log->users++;
		err = log_take(op, log, answer, 0);
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
	if ((uint64_t)op->offset >= log->held.size) {
		int err = log_poll(op, log);
		if (err)
			return err;
	}
	if ((uint64_t)op->offset >= log->held.size)
		return op_reply_buf(op, NULL, 0);
	if (size > log->held.size - op->offset)
		size = log->held.size - op->offset;
	char *bytes = malloc(size);
	if (!bytes)
		return -ENOMEM;
	ssize_t n = pread(log->held.fd, bytes, size, op->offset);
	int err = n < 0 ? -errno : op_reply_buf(op, bytes, n);
	free(bytes);
	return err;
}
