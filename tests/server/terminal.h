/* SPDX-License-Identifier: MIT */
/* tests/server/terminal.h - the live shells of sessions and services */
#ifndef TESTS_SERVER_TERMINAL_H
#define TESTS_SERVER_TERMINAL_H

#include <pthread.h>
#include <stdbool.h>
#include <sys/queue.h>

#include "resource.h"
#include "route.h"

/*
 * A terminal belongs to one session or service, by its id. It starts with the
 * first socket that is attached, and is kept when the last one is detached. A
 * thread reads its output into a ring buffer, from which each socket's thread
 * sends; the terminal waits for the slowest socket.
 */
struct server;
struct terminal;
LIST_HEAD(terminal_list, terminal);

struct terminals {
	pthread_mutex_t lock; /* guards the list and all terminals */
	struct terminal_list list;
};

extern const struct route terminal_routes[];

void terminals_init(struct terminals *terminals);
/* Call it after the last thread has ended. */
void terminals_clear(struct terminals *terminals);

/* Kills the terminal of a resource that is removed or stopped; NULL: all. */
void terminal_kill(struct server *server, const char *id);
/* Freezes or unfreezes the terminal of a resource, if there is one. */
void terminal_freeze(struct server *server, const char *id, bool is_frozen);

#endif
