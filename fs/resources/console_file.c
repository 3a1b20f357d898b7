/* SPDX-License-Identifier: MIT */
/* fs/resources/console_file.c - the files of a live shell: console,
 * console.size, console.exit_code */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/param.h>

#include "fs/resources/collection_state.h"
#include "fs/resources/console.h"

enum {
	KEPT = 64 << 10
}; /* how much a handle that only reads gets of the past */

/* ---- reading and writing ---- */

/* Replies with the output from *from on. Skips what has left the ring. */
static int ring_reply(
	struct op *op, const struct console *console, uint64_t *from)
{
	uint64_t oldest = console->printed > CONSOLE_RING
		? console->printed - CONSOLE_RING
		: 0;
	char *bytes;

	*from = MIN(MAX(*from, oldest), console->printed);
	size_t len = MIN(op->size, console->printed - *from);
	bytes = malloc(len + 1);
	if (!bytes)
		return -ENOMEM;
	for (size_t done = 0, n; done < len; done += n) {
		size_t at = *from % CONSOLE_RING;
		n = MIN(len - done, CONSOLE_RING - at);
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
 * A program that reads from the start gets what is kept; one that asked for the
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

/* Waits until it is attached. Fails with the error of the attempt that was in
 * progress, or began, when the operation started to wait. */
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

/* Output of a terminal must not be typed, as by a backup that is copied back:
 * its lines end with CR and LF. */
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
	/* a call without a handle keeps the previous one */
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
	if (!--console->opens)
		console_release(console);
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

/* Reads a number of at most four digits; NULL: there is none. */
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
	if (console->shell)
		api_shell_resize(console->shell, columns, rows);
	return 0;
}
