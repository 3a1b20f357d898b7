/* SPDX-License-Identifier: MIT */
/* fs/core/op.c - one request of the kernel, from its arrival to its reply
 */
#include "fs/core/op.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "fs/core/core.h"
#include "fs/core/interrupt.h"
#include "fs/core/task.h"

enum { LOOK_MS = 100 }; /* from one look at a thread's signals to the next */

/* An answer of the API that was given to an operation: it stays the same,
 * however often the operation is run. */
struct pin {
	struct pin *next;
	enum api_endpoint endpoint;
	char *id;
	struct cache_answer answer;
};

struct op *op_new(struct core *core, fuse_req_t req, int (*run)(struct op *))
{
	struct op *op = calloc(1, sizeof(*op));

	if (!op) {
		if (req)
			fuse_reply_err(req, ENOMEM);
		return NULL;
	}
	op->core = core;
	op->req = req;
	op->run = run;
	if (req) {
		const struct fuse_ctx *ctx = fuse_req_ctx(req);
		op->uid = ctx->uid;
		op->gid = ctx->gid;
		op->pid = ctx->pid;
	}
	return op;
}

static void op_unwait(struct op *op)
{
	if (op->queue)
		TAILQ_REMOVE(op->queue, op, queued);
	op->queue = NULL;
	if (op->unwait)
		op->unwait(op);
	op->unwait = NULL;
	op->awaits = NULL;
	if (op->cache_wait)
		cache_wait_cancel(op->cache_wait);
	op->cache_wait = NULL;
	free(op->awaited);
	op->awaited = NULL;
}

static void op_unlist(struct op *op)
{
	if (op->is_ready)
		TAILQ_REMOVE(&op->core->ready, op, link);
	else if (op->is_parked)
		TAILQ_REMOVE(&op->core->parked, op, link);
	op->is_ready = op->is_parked = false;
}

static void op_free(struct op *op)
{
	op_unwait(op);
	if (op->task)
		task_drop(op->task);
	op_unlist(op);
	timer_disarm(&op->core->timers, &op->timer);
	timer_disarm(&op->core->timers, &op->looks);
	for (unsigned i = 0; i < OP_CALLS; i++) {
		if (op->calls[i].call)
			api_cancel(op->calls[i].call);
		json_decref(op->calls[i].json);
	}
	while (op->pins) {
		struct pin *pin = op->pins;
		op->pins = pin->next;
		json_decref(pin->answer.json);
		free(pin->id);
		free(pin);
	}
	if (op->end)
		op->end(op);
	node_drop(&op->core->nodes, op->node);
	file_drop(op->file);
	free(op->name);
	free(op->new_name);
	free(op->extra);
	free(op);
}

static void op_finish(struct op *op, int err)
{
	fuse_req_t req = op->req;

	op->req = NULL;
	if (req)
		fuse_reply_err(req, -err);
	op_free(op);
}

/* The kernel does not report further signals, so this looks for them. */
static void op_look(struct op *op, bool is_first)
{
	if (interrupt_ends(op, is_first)) {
		op->is_interrupted = true;
		op_wake(op);
		return;
	}
	timer_arm(&op->core->timers, &op->looks, op->core->now_ms + LOOK_MS);
}

static void op_look_again(void *ctx)
{
	op_look(ctx, false);
}

static void op_interrupt(fuse_req_t req, void *ctx)
{
	struct op *op = ctx;

	(void)req;
	if (op->looks.fire)
		return;
	op->looks.fire = op_look_again;
	op->looks.ctx = op;
	op_look(op, true);
}

static void op_park(struct op *op)
{
	if (!op->is_parked && !op->is_ready) {
		op->is_parked = true;
		if (!op->parked_ms)
			op->parked_ms = op->core->now_ms;
		TAILQ_INSERT_TAIL(&op->core->parked, op, link);
		if (op->req)
			fuse_req_interrupt_func(op->req, op_interrupt, op);
	}
}

void op_start(struct op *op)
{
	int err = op->run(op);

	if (err != -EINPROGRESS)
		op_finish(op, err);
	else if (op->is_interrupted && !op->is_uninterruptible)
		op_finish(op, -EINTR);
	else
		op_park(op);
}

void op_wake(struct op *op)
{
	if (op->is_ready)
		return;
	op_unlist(op);
	op->is_ready = true;
	TAILQ_INSERT_TAIL(&op->core->ready, op, link);
}

void ops_wake(struct op_list *queue)
{
	struct op *op;

	while ((op = TAILQ_FIRST(queue))) {
		TAILQ_REMOVE(queue, op, queued);
		op->queue = NULL;
		op_wake(op);
	}
}

unsigned ops_run_ready(struct core *core)
{
	struct op *op;
	unsigned count = 0;

	/* Operations that are woken meanwhile wait for the next turn. */
	for (op = TAILQ_FIRST(&core->ready); op && count < OPS_A_TURN;
		op = TAILQ_NEXT(op, link))
		count++;
	for (unsigned i = 0; i < count && (op = TAILQ_FIRST(&core->ready));
		i++) {
		op_unlist(op);
		op_unwait(op);
		if (op->err)
			op_finish(op, op->err);
		else if (op->is_interrupted && !op->is_uninterruptible)
			op_finish(op, -EINTR);
		else
			op_start(op);
	}
	return count;
}

void ops_expire(struct core *core, uint64_t limit_ms)
{
	struct op *op, *next;

	for (op = TAILQ_FIRST(&core->parked); op; op = next) {
		next = TAILQ_NEXT(op, link);
		if (op->req && core->now_ms - op->parked_ms >= limit_ms) {
			op->err = -ETIMEDOUT;
			op_wake(op);
		}
	}
}

void ops_abort(struct core *core, int err)
{
	struct op *op;

	while ((op = TAILQ_FIRST(&core->ready)))
		op_finish(op, err);
	while ((op = TAILQ_FIRST(&core->parked)))
		op_finish(op, err);
}

static struct pin *pin_find(
	struct op *op, enum api_endpoint endpoint, const char *id)
{
	for (struct pin *pin = op->pins; pin; pin = pin->next)
		if (pin->endpoint == endpoint &&
			!strcmp(pin->id ? pin->id : "", id ? id : ""))
			return pin;
	return NULL;
}

static int pin_add(struct op *op, enum api_endpoint endpoint, const char *id,
	const struct cache_answer *answer)
{
	struct pin *pin = calloc(1, sizeof(*pin));

	if (!pin)
		return -ENOMEM;
	pin->endpoint = endpoint;
	pin->answer = *answer;
	pin->answer.message = "";
	json_incref(pin->answer.json);
	pin->id = id ? strdup(id) : NULL;
	pin->next = op->pins;
	op->pins = pin;
	return id && !pin->id ? -ENOMEM : 0;
}

/* The answer that an operation waits for. */
struct awaited {
	enum api_endpoint endpoint;
	char id[];
};

static void op_answered(void *ctx, const struct cache_answer *answer)
{
	struct op *op = ctx;
	struct awaited *awaited = op->awaited;

	op->cache_wait = NULL;
	op->awaited = NULL;
	if (pin_add(op, awaited->endpoint, awaited->id[0] ? awaited->id : NULL,
		    answer))
		op->err = -ENOMEM;
	free(awaited);
	op_wake(op);
}

int op_get(struct op *op, enum api_endpoint endpoint, const char *id,
	struct cache_answer *answer)
{
	struct pin *pin = pin_find(op, endpoint, id);
	size_t id_len = id ? strlen(id) : 0;
	struct awaited *awaited;

	if (pin) {
		*answer = pin->answer;
		return answer->err;
	}
	if (op->cached_only)
		return cache_peek(op->core->cache, endpoint, id,
			op->core->now_ms, answer);
	awaited = malloc(sizeof(*awaited) + id_len + 1);
	if (!awaited)
		return -ENOMEM;
	awaited->endpoint = endpoint;
	memcpy(awaited->id, id ? id : "", id_len + 1);

	int err = cache_get(op->core->cache, endpoint, id,
		op->req ? API_PERSON : API_POLL, op->core->now_ms, answer,
		op_answered, op, &op->cache_wait);
	if (err == -EINPROGRESS) {
		op->awaited = awaited;
		return err;
	}
	free(awaited);
	if (!err)
		err = pin_add(op, endpoint, id, answer);
	return err ? err : answer->err;
}

void op_forget_text(struct op *op, enum api_endpoint endpoint, const char *id)
{
	struct pin *pin = pin_find(op, endpoint, id);

	if (!pin)
		return;
	worker_drop(op->core->reader, pin->answer.json);
	pin->answer.json = json_true();
}

int op_peek(struct op *op, enum api_endpoint endpoint, const char *id,
	struct cache_answer *answer)
{
	struct pin *pin = pin_find(op, endpoint, id);

	if (pin && !pin->answer.err) {
		*answer = pin->answer;
		return 0;
	}
	return cache_peek(
		op->core->cache, endpoint, id, op->core->now_ms, answer);
}

static void op_called(void *ctx, const struct api_answer *answer)
{
	struct op_call *call = ctx;

	call->is_done = true;
	call->was_sent = api_call_was_sent(call->call);
	call->call = NULL;
	call->err = answer->err;
	call->status = answer->status;
	call->json = json_incref(answer->json);
	op_wake(call->op);
}

int op_call(struct op *op, unsigned slot, struct api_request *request,
	json_t **json)
{
	struct op_call *call = &op->calls[slot];
	int err;

	*json = call->json;
	if (call->is_started) {
		if (request->body)
			explicit_bzero(request->body, request->body_len);
		free(request->body);
		request->body = NULL;
		return call->is_done ? call->err : -EINPROGRESS;
	}
	call->op = op;
	err = api_start(op->core->api, request, op->core->now_ms, op_called,
		call, &call->call);
	if (err)
		return err;
	call->is_started = true;
	return -EINPROGRESS;
}

void op_call_again(struct op *op, unsigned slot)
{
	json_decref(op->calls[slot].json);
	op->calls[slot] = (struct op_call){ 0 };
}

int op_wait(struct op *op, struct op_list *queue)
{
	if (!op->queue) {
		op->queue = queue;
		TAILQ_INSERT_TAIL(queue, op, queued);
	}
	return -EINPROGRESS;
}

int op_wait_counted(struct op *op, struct op_list *queue,
	void (*unwait)(struct op *op), void *awaits)
{
	if (!op->unwait) {
		op->unwait = unwait;
		op->awaits = awaits;
	}
	return op_wait(op, queue);
}

static void op_is_due(void *ctx)
{
	struct op *op = ctx;

	op->is_late = true;
	op_wake(op);
}

void op_deadline(struct op *op, uint64_t due_ms)
{
	if (op->timer.fire)
		return;
	op->timer.fire = op_is_due;
	op->timer.ctx = op;
	timer_arm(&op->core->timers, &op->timer, due_ms);
}

void op_deadline_clear(struct op *op)
{
	timer_disarm(&op->core->timers, &op->timer);
	op->timer.fire = NULL;
	op->is_late = false;
}
