/* SPDX-License-Identifier: MIT */
/* tests/server/terminal_socket.h - a WebSocket that is attached to a terminal
 */
#ifndef TESTS_SERVER_TERMINAL_SOCKET_H
#define TESTS_SERVER_TERMINAL_SOCKET_H

#include "action.h"
#include "terminal.h"
#include "websocket.h"

enum { TERMINAL_RING = 256 << 10 };

LIST_HEAD(sockets, attached);

struct terminal {
	LIST_ENTRY(terminal) link;
	struct server *server;
	char *id;
	struct child child;
	int master;
	int log; /* its output is written here; -1: it is not recorded */
	pthread_t thread;
	pthread_cond_t room;
	struct sockets sockets;
	bool has_multiplexer, has_ended, is_killed;
	int status;
	unsigned long long printed;
	char ring[TERMINAL_RING];
};

struct attached {
	LIST_ENTRY(attached) link;
	struct terminal *terminal;
	int event; /* readable: there is new output, or it has ended */
	unsigned long long sent;
};

/*
 * Authenticates the request by its headers, by the query, or not at all, as the
 * switch shell_auth says. 0, or -EACCES with the reply made.
 */
int terminal_admit(
	struct server *server, struct request *request, struct reply *reply);

/* A websocket_run; ctx is a struct attached. */
void terminal_socket_run(
	void *ctx, int fd, const void *begun, size_t begun_len);

/* Removes it from its terminal and frees it. */
void terminal_detach(struct attached *attached);

#endif
