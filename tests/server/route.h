/* SPDX-License-Identifier: MIT */
/* tests/server/route.h - finds the function that answers a path */
#ifndef TESTS_SERVER_ROUTE_H
#define TESTS_SERVER_ROUTE_H

#include "request.h"

enum {
	/* Answered without a signature. */
	ROUTE_OPEN = 1,
	/* Not among the calls of the OpenAPI document 2.2.0. */
	ROUTE_OLD = 2,
};

/*
 * A row for each method and path.  ID or KEY in a path matches any part.  The
 * last row of a table has no method.
 */
struct route {
	const char *method;
	const char *path;
	unsigned int flags;
	void (*answer)(struct server *server, struct request *request,
		struct reply *reply);
};

extern const struct route control_routes[];
extern const struct route env_routes[];
extern const struct route execute_routes[];
extern const struct route image_routes[];
extern const struct route info_routes[];
extern const struct route key_routes[];
extern const struct route job_routes[];
extern const struct route log_routes[];
extern const struct route service_routes[];
extern const struct route session_routes[];
extern const struct route snapshot_routes[];
extern const struct route token_routes[];
extern const struct route trust_routes[];
extern const struct route upkeep_routes[];

/* Sets route and pattern; without a route, pattern is the path. */
void route_find(struct request *request);

/* Checks, carries out and answers one request. */
void route_answer(
	struct server *server, struct request *request, struct reply *reply);

#endif
