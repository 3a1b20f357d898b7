/* SPDX-License-Identifier: MIT */
/* tests/server/exchange.h - translates between libmicrohttpd and requests */
#ifndef TESTS_SERVER_EXCHANGE_H
#define TESTS_SERVER_EXCHANGE_H

#include "server.h"

/*
 * Listens on loopback and sets *port to the actual port.  has_socket false:
 * takes connections only from exchange_add.  NULL on failure, with a line on
 * stderr.
 */
struct MHD_Daemon *exchange_start(
	struct server *server, bool has_socket, int *port);

/* Hands over a connected socket. */
int exchange_add(struct MHD_Daemon *daemon, int fd);

#endif
