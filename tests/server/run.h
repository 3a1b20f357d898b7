/* SPDX-License-Identifier: MIT */
/* tests/server/run.h - a thread that runs one job */
#ifndef TESTS_SERVER_RUN_H
#define TESTS_SERVER_RUN_H

#include "job.h"

struct server;

/*
 * The command of a job.  dir NULL: a temporary directory with the job's
 * program; otherwise argv runs in dir, which is kept.  Both are copied.
 */
struct run_order {
	const char *dir;
	const char *const *argv;
	const char *const *env;
	bool has_network;
	/* 0: none. */
	long long timeout_ms;
};

/*
 * Adds the job to the table and starts a thread for it.  0, or -errno without
 * adding it.  From then on the thread owns the program in it.
 */
int run_start(
	struct server *server, struct job *job, const struct run_order *order);

#endif
