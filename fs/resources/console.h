/* SPDX-License-Identifier: MIT */
/* fs/resources/console.h - the live shells of sessions and services, as seen
 * inside the room */
#ifndef FS_RESOURCES_CONSOLE_H
#define FS_RESOURCES_CONSOLE_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/queue.h>
#include <time.h>

#include "fs/core/core.h"

/*
 * All handles of a console share one connection, which is made when the console
 * is first opened for writing. What the terminal prints goes into a ring. A
 * handle that reads and writes is a terminal: it reads what is printed after
 * its open, and waits for more; while it does not read, the server has to wait.
 * A handle that only reads begins with what is still in the ring and never
 * waits.
 *
 * After the last close the connection lingers, so that `echo ls > console;
 * cat console` shows something; while a reader has it open (tail -f), it stays.
 */

enum { CONSOLE_RING = 256 << 10 };

enum console_state {
	CONSOLE_DETACHED, /* the next open for writing attaches it */
	CONSOLE_CONNECTS,
	CONSOLE_ATTACHED,
	CONSOLE_RETRIES, /* after a loss */
	CONSOLE_ENDED,	 /* the shell has ended; until all handles are closed */
};

LIST_HEAD(terminals, terminal);

LIST_HEAD(console_list, console);

struct console {
	LIST_ENTRY(console) link;
	struct core *core;
	char *id;
	char path[256]; /* for messages */
	enum console_state state;
	struct api_shell *shell;
	int err;	/* why it could not be attached */
	int status;	/* of the last shell that has exited; -1: unknown */
	unsigned tries; /* to attach again since it was lost */
	uint64_t attached_ms;
	struct op_list waiters; /* all kinds: an event wakes them */
	struct terminals terminals;
	unsigned opens, writers;
	struct timer timer; /* the end of lingering, or the next try */
	unsigned columns, rows;
	uint64_t printed;
	struct timespec printed_at;
	char ring[CONSOLE_RING];
};

/* An open handle. */
struct terminal {
	LIST_ENTRY(terminal) link;
	struct console *console;
	bool is_terminal; /* reads and writes */
	uint64_t at;	  /* how far it was read, in `printed` */
	uint64_t shift;	  /* added to the offsets of a handle that only reads */
	bool is_begun;
	struct fuse_pollhandle *poll;
};

/* NULL: nobody has opened it yet. */
struct console *console_find(struct core *core, const char *id);
/* Creates it if it is missing. NULL: out of memory. */
struct console *console_get(struct op *op, const struct node *node);
/* Starts to attach it. The errors of api_shell_open. */
int console_attach(struct console *console, enum console_state state);
/* Makes the server wait while a terminal is far behind. */
void console_pace(struct console *console);
/* Call it when the last handle was closed. */
void console_release(struct console *console);

/* Drops the output of a resource that was deleted. */
void console_forget(struct core *core, const char *id);
/* Detaches all. Call it before api_free. */
void consoles_stop(struct core *core);
void consoles_free(struct console_list *consoles);

#endif
