/* SPDX-License-Identifier: MIT */
/* fs/resources/service_log.c - a log of a service or of the API, as a file that
 * grows */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "fs/base/base.h"
#include "fs/core/core.h"
#include "fs/resources/collection_state.h"
#include "fs/resources/held_log.h"

/*
 * The API gives the whole log, or its last lines, but cannot continue from a
 * position. So the whole log is fetched at its first open, and after that only
 * some last lines, which a worker matches with the end of what is held
 * (fs/resources/held_log.h).
 *
 * The log is polled when somebody reads at its end or asks for its size, and
 * the last answer is a second old, or older if the log is fetched whole. If no
 * answer comes within a second, the reader is given what is known. There is one
 * request at a time, however many readers there are. A log that nobody has open
 * is not held.
 *
 * Its size is that of what was fetched last. It is asked for again only if some
 * reader follows the log.
 */

enum { FOLLOW_MS = 1000 }; /* how long a follower waits for new lines */

/* The most that the API gives of its own logs (api/API.md 10.6). */
static const char most_lines[] = "10000", longest[] = "24h";

struct service_log {
	TAILQ_ENTRY(service_log) link;
	struct core *core;
	const struct row *row; /* of its node */
	uint64_t ino;	       /* of its node */
	char *id;	       /* a service's, or "api", "pool/NODE" */
	unsigned users;
	FILE *file; /* for readers, up to size; NULL: nothing received yet */
	uint64_t size;

	/* One request, and then its answer in the spooler. */
	struct api_call *call;
	enum api_priority priority;
	json_t *answer;	      /* not NULL: the spooler has it, and held */
	struct spool *spool;  /* of the answer; or NULL */
	struct held_log held; /* its file is newer than `file`, or the same */
	uint64_t polled_ms;
	int err; /* of the last answer */
	struct op_list waiters;
};

/* ---- the logs that are open ---- */

static bool is_system_log(const struct row *row)
{
	return row->endpoint == API_LOGS;
}

/* A service's id, or the source of a log of the API. Owned by the caller,
 * free(); NULL: out of memory. */
static char *log_id(const struct node *node)
{
	char *id, *name;

	if (!is_system_log(node->row))
		return strdup(node->id);
	if (!node->id[0])
		return strdup(row_name(node->row));
	name = safe_name_decode(node->id);
	if (!name || asprintf(&id, "pool/%s", name) < 0)
		id = NULL;
	free(name);
	return id;
}

/* NULL: it is not open. */
static struct service_log *log_find(struct core *core, const struct node *node)
{
	struct service_log *log;

	TAILQ_FOREACH(log, &core->resources->logs, link)
	if (log->ino == node->ino)
		break;
	return log;
}

/* NULL: out of memory. */
static struct service_log *log_new(struct core *core, const struct node *node)
{
	struct service_log *log = calloc(1, sizeof(*log));
	char *id = log_id(node);

	if (!log || !id) {
		free(log);
		free(id);
		return NULL;
	}
	log->core = core;
	log->row = node->row;
	log->ino = node->ino;
	log->id = id;
	log->held.dir_fd = core->state.fd;
	TAILQ_INIT(&log->waiters);
	TAILQ_INSERT_TAIL(&core->resources->logs, log, link);
	return log;
}

static void log_cancel(struct service_log *log)
{
	if (log->call)
		api_cancel(log->call);
	log->call = NULL;
}

static void file_work(void *file)
{
	fclose(file);
}

/* The last close frees the blocks of a long log, which takes time. NULL does
 * nothing. */
static void log_file_close(struct core *core, FILE *file)
{
	if (file &&
		(!core->reader ||
			worker_submit(core->reader, file_work, NULL, file)))
		fclose(file);
}

/* Frees a log that is not in use. */
static void log_collect(struct service_log *log)
{
	if (log->users || log->answer)
		return;
	log_cancel(log);
	ops_wake(&log->waiters);
	TAILQ_REMOVE(&log->core->resources->logs, log, link);
	log_file_close(log->core, log->file);
	free(log->id);
	free(log);
}

static void log_release(struct service_log *log)
{
	log->users--;
	log_collect(log);
}

void resources_stop(struct core *core)
{
	consoles_stop(core);
	struct service_log *log;

	TAILQ_FOREACH(log, &core->resources->logs, link)
	{
		log_cancel(log);
	}
}

/* ---- asking ---- */

static int log_ask(struct service_log *log, enum api_priority priority);

static void log_end(struct service_log *log, int err)
{
	log->err = err;
	log->polled_ms = log->core->now_ms;
	ops_wake(&log->waiters);
}

static void log_work(void *ctx)
{
	struct service_log *log = ctx;

	log->err = held_log_take(&log->held, log->answer, log->spool);
}

static void log_done(void *ctx)
{
	struct service_log *log = ctx;
	struct node *node;
	int err = log->err;

	worker_drop(log->core->reader, log->answer);
	log->answer = NULL;
	spool_drop(log->spool);
	log->spool = NULL;
	if (log->file != log->held.file)
		log_file_close(log->core, log->file);
	log->file = log->held.file;
	log->size = log->held.size;
	node = node_find(&log->core->nodes, log->ino);
	if (node)
		node->known_len = log->size;
	if (err == -EAGAIN && log->users && log->core->api)
		err = log_ask(log, log->priority);
	if (!log->call)
		log_end(log, err);
	log_collect(log);
}

static void log_answered(void *ctx, const struct api_answer *answer)
{
	struct service_log *log = ctx;
	int err = answer->err;

	log->call = NULL;
	log->polled_ms = log->core->now_ms;
	if (!err) {
		log->answer = json_incref(answer->json);
		log->spool = spool_hold(answer->spool);
		err = worker_submit(
			log->core->spooler, log_work, log_done, log);
	}
	if (err) {
		json_decref(log->answer);
		log->answer = NULL;
		spool_drop(log->spool);
		log->spool = NULL;
		log_end(log, err);
	}
}

static int log_ask(struct service_log *log, enum api_priority priority)
{
	unsigned lines = log->held.lines;
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
	/* This endpoint cannot be asked for the whole log. */
	const struct api_param of_upgrade[] = {
		{ "lines", lines ? number : most_lines },
		{ 0 },
	};
	enum api_endpoint endpoint = log->row->endpoint;
	struct api_request request = {
		.endpoint = endpoint,
		.priority = priority,
		.id = endpoint == API_LOGS ? NULL : log->id,
		/* last lines are compared in memory */
		.spools = lines ? NULL : log_members,
		.query = endpoint == API_LOGS		       ? of_system
			: endpoint == API_SERVICE_UPGRADE_LOGS ? of_upgrade
							       : of_service,
	};

	snprintf(number, sizeof(number), "%u", lines);
	log->priority = priority;
	return api_start(log->core->api, &request, log->core->now_ms,
		log_answered, log, &log->call);
}

/* A log that is fetched whole each time is polled less often. */
static bool log_is_new(
	const struct service_log *log, enum api_priority priority)
{
	uint64_t pause_ms =
		priority == API_POLL ? held_log_pause_ms(&log->held) : 1000;
	return log->core->now_ms - log->polled_ms < pause_ms;
}

/*
 * Brings the log up to date: 0 if its last answer is new, or arrived since the
 * operation began to wait for it. priority: a person's for an open; a poll's
 * for a follower, so that all other requests go first.
 */
static int log_refresh(
	struct op *op, struct service_log *log, enum api_priority priority)
{
	int err = 0;

	if (log->call && priority < log->priority &&
		!api_call_was_sent(log->call))
		log_cancel(log);
	if (!log->call && !log->answer) {
		if (op->step || (log->file && log_is_new(log, priority)))
			return 0;
		err = log_ask(log, priority);
	}
	op->step = 1;
	return err ? err : op_wait(op, &log->waiters);
}

/* The same for a reader that is content with what is known. */
static int log_follow(struct op *op, struct service_log *log)
{
	int err = op->is_late ? 0 : log_refresh(op, log, API_POLL);

	if (err != -EINPROGRESS)
		return 0;
	op_deadline(op, op->core->now_ms + FOLLOW_MS);
	return err;
}

/* ---- reading ---- */

static bool log_is_followed(const struct service_log *log)
{
	const struct handle *handle;

	TAILQ_FOREACH(handle, &log->core->open, link)
	if (handle->log == log && handle->follows)
		return true;
	return false;
}

int service_log_attr(struct op *op, const struct node *node, struct stat *attr,
	double *timeout_s)
{
	struct service_log *log = log_find(op->core, node);
	int err = is_system_log(node->row)
		? 0
		: resource_attr(op, node, attr, timeout_s);

	*timeout_s = 0;
	if (!err && !op->cached_only && log && log_is_followed(log))
		err = log_follow(op, log);
	attr_size(attr, log && log->file ? log->size : node->known_len);
	return err;
}

static int log_read(struct op *op)
{
	struct service_log *log = op->handle->log;
	uint64_t offset = op->offset;
	int err = offset < log->size ? 0 : log_follow(op, log);

	if (err)
		return err;
	if (offset >= log->size)
		return op_reply_buf(op, NULL, 0);
	return op_reply_fd(op, fileno(log->file),
		op->size < log->size - offset ? op->size : log->size - offset);
}

static void log_close(struct core *core, struct handle *handle)
{
	(void)core;
	log_release(handle->log);
}

static const struct handle_kind log_kind = {
	.read = log_read,
	.close = log_close,
};

/* The operation holds the log while it waits for it. */
static void open_end(struct op *op)
{
	log_release(op->extra);
	op->extra = NULL;
}

int service_log_open(
	struct op *op, const struct node *node, struct handle *handle)
{
	struct service_log *log = op->extra;
	int err;

	if (!log) {
		log = log_find(op->core, node);
		if (!log)
			log = log_new(op->core, node);
		if (!log)
			return -ENOMEM;
		log->users++;
		op->extra = log;
		op->end = open_end;
	}
	err = log_refresh(op, log, API_PERSON);
	if (err)
		return err;
	if (!log->file)
		return log->err;
	log->users++;
	handle->log = log;
	handle->kind = &log_kind;
	return 0;
}
