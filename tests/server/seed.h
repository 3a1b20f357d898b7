/* SPDX-License-Identifier: MIT */
/* tests/server/seed.h - resources in bulk */
#ifndef TESTS_SERVER_SEED_H
#define TESTS_SERVER_SEED_H

#include "request.h"

/*
 * PUT /_standin/seed: {"snapshots": 1000} makes that many; an array makes one
 * for each object in it, with the object's fields (id, name, state, ...) as
 * they are, however odd.  Members: sessions, services, snapshots, images, jobs
 * (finished) and running_jobs (which end when they are cancelled); "owner" is
 * a public key, the first account's unless given.
 */
void seed(struct server *server, struct request *request, struct reply *reply);

#endif
