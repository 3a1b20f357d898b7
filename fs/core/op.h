/* SPDX-License-Identifier: MIT */
/* fs/core/op.h - one request of the kernel, from its arrival to its one answer
 */
#ifndef FS_CORE_OP_H
#define FS_CORE_OP_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/queue.h>
#include <sys/stat.h>

#include "cache/cache.h"
#include "fs/core/fuse.h"
#include "fs/core/timer.h"

/*
 * An operation is a function that is run again.
 *
 * It is written as if everything were at hand: it asks for an answer of the
 * API (op_get), sends a request (op_call), waits for a job (op_wait). Where
 * that is not there yet, -EINPROGRESS comes back; the operation returns it as
 * it would any error, and lies parked, one struct in a list, no thread. When
 * what it lacked has come it is run from its start; what it had already been
 * given is pinned to it and comes at once, so it gets one step further. In the
 * end it replies (op_reply_*) and returns 0, or returns the -errno to reply.
 *
 * So an operation may do nothing twice but what is harmless twice. Requests
 * that change something go through op_call, whose slots remember that they
 * were made.
 */

struct awaited;
struct core;
struct handle;
struct op;
struct pin;

TAILQ_HEAD(op_list, op);

/* A request that an operation sends: its slot in the operation. */
enum { OP_CALLS = 4 };

struct op_call {
	struct op *op; /* that it belongs to */
	bool is_started, is_done;
	int err;
	json_t *json;
	struct api_call *call;
};

struct op {
	struct core *core;
	fuse_req_t req; /* NULL: the mount's own work, nobody to answer */
	int (*run)(struct op *op);

	/* The arguments, as the kernel gave them. */
	fuse_ino_t ino, new_ino;
	char *name, *new_name;
	struct fuse_file_info fi;
	struct stat attr;
	int to_set;
	unsigned flags;
	mode_t mode;
	size_t size;
	off_t offset;
	uid_t uid;
	gid_t gid;
	pid_t pid;
	struct handle *handle;
	bool is_plus;
	bool opens;	 /* of a create: the file is opened, too */
	bool is_peeking; /* op_get gives what is held, and asks nobody */
	void *extra;	 /* of one kind of operation; freed with free() */
	void (*end)(struct op *op); /* before that; may be NULL */

	/* What it was given. */
	struct pin *pins;
	struct op_call calls[OP_CALLS];
	unsigned step; /* of operations that count their steps */

	/* What it waits for. */
	struct cache_wait *cache_wait;
	struct awaited *awaited;
	struct op_list *queue;
	void (*unwait)(struct op *op); /* ends a wait of a room above; NULL */
	void *awaits;		       /* of that room */
	TAILQ_ENTRY(op) queued;
	TAILQ_ENTRY(op) link; /* in core->parked or core->ready */
	struct timer timer;
	uint64_t parked_ms; /* since when; 0: it never was */
	bool is_parked, is_ready;
	bool is_settling;    /* done, but for the kernel's memory: */
	uint64_t settles_at; /* see fs/core/notifier.h */
	bool is_late;	     /* op_deadline has passed */
	bool is_interrupted;
	int err;      /* of what it waited for; 0: none */
	bool is_deaf; /* an interrupt waits until this is over */

	/* Of fs/ops/close_probe.c; probe_end frees it with the operation. */
	struct close_probe *probe;
	void (*probe_end)(struct op *op);
};

/* A new operation for a request, its arguments zeroed; NULL: no memory, and
 * the request has been answered ENOMEM. req NULL: the mount's own. */
struct op *op_new(struct core *core, fuse_req_t req, int (*run)(struct op *));

/* Runs it; it is freed when it is done. */
void op_start(struct op *op);

/* The operations whose wait is over are run. Returns how many. */
unsigned ops_run_ready(struct core *core);

/* Answers ETIMEDOUT to what has waited for limit_ms. */
void ops_expire(struct core *core, uint64_t limit_ms);

/* Answers all that are parked with err, and frees them. */
void ops_abort(struct core *core, int err);

/* The answer of a reading endpoint: 0 (answer filled, borrowed while the
 * operation lives), -EINPROGRESS, or the -errno of its failure. */
int op_get(struct op *op, enum api_endpoint endpoint, const char *id,
	struct cache_answer *answer);

/* What op_get would give if nothing had to be asked: 0 or -ENOENT. */
int op_peek(struct op *op, enum api_endpoint endpoint, const char *id,
	struct cache_answer *answer);

/* Sends the request once, in the given slot. 0 (json borrowed, may be NULL),
 * -EINPROGRESS, or -errno. request->body is taken each time. */
int op_call(struct op *op, unsigned slot, struct api_request *request,
	json_t **json);

/* Parks it in queue until op_wake or ops_wake. Returns -EINPROGRESS. */
int op_wait(struct op *op, struct op_list *queue);
/* Likewise; unwait(op) is called once, when the wait is over or given up.
 * awaits is for that function. A wait that is under way goes on. */
int op_wait_counted(struct op *op, struct op_list *queue,
	void (*unwait)(struct op *op), void *awaits);
void op_wake(struct op *op);
void ops_wake(struct op_list *queue);

/* Wakes it at due_ms at the latest, with is_late set. Only the first call of
 * an operation counts. */
void op_deadline(struct op *op, uint64_t due_ms);
void op_deadline_clear(struct op *op);

/* The one reply; 0 is returned, so that `return op_reply_...` ends it. */
int op_reply_ok(struct op *op);
int op_reply_entry(struct op *op, const struct fuse_entry_param *entry);
int op_reply_attr(struct op *op, const struct stat *attr, double timeout_s);
int op_reply_open(struct op *op, const struct fuse_file_info *fi);
int op_reply_create(struct op *op, const struct fuse_entry_param *entry,
	const struct fuse_file_info *fi);
int op_reply_buf(struct op *op, const void *bytes, size_t len);
int op_reply_write(struct op *op, size_t len);
int op_reply_link(struct op *op, const char *target);
int op_reply_xattr(struct op *op, size_t len);
int op_reply_poll(struct op *op, unsigned events);
int op_reply_statfs(struct op *op, const struct statvfs *statfs);

#endif
