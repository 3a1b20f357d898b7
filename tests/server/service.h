/* SPDX-License-Identifier: MIT */
/* tests/server/service.h - what a service runs, and its log */
#ifndef TESTS_SERVER_SERVICE_H
#define TESTS_SERVER_SERVICE_H

#include "resource.h"

/* resources.lock is held in all of these. */

/*
 * Starts the bootstrap with the vault as its environment; output goes to the
 * log.  A service without one has nothing to start.  0 or -errno.
 */
int service_start(struct server *server, struct resource *service);
void service_stop(struct resource *service);

/* Where the log is; buf holds 400. */
void service_log_path(const struct server *server,
	const struct resource *service, char *buf, size_t size);

/* A line of the stand-in's own into the log. */
void service_log(const struct server *server, const struct resource *service,
	const char *line);

#endif
