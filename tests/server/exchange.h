/* SPDX-License-Identifier: MIT */
/* tests/server/exchange.h - libmicrohttpd on one side, requests on the other */
#ifndef TESTS_SERVER_EXCHANGE_H
#define TESTS_SERVER_EXCHANGE_H

#include "server.h"

/*
 * Starts to listen on loopback and sets *port to the port that was got.
 * has_socket false: takes connections only from exchange_add.  NULL when it
 * can't, with a line on stderr.
 */
struct MHD_Daemon *exchange_start(
	struct server *server, bool has_socket, int *port);

/* Hands over a connected socket. */
int exchange_add(struct MHD_Daemon *daemon, int fd);

#endif
