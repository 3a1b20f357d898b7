/* SPDX-License-Identifier: MIT */
/* fs/resources/service_log.c - a service's log, as a file that grows */
#include "fs/resources/service_log.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "fs/core/core.h"
#include "fs/core/handle.h"
#include "fs/resources/collection_state.h"
#include "fs/resources/log_source.h"
#include "fs/resources/resource.h"
#include "fs/resources/service_log_held.h"

enum {
	POLL_MS = 1000,
	PATIENCE_MS = 1000, /* who knows something waits for more */
	LONGER = 16,	    /* as many lines, where some did not do */
};

/* The most that the API gives of its own logs (api.md 10.6). */
static const char most_lines[] = "10000", longest[] = "24h";

struct service_log {
	TAILQ_ENTRY(service_log) link;
	struct core *core;
	char *id; /* and whether it is a service's: see
		     fs/resources/log_source.h */
	bool is_system;
	struct log_held held;
	uint64_t polled_ms;
	unsigned users;
	bool is_known; /* the whole of it came */
	bool was_read;

	/* However many want to know, one request is on its way. */
	struct api_call *call;
	enum api_priority priority; /* of the call */
	unsigned asked;		    /* its lines; 0: the whole */
	int err;		    /* what came of the last one */
	struct op_list waiters;
};

static struct service_log *log_find(struct core *core, const struct node *node)
{
	bool is_system = log_source_is_system(node);
	char *id = log_source_id(node);
	struct service_log *log;

	TAILQ_FOREACH(log, memory_logs(core), link)
	if (id && log->is_system == is_system && !strcmp(log->id, id))
		break;
	free(id);
	return log;
}

static struct service_log *log_new(struct core *core, const struct node *node)
{
	struct service_log *log = calloc(1, sizeof(*log));

	if (!log)
		return NULL;
	log->core = core;
	TAILQ_INIT(&log->waiters);
	log->id = log_source_id(node);
	log->is_system = log_source_is_system(node);
	if (!log->id || held_open(&log->held, &core->state)) {
		free(log->id);
		free(log);
		return NULL;
	}
	TAILQ_INSERT_TAIL(memory_logs(core), log, link);
	return log;
}

static void log_cancel(struct service_log *log)
{
	if (log->call)
		api_cancel(log->call);
	log->call = NULL;
}

static void log_drop(struct core *core, struct service_log *log)
{
	if (--log->users)
		return;
	log_cancel(log);
	ops_wake(&log->waiters);
	TAILQ_REMOVE(memory_logs(core), log, link);
	held_close(&log->held);
	free(log->id);
	free(log);
}

void service_logs_stop(struct core *core)
{
	struct service_log *log;

	TAILQ_FOREACH(log, memory_logs(core), link)
	log_cancel(log);
}

/* ---- asking ---- */

static int log_take(struct service_log *log, json_t *answer)
{
	uint64_t now_ms = log->core->now_ms;
	size_t len;
	char *bytes;
	int err = log_source_text(log->is_system, answer, &bytes, &len);

	if (err)
		return err;
	err = log->asked
		? held_take_tail(&log->held, bytes, len, log->asked, now_ms)
		: held_take_whole(&log->held, bytes, len, now_ms);
	free(bytes);
	log->is_known |= !err;
	return err;
}

static int log_ask(
	struct service_log *log, unsigned lines, enum api_priority priority);

/* Some last lines, more of them, or the whole: each only where the one before
 * did not do. */
static int log_ask_more(struct service_log *log)
{
	bool was_first = log->asked == log->held.lines;
	unsigned lines =
		was_first && !log->held.doubted ? log->asked * LONGER : 0;

	return log_ask(log, lines, log->priority);
}

static void log_answered(void *ctx, const struct api_answer *answer)
{
	struct service_log *log = ctx;

	log->call = NULL;
	log->err = answer->err ? answer->err : log_take(log, answer->json);
	if (log->err == -EAGAIN && log->asked)
		log->err = log_ask_more(log);
	if (log->call)
		return;
	log->polled_ms = log->core->now_ms;
	ops_wake(&log->waiters);
}

static int log_ask(
	struct service_log *log, unsigned lines, enum api_priority priority)
{
	char number[16];
	const struct api_param of_service[] = {
		{ lines ? "lines" : "all", lines ? number : "true" },
		{ 0 },
	};
	const struct api_param of_system[] = {
		{ "source", log->id },
		{ "lines", lines ? number : most_lines },
		{ "since", longest },
		{ 0 },
	};
	struct api_request request = {
		.endpoint = log->is_system ? API_LOGS : API_SERVICE_LOGS,
		.priority = priority,
		.id = log->is_system ? NULL : log->id,
		.query = log->is_system ? of_system : of_service,
	};

	snprintf(number, sizeof(number), "%u", lines);
	log->asked = lines;
	log->priority = priority;
	return api_start(log->core->api, &request, log->core->now_ms,
		log_answered, log, &log->call);
}

/*
 * Brings the log up to date: 0 when its last answer is new, or came since the
 * operation began to wait for one. Who opens it waits as a person does. Who
 * follows it polls: what comes in time is seen, all else goes first.
 */
static int log_refresh(
	struct op *op, struct service_log *log, enum api_priority priority)
{
	uint64_t age_ms = op->core->now_ms - log->polled_ms;
	int err;

	if (log->call && priority < log->priority &&
		!api_call_was_sent(log->call))
		log_cancel(log);
	if (!log->call) {
		if (op->step || (log->is_known && age_ms < POLL_MS))
			return 0;
		err = log_ask(
			log, log->is_known ? log->held.lines : 0, priority);
		if (err)
			return err;
	}
	op->step = 1;
	return op_wait(op, &log->waiters);
}

/* Likewise, for who can do with what is known. */
static int log_follow(struct op *op, struct service_log *log)
{
	int err;

	if (op->is_late)
		return 0;
	err = log_refresh(op, log, API_POLL);
	if (err != -EINPROGRESS)
		return 0;
	op_deadline(op, op->core->now_ms + PATIENCE_MS);
	return err;
}

int service_log_attr(struct op *op, const struct node *node, struct stat *attr,
	double *timeout_s)
{
	int err = log_source_is_system(node)
		? 0
		: resource_attr(op, node, attr, timeout_s);
	struct service_log *log = log_find(op->core, node);

	*timeout_s = 0;
	if (err || !log || !log->was_read)
		return err;
	if (!op->is_peeking) {
		err = log_follow(op, log);
		if (err)
			return err;
	}
	attr->st_size = log->held.size;
	attr->st_blocks = (log->held.size + 511) / 512;
	return 0;
}

/* What an operation that opens it holds meanwhile. */
struct log_hold {
	struct service_log *log;
};

static void log_hold_end(struct op *op)
{
	struct log_hold *hold = op->extra;

	log_drop(op->core, hold->log);
}

static int log_hold(struct op *op, const struct node *node)
{
	struct log_hold *hold = calloc(1, sizeof(*hold));

	if (!hold)
		return -ENOMEM;
	hold->log = log_find(op->core, node);
	if (!hold->log)
		hold->log = log_new(op->core, node);
	if (!hold->log) {
		free(hold);
		return -ENOMEM;
	}
	hold->log->users++;
	op->extra = hold;
	op->end = log_hold_end;
	return 0;
}

static int log_read(struct op *op)
{
	struct service_log *log = op->handle->log;
	size_t size = op->size;

	log->was_read = true;
	if ((uint64_t)op->offset >= log->held.size) {
		int err = log_follow(op, log);
		if (err)
			return err;
	}
	if ((uint64_t)op->offset >= log->held.size)
		return op_reply_buf(op, NULL, 0);
	if (size > log->held.size - op->offset)
		size = log->held.size - op->offset;
	return op_reply_fd(op, log->held.fd, size);
}

static void log_close(struct core *core, struct handle *handle)
{
	log_drop(core, handle->log);
}

static const struct handle_kind log_kind = {
	.read = log_read,
	.close = log_close,
};

int service_log_open(
	struct op *op, const struct node *node, struct handle *handle)
{
	const struct log_hold *hold;
	int err = op->extra ? 0 : log_hold(op, node);

	if (err)
		return err;
	hold = op->extra;
	err = log_refresh(op, hold->log, API_PERSON);
	if (err)
		return err;
	if (!hold->log->is_known)
		return hold->log->err;
	hold->log->users++;
	handle->log = hold->log;
	handle->kind = &log_kind;
	return 0;
}
