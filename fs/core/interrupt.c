/* SPDX-License-Identifier: MIT */
/* fs/core/interrupt.c - which signals end an operation's wait */
#include "fs/core/interrupt.h"

#include <signal.h>

#include "fs/base/base.h"
#include "fs/core/core.h"

#define BIT(signal) (1ULL << ((signal)-1))

static const unsigned long long to_end =
	BIT(SIGINT) | BIT(SIGTERM) | BIT(SIGHUP) | BIT(SIGQUIT) | BIT(SIGTSTP);
static const unsigned long long to_limit =
	BIT(SIGALRM) | BIT(SIGUSR1) | BIT(SIGUSR2);

/* Whether reads wait for new data, like those of a pipe. */
static bool is_stream(const struct op *op)
{
	return op->handle && (op->handle->job || op->handle->console);
}

bool interrupt_ends(const struct op *op, bool is_first)
{
	unsigned long long own, shared, blocked, caught;
	char status[4096];

	if (proc_status(op->pid, status, sizeof(status)) ||
		!proc_number(status, "SigPnd:", 16, &own) ||
		!proc_number(status, "ShdPnd:", 16, &shared) ||
		!proc_number(status, "SigBlk:", 16, &blocked) ||
		!proc_number(status, "SigCgt:", 16, &caught))
		return true;
	own = (own | shared) & ~blocked;
	if (!own)
		return is_first;
	return own & (~caught | to_end | (is_stream(op) ? to_limit : 0));
}
