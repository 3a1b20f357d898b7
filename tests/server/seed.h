/* SPDX-License-Identifier: MIT */
/* tests/server/seed.h - creates resources in bulk */
#ifndef TESTS_SERVER_SEED_H
#define TESTS_SERVER_SEED_H

#include "request.h"

/*
 * PUT /_standin/seed: {"snapshots": 1000} creates that many; an array creates
 * one for each object in it, with the object's fields (id, name, state, ...)
 * unchecked.  Members: sessions, services, snapshots, images, jobs (finished)
 * and running_jobs (which end when they are cancelled); "owner" is a public
 * key, by default that of the first account.
 */
void seed(struct server *server, struct request *request, struct reply *reply);

#endif
