/* SPDX-License-Identifier: MIT */
/* fs/core/op.h - one request of the kernel, from its arrival to its reply
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
 * It is written as if everything were available: it gets an answer of the API
 * (op_get), sends a request (op_call), waits for a job (op_wait). If that is
 * not there yet, the call returns -EINPROGRESS; the operation returns it as it
 * would return any error, and is parked: one struct in a list, no thread. When
 * what it waits for has come, it is run again from its start. What it was given
 * before is pinned to it and is returned at once, so it gets one step further.
 * In the end it replies (op_reply_*) and returns 0, or it returns the -errno to
 * reply.
 *
 * So an operation must not do anything twice that is not harmless twice.
 * Requests that change something go through op_call, whose slots remember what
 * was sent.
 */

struct awaited;
struct core;
struct file;
struct handle;
struct node;
struct op;
struct pin;
struct task;

TAILQ_HEAD(op_list, op);

/* A request that an operation sends, and its answer. */
enum { OP_CALLS = 4 };

struct op_call {
	struct op *op; /* that it belongs to */
	bool is_started, is_done;
	bool was_sent; /* once it is done */
	int err, status;
	json_t *json;
	struct api_call *call;
};

struct op {
	struct core *core;
	fuse_req_t req; /* NULL: the mount's own work, there is no reply */
	int (*run)(struct op *op);

	/* Of a request of the kernel: what run calls; for .unsandboxfs/errors
	 * its name (NULL: it changes nothing) and how many there were before.
	 */
	int (*act)(struct op *op);
	const char *method;
	uint64_t errors_before;

	/* The file it is about; held. One of them is NULL. */
	struct node *node;
	struct file *file;

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
	bool has_tried_disk; /* by disk_wait */
	bool is_taken;	     /* a write: its bytes were taken */
	bool opens;	     /* a create opens the file, too */
	bool cached_only;    /* op_get returns cached answers only */
	void *extra;	     /* state of one kind of operation; free()d */
	void (*end)(struct op *op); /* before that; may be NULL */

	/* What it was given so far. */
	struct pin *pins;
	struct op_call calls[OP_CALLS];
	unsigned step; /* of operations that count their steps */

	/* What it waits for. */
	struct cache_wait *cache_wait;
	struct awaited *awaited;
	struct op_list *queue;
	void (*unwait)(struct op *op); /* of op_wait_counted; NULL: none */
	void *awaits;
	TAILQ_ENTRY(op) queued;
	TAILQ_ENTRY(op) link; /* in core->parked or core->ready */
	struct timer timer;
	uint64_t parked_ms; /* when it was first parked; 0: never */
	bool is_parked, is_ready;
	bool is_settling;    /* waits for invalidations: */
	uint64_t settles_at; /* see fs/core/notifier.h */
	bool is_late;	     /* op_deadline has passed */
	bool is_interrupted;
	struct timer looks; /* looks at the thread's signals again, once it had
			       some */
	int err;	    /* of what it waited for; 0: none */
	bool is_uninterruptible; /* an interrupt waits until this is over */

	struct task *task; /* that it waits for; held, see fs/core/task.h */
};

/* A new operation for a request, its arguments zeroed. NULL if out of memory;
 * the request has been answered with ENOMEM then. req NULL: the mount's own
 * work. */
struct op *op_new(struct core *core, fuse_req_t req, int (*run)(struct op *));

/* Runs it. It frees itself when it is done. */
void op_start(struct op *op);

/* Runs the operations whose wait is over, OPS_A_TURN at most: thousands may
 * have waited for the same job, and others are to be answered between them. The
 * rest stay in core->ready. Returns how many were run. */
enum { OPS_A_TURN = 64 };
unsigned ops_run_ready(struct core *core);

/* Wakes those that were parked limit_ms ago or earlier: they are answered
 * ETIMEDOUT. */
void ops_expire(struct core *core, uint64_t limit_ms);

/* Answers all that are parked with err, and frees them. */
void ops_abort(struct core *core, int err);

/* The answer of a reading endpoint: 0 (answer filled, borrowed while the
 * operation lives), -EINPROGRESS, or the -errno of its failure. */
int op_get(struct op *op, enum api_endpoint endpoint, const char *id,
	struct cache_answer *answer);

/* The operation keeps that it has the answer of op_get, whose json becomes
 * `true`: another holds what it says. */
void op_forget_text(struct op *op, enum api_endpoint endpoint, const char *id);

/* The same from the cache only, however old: 0 or -ENOENT. */
int op_peek(struct op *op, enum api_endpoint endpoint, const char *id,
	struct cache_answer *answer);

/* Sends the request once, in the given slot. 0 (json borrowed, may be NULL),
 * -EINPROGRESS, or -errno. request->body is taken each time. */
int op_call(struct op *op, unsigned slot, struct api_request *request,
	json_t **json);

/* The next op_call in the slot, which is done, sends its request anew. */
void op_call_again(struct op *op, unsigned slot);

/* Parks it in queue until op_wake or ops_wake. Returns -EINPROGRESS. */
int op_wait(struct op *op, struct op_list *queue);
/* The same; unwait(op) is called once, when the wait ends or is cancelled. It
 * finds `awaits` in op->awaits. If op waits already, that wait goes on. */
int op_wait_counted(struct op *op, struct op_list *queue,
	void (*unwait)(struct op *op), void *awaits);
void op_wake(struct op *op);
void ops_wake(struct op_list *queue);

/* Wakes it at due_ms at the latest, with is_late set. Only the first call
 * counts, until op_deadline_clear. */
void op_deadline(struct op *op, uint64_t due_ms);
void op_deadline_clear(struct op *op);

/* The reply. Return 0, so that `return op_reply_...` ends the operation. */
int op_reply_ok(struct op *op);
int op_reply_entry(struct op *op, const struct fuse_entry_param *entry);
/* Replies that there is no such name, which the kernel may cache. */
int op_reply_absent(struct op *op);
int op_reply_attr(struct op *op, const struct stat *attr, double timeout_s);
int op_reply_open(struct op *op, const struct fuse_file_info *fi);
/* For a file without a position: FOPEN_STREAM, see fs/FUSE.md 4.4. */
int op_reply_open_stream(struct op *op, struct handle *handle);
int op_reply_create(struct op *op, const struct fuse_entry_param *entry,
	const struct fuse_file_info *fi);
int op_reply_buf(struct op *op, const void *bytes, size_t len);
/* Replies with up to size bytes of a file on disk from op->offset on. */
int op_reply_fd(struct op *op, int fd, size_t size);
int op_reply_write(struct op *op, size_t len);
int op_reply_lseek(struct op *op, off_t at);
int op_reply_link(struct op *op, const char *target);

#endif
