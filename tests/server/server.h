/* SPDX-License-Identifier: MIT */
/* tests/server/server.h - everything that the stand-in knows */
#ifndef TESTS_SERVER_SERVER_H
#define TESTS_SERVER_SERVER_H

#include "account.h"
#include "child.h"
#include "fault.h"
#include "job.h"
#include "journal.h"
#include "ledger.h"
#include "moment.h"
#include "options.h"
#include "resource.h"
#include "sudo.h"

struct MHD_Daemon;

struct server {
	struct options options;
	struct moment moment;
	struct accounts accounts;
	struct nursery nursery;
	struct jobs jobs;
	struct resources resources;
	struct sudo sudo;
	struct faults faults;
	struct ledger ledger;
	struct journal journal;
	/* Held from the count of what runs to the start of more. */
	pthread_mutex_t admission;
	_Atomic int concurrency;
	_Atomic bool is_raw;
	/* Readable for good once the server ends. */
	int stop_fd;
	/* Where it listens. */
	_Atomic int port;
	/* Where runs and resources have their directories. */
	char dir[256];
	bool is_dir_temporary;
	_Atomic unsigned int dir_number;
};

/* Everything but the network; 0 or -errno with a line on stderr. */
int server_init(struct server *server, const struct options *options);
void server_clear(struct server *server);

/* Makes all that waits go on: faults that hang, jobs that run. */
void server_stop(struct server *server);

/* Waits so long, less if the server ends: then false. */
bool server_pause(const struct server *server, long long ms);

/* The name of a directory nobody has used; buf holds 320. */
void server_new_dir(
	struct server *server, const char *kind, char *buf, size_t size);

#endif
