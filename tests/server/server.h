/* SPDX-License-Identifier: MIT */
/* tests/server/server.h - the state of the stand-in */
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
#include "terminal.h"

struct MHD_Daemon;

struct server {
	struct options options;
	struct moment moment;
	struct accounts accounts;
	struct launcher launcher;
	struct jobs jobs;
	struct resources resources;
	struct terminals terminals;
	struct sudo sudo;
	struct faults faults;
	struct ledger ledger;
	struct journal journal;
	/* Held while runs are counted and one more is started. */
	pthread_mutex_t admission;
	_Atomic int concurrency;
	_Atomic bool is_raw;
	/* Becomes readable when the server ends. */
	int stop_fd;
	_Atomic int port;
	/* The parent of the directories of runs and resources. */
	char dir[256];
	bool is_dir_temporary;
	_Atomic unsigned int dir_number;
};

/* Starts everything but the network; 0, or -errno with a line on stderr. */
int server_init(struct server *server, const struct options *options);
void server_clear(struct server *server);

/* Wakes everything that waits: faults that hang, running jobs. */
void server_stop(struct server *server);

/* Waits for this time; returns false early if the server ends. */
bool server_pause(const struct server *server, long long ms);

/* The name of an unused directory; buf holds 320. */
void server_new_dir(
	struct server *server, const char *kind, char *buf, size_t size);

#endif
