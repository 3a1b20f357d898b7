/* SPDX-License-Identifier: MIT */
/* tests/server/shape.h - gives answers the form that switches ask for */
#ifndef TESTS_SERVER_SHAPE_H
#define TESTS_SERVER_SHAPE_H

#include "request.h"

/* Called with each complete answer. */
void shape_reply(const struct request *request, struct reply *reply);

/* Keeps only the members that the OpenAPI document has. */
void lean_keep(const struct request *request, json_t *json);

#endif
