/* SPDX-License-Identifier: MIT */
/* fs/resources/console.c - the live shell of a session or a service
 */
#include "fs/resources/console.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/param.h>

#include "fs/resources/collection_state.h"

enum {
	BEHIND = 128
		<< 10, /* how far a terminal may be behind before all wait */
	LINGER_MS = 5000,
	STEADY_MS = 60000, /* a connection that lasted this long was good */
	IDLE_MAX = 64,	   /* consoles that are kept only for their output */
};

/* ---- events ---- */

static void console_wake(struct console *console)
{
	struct terminal *terminal;

	ops_wake(&console->waiters);
	LIST_FOREACH(terminal, &console->terminals, link)
	{
		if (!terminal->poll)
			continue;
		fuse_lowlevel_notify_poll(terminal->poll);
		fuse_pollhandle_destroy(terminal->poll);
		terminal->poll = NULL;
	}
}

void console_pace(struct console *console)
{
	uint64_t oldest = console->printed;
	struct terminal *terminal;

	LIST_FOREACH(terminal, &console->terminals, link)
	if (terminal->is_terminal)
		oldest = MIN(oldest, terminal->at);
	if (console->shell)
		api_shell_pause(
			console->shell, console->printed - oldest > BEHIND);
}

static void console_idle(void *ctx);
static void console_after(
	struct console *console, void (*fire)(void *ctx), int64_t delay_ms);

static void on_opened(void *ctx)
{
	struct console *console = ctx;

	if (console->state == CONSOLE_RETRIES) {
		errors_add(console->core->errors, &console->core->now, "SHELL",
			console->path, 0, -ECONNRESET,
			"the connection was lost; it is attached again");
		api_shell_write(console->shell, "\r", 1); /* it repaints */
	}
	console->state = CONSOLE_ATTACHED;
	console->attached_ms = console->core->now_ms;
	if (!console->opens) /* whoever opened it may have closed it */
		console_after(console, console_idle, LINGER_MS);
	console_wake(console);
}

static void on_output(void *ctx, const void *bytes, size_t len)
{
	struct console *console = ctx;
	const char *from = bytes;

	for (size_t n; len; len -= n, from += n) {
		size_t at = console->printed % CONSOLE_RING;
		n = MIN(len, CONSOLE_RING - at);
		memcpy(console->ring + at, from, n);
		console->printed += n;
	}
	console->printed_at = console->core->now;
	console_pace(console);
	console_wake(console);
}

static void on_writable(void *ctx)
{
	console_wake(ctx);
}

static void console_retry(void *ctx);

/* An event must not close the shell. */
static void console_reap(void *ctx)
{
	struct console *console = ctx;

	api_shell_close(console->shell);
	console->shell = NULL;
}

static void console_after(
	struct console *console, void (*fire)(void *ctx), int64_t delay_ms)
{
	console->timer.fire = fire;
	timer_arm(&console->core->timers, &console->timer,
		console->core->now_ms + (uint64_t)delay_ms);
}

/* When to attach it again; -1: not at all. Only if it was attached, and
 * somebody has it open for writing. A short-lived attachment counts as a
 * failure. */
static int64_t console_retry_ms(
	struct console *console, const struct api_shell_ended *ended)
{
	bool was_steady = console->state == CONSOLE_ATTACHED &&
		console->core->now_ms - console->attached_ms >= STEADY_MS;

	if (console->state == CONSOLE_CONNECTS || !console->writers)
		return -1;
	if (was_steady)
		console->tries = 0;
	return api_shell_retry_ms(ended, ++console->tries);
}

static void on_ended(void *ctx, const struct api_shell_ended *ended)
{
	struct console *console = ctx;
	const struct api_answer *answer = ended->answer;
	int64_t retry_ms = console_retry_ms(console, ended);
	bool is_new = console->state != CONSOLE_RETRIES || retry_ms < 0 ||
		console->err != answer->err;

	console->status = ended->status;
	console->err = answer->err;
	if (is_new && answer->err)
		key_explain(console->core, "SHELL", console->path, answer);
	if (retry_ms >= 0) {
		console->state = CONSOLE_RETRIES;
		console_after(console, console_retry, retry_ms);
	} else {
		console->state =
			console->opens ? CONSOLE_ENDED : CONSOLE_DETACHED;
		console_after(console, console_reap, 0);
	}
	console_wake(console);
}

static const struct api_shell_events shell_events = {
	.opened = on_opened,
	.output = on_output,
	.writable = on_writable,
	.ended = on_ended,
};

/* ---- attaching and detaching ---- */

static void console_detach(struct console *console)
{
	timer_disarm(&console->core->timers, &console->timer);
	api_shell_close(console->shell);
	console->shell = NULL;
}

int console_attach(struct console *console, enum console_state state)
{
	console_detach(console);
	int err = api_shell_open(console->core->api, console->id, &shell_events,
		console, console->core->now_ms, &console->shell);
	if (err)
		return err;
	api_shell_resize(console->shell, console->columns, console->rows);
	console->state = state;
	return 0;
}

static void console_retry(void *ctx)
{
	struct console *console = ctx;

	if (console_attach(console, CONSOLE_RETRIES)) {
		console->state = CONSOLE_ENDED;
		console_wake(console);
	}
}

static void console_idle(void *ctx)
{
	struct console *console = ctx;

	console_detach(console);
	console->state = CONSOLE_DETACHED;
}

void console_release(struct console *console)
{
	if (console->state == CONSOLE_ATTACHED)
		console_after(console, console_idle, LINGER_MS);
	else if (console->state != CONSOLE_CONNECTS)
		console_idle(console);
}

/* ---- the consoles of a mount ---- */

static void console_free(struct console *console)
{
	console_detach(console);
	LIST_REMOVE(console, link);
	free(console->id);
	free(console);
}

struct console *console_find(struct core *core, const char *id)
{
	struct console *console;

	LIST_FOREACH(console, &core->resources->consoles, link)
	if (!strcmp(console->id, id))
		return console;
	return NULL;
}

/* Drops the oldest consoles that nobody has open. */
static void consoles_bound(struct core *core)
{
	struct console *console, *oldest = NULL;
	unsigned idle = 0;

	LIST_FOREACH(console, &core->resources->consoles, link)
	{
		if (console->opens || console->state != CONSOLE_DETACHED ||
			!TAILQ_EMPTY(&console->waiters))
			continue;
		idle++;
		if (!oldest ||
			console->printed_at.tv_sec < oldest->printed_at.tv_sec)
			oldest = console;
	}
	if (idle > IDLE_MAX)
		console_free(oldest);
}

static void console_locate(struct console *console, const struct node *node)
{
	FILE *out = fmemopen(console->path, sizeof(console->path), "w");

	if (out) {
		row_locate(console->core, node, out);
		fclose(out);
	}
}

struct console *console_get(struct op *op, const struct node *node)
{
	struct console *console = console_find(op->core, node->id);

	if (console)
		return console;
	consoles_bound(op->core);
	console = calloc(1, sizeof(*console));
	if (!console)
		return NULL;
	console->core = op->core;
	console->id = strdup(node->id);
	if (!console->id) {
		free(console);
		return NULL;
	}
	console_locate(console, node);
	console->columns = 80;
	console->rows = 24;
	console->status = -1;
	console->printed_at = op->core->epoch;
	console->timer.ctx = console;
	TAILQ_INIT(&console->waiters);
	LIST_INSERT_HEAD(&op->core->resources->consoles, console, link);
	return console;
}

void console_forget(struct core *core, const char *id)
{
	struct console *console = console_find(core, id);

	if (!console)
		return;
	console_detach(console);
	console->state = console->opens ? CONSOLE_ENDED : CONSOLE_DETACHED;
	console_wake(console);
	if (!console->opens)
		console_free(console);
}

void consoles_stop(struct core *core)
{
	struct console *console;

	LIST_FOREACH(console, &core->resources->consoles, link)
	{
		console_detach(console);
		console->state = CONSOLE_ENDED;
		console_wake(console);
	}
}

void consoles_free(struct console_list *consoles)
{
	while (!LIST_EMPTY(consoles))
		console_free(LIST_FIRST(consoles));
}
