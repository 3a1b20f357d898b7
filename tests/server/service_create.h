/* SPDX-License-Identifier: MIT */
/* tests/server/service_create.h - a service from a request, snapshot, image */
#ifndef TESTS_SERVER_SERVICE_CREATE_H
#define TESTS_SERVER_SERVICE_CREATE_H

#include "resource.h"

/*
 * Takes the service, checks its name (409 when it is taken), puts it on its
 * shelf, starts it and answers.  Not to be called with the lock held.
 */
void service_create(struct server *server, struct request *request,
	struct resource *service, struct reply *reply);

/* Whether a service is called so; the lock is held. */
bool service_is_taken(struct server *server, const char *name);

/* Makes a vault of an object of strings; others are ignored. */
void service_take_env(struct resource *service, const json_t *env);

#endif
