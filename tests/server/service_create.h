/* SPDX-License-Identifier: MIT */
/* tests/server/service_create.h - creates services */
#ifndef TESTS_SERVER_SERVICE_CREATE_H
#define TESTS_SERVER_SERVICE_CREATE_H

#include "resource.h"

/*
 * Takes ownership of the service, which comes from a request, a snapshot or an
 * image.  Checks its name (409 if it is used), adds it, starts it and makes the
 * reply.  The lock must not be held.
 */
void service_create(struct server *server, struct request *request,
	struct resource *service, struct reply *reply);

/* Whether a service has this name; the lock is held. */
bool service_is_taken(struct server *server, const char *name);

/* Creates a vault from an object; only strings are used. */
void service_take_env(struct resource *service, const json_t *env);

/* Whether the request names the service; if not, the reply is made. */
bool service_has_name(const json_t *json, struct reply *reply);

#endif
