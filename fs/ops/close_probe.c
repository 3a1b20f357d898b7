/* SPDX-License-Identifier: MIT */
/* fs/ops/close_probe.c - asks /proc about a closing process, off the loop */
#include "fs/ops/close_probe.h"

#include <errno.h>
#include <stdlib.h>

#include "fs/core/core.h"
#include "fs/ops/open_descriptors.h"

enum { TIMEOUT_MS = 250 };

struct close_probe {
	pid_t tid, opener;
	uint64_t ino;
	enum writer_close found;
	bool is_answered;
	unsigned holds; /* the thread's and the operation's */
	struct op_list waiters;
};

static void probe_drop(struct close_probe *probe)
{
	if (--probe->holds == 0)
		free(probe);
}

static void probe_read(void *ctx)
{
	struct close_probe *probe = ctx;

	probe->found = writer_close(probe->tid, probe->opener, probe->ino);
}

static void probe_answered(void *ctx)
{
	struct close_probe *probe = ctx;

	probe->is_answered = true;
	ops_wake(&probe->waiters);
	probe_drop(probe);
}

static void close_probe_forget(struct op *op)
{
	if (op->probe)
		probe_drop(op->probe);
	op->probe = NULL;
	op->is_deaf = false;
}

static int probe_put(struct op *op, pid_t opener, uint64_t ino)
{
	struct close_probe *probe = calloc(1, sizeof(*probe));

	if (!probe)
		return -ENOMEM;
	TAILQ_INIT(&probe->waiters);
	probe->tid = op->pid;
	probe->opener = opener;
	probe->ino = ino;
	probe->holds = 2;
	int err = worker_submit(
		op->core->prober, probe_read, probe_answered, probe);
	if (err) {
		free(probe);
		return err;
	}
	op->probe = probe;
	op->probe_end = close_probe_forget;
	op->is_deaf = true;
	op_deadline(op, op->core->now_ms + TIMEOUT_MS);
	return 0;
}

int close_probe_ask(
	struct op *op, pid_t opener, uint64_t ino, enum writer_close *found)
{
	if (!op->probe) {
		int err = probe_put(op, opener, ino);
		if (err)
			return err;
	}
	if (!op->probe->is_answered && !op->is_late)
		return op_wait(op, &op->probe->waiters);
	*found = op->probe->is_answered ? op->probe->found : WRITER_UNKNOWN;
	close_probe_forget(op);
	op_deadline_clear(op);
	return 0;
}
