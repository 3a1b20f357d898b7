/* SPDX-License-Identifier: MIT */
/* tests/server/run.h - a thread that runs one job */
#ifndef TESTS_SERVER_RUN_H
#define TESTS_SERVER_RUN_H

#include "job.h"

struct server;

/*
 * What a job does.  dir NULL: a throw-away directory with the job's program
 * in it; otherwise argv is run in dir, which stays.  Both are copied.
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
 * Puts the job in the table and starts a thread for it.  0 or -errno, and
 * then it was not put anywhere.  The program in it is the thread's from here.
 */
int run_start(
	struct server *server, struct job *job, const struct run_order *order);

#endif
