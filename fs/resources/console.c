/* SPDX-License-Identifier: MIT */
/* fs/resources/console.c - the live shell of a session or a service, as a file
 */
#include "fs/resources/console.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/param.h>

#include "fs/resources/collection_state.h"

/*
 * All that have a console open share one connection, which is made when it is
 * first opened for writing. What the terminal prints goes into a ring. A handle
 * that reads and writes is a terminal: it reads what is printed from its open
 * on, waits for more, and while it does not read, the server is held up. A
 * handle that only reads begins with what is still in the ring and never waits.
 *
 * After the last close the connection lingers, so that `echo ls > console;
 * cat console` shows something; while a reader has it open (tail -f), it stays.
 */

enum {
	RING = 256 << 10,
	KEPT = 64 << 10,    /* that a handle that only reads begins with */
	BEHIND = 128 << 10, /* a terminal may be, before it holds all up */
	LINGER_MS = 5000,
	RETRY_MS = 1000, /* after a connection was lost */
	IDLE_MAX = 64,	 /* consoles that are kept for their output alone */
};

enum console_state {
	CONSOLE_DETACHED, /* the next open for writing attaches it */
	CONSOLE_CONNECTS,
	CONSOLE_ATTACHED,
	CONSOLE_RETRIES, /* after a loss */
	CONSOLE_ENDED,	 /* the shell has; as long as handles see it */
};

LIST_HEAD(terminals, terminal);

struct console {
	LIST_ENTRY(console) link;
	struct core *core;
	char *id;
	const char *path; /* of its row; for messages */
	enum console_state state;
	struct api_shell *shell;
	int err;    /* why it could not be attached */
	int status; /* of the last shell that has exited; -1: unknown */
	struct op_list waiters; /* all kinds: an event wakes them */
	struct terminals terminals;
	unsigned opens, writers;
	struct timer timer; /* lingering, or the next try */
	unsigned columns, rows;
	uint64_t printed;
	struct timespec printed_at;
	char ring[RING];
};

/* A handle that is open. */
struct terminal {
	LIST_ENTRY(terminal) link;
	struct console *console;
	bool is_terminal; /* reads and writes */
	uint64_t at;	  /* what was read, of `printed` */
	uint64_t shift;	  /* from the offsets of a handle that only reads */
	bool is_begun;
	struct fuse_pollhandle *poll;
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

/* Holds the server up while a terminal is far behind. */
static void console_pace(struct console *console)
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
	struct console *console, void (*fire)(void *ctx), unsigned delay_ms);

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
	if (!console->opens) /* who wanted it may have gone */
		console_after(console, console_idle, LINGER_MS);
	console_wake(console);
}

static void on_output(void *ctx, const void *bytes, size_t len)
{
	struct console *console = ctx;
	const char *from = bytes;

	for (size_t n; len; len -= n, from += n) {
		size_t at = console->printed % RING;
		n = MIN(len, RING - at);
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
	struct console *console, void (*fire)(void *ctx), unsigned delay_ms)
{
	console->timer.fire = fire;
	timer_arm(&console->core->timers, &console->timer,
		console->core->now_ms + delay_ms);
}

static void console_lost(
	struct console *console, enum api_shell_end end, int err)
{
	bool can_retry = console->writers &&
		(end == SHELL_LOST ||
			(console->state == CONSOLE_RETRIES && err != -ENOENT &&
				err != -EBUSY));

	console->err = err;
	if (can_retry)
		console->state = CONSOLE_RETRIES;
	else
		console->state =
			console->opens ? CONSOLE_ENDED : CONSOLE_DETACHED;
	if (can_retry)
		console_after(console, console_retry, RETRY_MS);
	else
		console_after(console, console_reap, 0);
}

static void on_ended(void *ctx, enum api_shell_end end, int status, int err,
	const char *message)
{
	struct console *console = ctx;

	console->status = status;
	if (end == SHELL_REFUSED || end == SHELL_LOST)
		errors_add(console->core->errors, &console->core->now, "SHELL",
			console->path, 0, err, message);
	console_lost(console, end, err);
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

static int console_attach(struct console *console, enum console_state state)
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

/* ---- the consoles of a mount ---- */

static void console_free(struct console *console)
{
	LIST_REMOVE(console, link);
	free(console->id);
	free(console);
}

static struct console *console_find(struct core *core, const char *id)
{
	struct console *console;

	LIST_FOREACH(console, &core->resources->consoles, link)
	if (!strcmp(console->id, id))
		return console;
	return NULL;
}

/* Drops the oldest output that nobody looks at. */
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

static struct console *console_get(struct op *op, const struct node *node)
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
	console->path = tree_parent(node->row)->path;
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

/* ---- reading and writing ---- */

/* What there is from *from on. What has left the ring is skipped. */
static int ring_reply(
	struct op *op, const struct console *console, uint64_t *from)
{
	uint64_t oldest = console->printed > RING ? console->printed - RING : 0;
	char *bytes;

	*from = MIN(MAX(*from, oldest), console->printed);
	size_t len = MIN(op->size, console->printed - *from);
	bytes = malloc(len + 1);
	if (!bytes)
		return -ENOMEM;
	for (size_t done = 0, n; done < len; done += n) {
		size_t at = *from % RING;
		n = MIN(len - done, RING - at);
		memcpy(bytes + done, console->ring + at, n);
		*from += n;
	}
	op_reply_buf(op, bytes, len);
	free(bytes);
	return 0;
}

static bool is_going_on(const struct console *console)
{
	return console->state == CONSOLE_ATTACHED ||
		console->state == CONSOLE_RETRIES;
}

static int terminal_read(struct op *op, struct terminal *terminal)
{
	struct console *console = terminal->console;

	if (terminal->at < console->printed || !is_going_on(console)) {
		int err = ring_reply(op, console, &terminal->at);
		console_pace(console);
		return err;
	}
	if (op->fi.flags & O_NONBLOCK)
		return -EAGAIN;
	return op_wait(op, &console->waiters);
}

/*
 * A program that begins at the start gets what is kept; one that looked at the
 * size first (tail) gets what is at that offset.
 */
static int look(struct op *op, struct terminal *terminal)
{
	struct console *console = terminal->console;
	uint64_t oldest = console->printed > KEPT ? console->printed - KEPT : 0;

	if (!terminal->is_begun && (uint64_t)op->offset < oldest)
		terminal->shift = oldest - (uint64_t)op->offset;
	terminal->is_begun = true;
	terminal->at = (uint64_t)op->offset + terminal->shift;
	return ring_reply(op, console, &terminal->at);
}

static int console_read(struct op *op)
{
	struct terminal *terminal = op->handle->console;

	return terminal->is_terminal ? terminal_read(op, terminal)
				     : look(op, terminal);
}

/* Waits until it is attached. The attempt that this operation saw begin is the
 * one that tells it the error. */
static int wait_attached(struct op *op, struct console *console)
{
	int err = 0;

	if (console->state == CONSOLE_ATTACHED ||
		console->state == CONSOLE_RETRIES)
		return 0;
	if (console->state == CONSOLE_CONNECTS)
		return op_wait(op, &console->waiters);
	if (op->is_taken)
		return console->err ? console->err : -EIO;
	op->is_taken = true;
	console->err = 0;
	err = console_attach(console, CONSOLE_CONNECTS);
	return err ? err : op_wait(op, &console->waiters);
}

/* What a terminal has printed is not typed, such as by a backup that is copied
 * back: it ends its lines with CR and LF. */
static bool is_output(const struct op *op)
{
	return memmem(op->extra, op->size, "\r\n", 2) != NULL;
}

static int console_write(struct op *op)
{
	struct terminal *terminal = op->handle->console;
	struct console *console = terminal->console;
	const char *bytes = op->extra;
	ssize_t n;
	int err;

	/* A handle that only writes attaches with its first byte. */
	if (!terminal->is_terminal) {
		if (is_output(op))
			return row_refuse(op->core, "WRITE", op->handle->node,
				NULL, -EINVAL,
				"lines that end in CR and LF are a terminal's "
				"output, which is not typed");
		err = wait_attached(op, console);
		if (err)
			return err;
	}
	if (!is_going_on(console))
		return -EIO;
	n = console->state == CONSOLE_ATTACHED
		? api_shell_write(
			  console->shell, bytes + op->step, op->size - op->step)
		: 0;
	if (n < 0)
		return (int)n;
	op->step += (unsigned)n;
	if (op->step == op->size || (op->step && op->fi.flags & O_NONBLOCK)) {
		explicit_bzero(op->extra, op->size);
		return op_reply_write(op, op->step);
	}
	if (op->fi.flags & O_NONBLOCK)
		return -EAGAIN;
	return op_wait(op, &console->waiters);
}

static unsigned console_poll(
	struct core *core, struct handle *handle, struct fuse_pollhandle *poll)
{
	struct terminal *terminal = handle->console;
	struct console *console = terminal->console;

	unsigned events = 0;

	if (!is_going_on(console))
		return handle_poll_ready(poll);
	if (console->state == CONSOLE_ATTACHED &&
		api_shell_has_room(console->shell))
		events |= POLLOUT | POLLWRNORM;
	if (!terminal->is_terminal || terminal->at < console->printed)
		events |= POLLIN | POLLRDNORM;
	(void)core;
	/* A call without one leaves the last one waiting. */
	if (poll && terminal->poll)
		fuse_pollhandle_destroy(terminal->poll);
	if (poll)
		terminal->poll = poll;
	return events;
}

static void console_close(struct core *core, struct handle *handle)
{
	struct terminal *terminal = handle->console;
	struct console *console = terminal ? terminal->console : NULL;

	(void)core;
	if (!terminal)
		return;
	if (terminal->poll)
		fuse_pollhandle_destroy(terminal->poll);
	LIST_REMOVE(terminal, link);
	free(terminal);
	console->writers -= handle->is_writable;
	console_pace(console);
	if (--console->opens)
		return;
	if (console->state == CONSOLE_ATTACHED) {
		console_after(console, console_idle, LINGER_MS);
	} else if (console->state != CONSOLE_CONNECTS) {
		console_idle(console);
	}
}

static const struct handle_kind console_kind = {
	.read = console_read,
	.write = console_write,
	.poll = console_poll,
	.close = console_close,
};

/* ---- opening ---- */

int console_open(struct op *op, const struct node *node, struct handle *handle)
{
	struct console *console = console_get(op, node);
	int err = console ? 0 : -ENOMEM;

	bool is_terminal = (op->fi.flags & O_ACCMODE) == O_RDWR;
	if (!err && is_terminal)
		err = wait_attached(op, console);
	if (err)
		return err;
	struct terminal *terminal = calloc(1, sizeof(*terminal));
	if (!terminal)
		return -ENOMEM;
	terminal->console = console;
	terminal->is_terminal =
		handle->is_writable && (op->fi.flags & O_ACCMODE) == O_RDWR;
	terminal->at = console->printed;
	LIST_INSERT_HEAD(&console->terminals, terminal, link);
	handle->console = terminal;
	handle->kind = &console_kind;
	console->opens++;
	console->writers += handle->is_writable;
	if (console->state == CONSOLE_ATTACHED)
		timer_disarm(&op->core->timers, &console->timer);
	return 0;
}

int console_attr(struct op *op, const struct node *node, struct stat *attr,
	double *timeout_s)
{
	const struct console *console = console_find(op->core, node->id);
	int err = resource_moving_attr(op, node, attr, timeout_s);

	if (!err && console && console->printed) {
		attr_size(attr, console->printed);
		attr_times(attr, &console->printed_at, &console->printed_at);
	}
	return err;
}

int console_status_exists(struct op *op, const struct node *node)
{
	const struct console *console = console_find(op->core, node->id);

	return console && console->status >= 0 ? 0 : -ENOENT;
}

int console_status_render(struct op *op, const struct node *node, FILE *out)
{
	int err = console_status_exists(op, node);

	if (!err)
		fprintf(out, "%d\n", console_find(op->core, node->id)->status);
	return err;
}

/* ---- the size ---- */

int console_size_render(struct op *op, const struct node *node, FILE *out)
{
	const struct console *console = console_find(op->core, node->id);

	fprintf(out, "%ux%u\n", console ? console->columns : 80,
		console ? console->rows : 24);
	return 0;
}

/* NULL: no number of at most four digits. */
static const char *read_number(const char *text, unsigned *number)
{
	size_t len = strspn(text, "0123456789");

	*number = (unsigned)strtoul(text, NULL, 10);
	return *number && len <= 4 ? text + len : NULL;
}

static bool read_size(const char *text, unsigned *columns, unsigned *rows)
{
	text = read_number(text, columns);
	if (!text || *text != 'x')
		return false;
	text = read_number(text + 1, rows);
	return text && (!*text || !strcmp(text, "\n"));
}

int console_size_write(
	struct op *op, const struct node *node, const char *text, size_t len)
{
	struct console *console;
	unsigned columns, rows;

	(void)len;
	if (!read_size(text, &columns, &rows))
		return row_refuse(op->core, "WRITE", node, NULL, -EINVAL,
			"a size is COLUMNSxROWS: 80x24");
	console = console_get(op, node);
	if (!console)
		return -ENOMEM;
	if (console->columns == columns && console->rows == rows)
		return 0;
	console->columns = columns;
	console->rows = rows;
	return console->shell ? api_shell_resize(console->shell, columns, rows)
			      : 0;
}
