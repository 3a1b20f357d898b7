/* SPDX-License-Identifier: MIT */
/* fs/ops/close_probe.c - asks /proc about a closing process, off the loop */
#include "fs/ops/close_probe.h"

#include <errno.h>
#include <stdlib.h>

#include "fs/mount/mount.h"

enum { PATIENCE_MS = 250 };

struct question {
	pid_t tid, opener;
	uint64_t ino;
	enum writer_close found;
	bool is_answered;
	unsigned holds; /* the thread's and the operation's */
	struct op_list waiters;
};

static void question_drop(struct question *question)
{
	if (--question->holds == 0)
		free(question);
}

static void question_read(void *ctx)
{
	struct question *question = ctx;

	question->found =
		writer_close(question->tid, question->opener, question->ino);
}

static void question_answered(void *ctx)
{
	struct question *question = ctx;

	question->is_answered = true;
	ops_wake(&question->waiters);
	question_drop(question);
}

static int question_put(struct op *op, pid_t opener, uint64_t ino)
{
	struct question *question = calloc(1, sizeof(*question));

	if (!question)
		return -ENOMEM;
	TAILQ_INIT(&question->waiters);
	question->tid = op->pid;
	question->opener = opener;
	question->ino = ino;
	question->holds = 2;
	int err = worker_submit(
		op->fs->prober, question_read, question_answered, question);
	if (err) {
		free(question);
		return err;
	}
	op->question = question;
	op->is_deaf = true;
	op_deadline(op, op->fs->now_ms + PATIENCE_MS);
	return 0;
}

void witness_forget(struct op *op)
{
	if (op->question)
		question_drop(op->question);
	op->question = NULL;
	op->is_deaf = false;
}

int witness_ask(
	struct op *op, pid_t opener, uint64_t ino, enum writer_close *found)
{
	if (!op->question) {
		int err = question_put(op, opener, ino);
		if (err)
			return err;
	}
	if (!op->question->is_answered && !op->is_late)
		return op_wait(op, &op->question->waiters);
	*found = op->question->is_answered ? op->question->found
					   : WRITER_UNKNOWN;
	witness_forget(op);
	op_deadline_clear(op);
	return 0;
}
