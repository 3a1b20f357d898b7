/* SPDX-License-Identifier: MIT */
/* tests/server/service.h - runs a service, and keeps its log */
#ifndef TESTS_SERVER_SERVICE_H
#define TESTS_SERVER_SERVICE_H

#include "resource.h"

/* resources.lock is held in all of these. */

/*
 * Starts the bootstrap with the vault as its environment; its output goes to
 * the log.  Does nothing without a bootstrap.  0 or -errno.
 */
int service_start(struct server *server, struct resource *service);
void service_stop(struct resource *service);

/* The path of the log; buf holds 400. */
void service_log_path(const struct server *server,
	const struct resource *service, char *buf, size_t size);

/* Adds a line of the stand-in to the log. */
void service_log(const struct server *server, const struct resource *service,
	const char *line);

#endif
