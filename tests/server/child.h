/* SPDX-License-Identifier: MIT */
/* tests/server/child.h - a program started in a cage of its own */
#ifndef TESTS_SERVER_CHILD_H
#define TESTS_SERVER_CHILD_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

/* What the kernel lets a cage have; see child_probe. */
enum cage {
	CAGE_MOUNTS = 1,  /* /tmp of its own, the rest read-only */
	CAGE_PIDS = 2,	  /* sees and signals its own processes alone */
	CAGE_NETWORK = 4, /* can do without a network */
	CAGE_USER = 8,	  /* all of that by way of a user namespace */
};

/*
 * Where the children's keeper, which is this program called with CHILD_WORD,
 * finds itself, and the pipe whose end of file tells every keeper that the
 * server is gone, however it went.
 */
struct nursery {
	int exe_fd;
	int lifeline[2];
	unsigned int cage;
};

struct child_spec {
	/* Both end in NULL. */
	const char *const *argv;
	const char *const *env;
	/* Becomes /tmp and the working directory. */
	const char *dir;
	bool has_network;
	/* Goes on until the last of its processes is gone. */
	bool is_service;
	/* 0: no limit. */
	long memory_mb;
	/* -1: /dev/null. */
	int stdin_fd;
	int stdout_fd;
	int stderr_fd;
};

struct child {
	pid_t pid;
	/* -1 where the kernel has none. */
	int pidfd;
};

#define CHILD_WORD "--child"

/* Finds out what the kernel lets a cage have; plain: asks for nothing. */
int nursery_init(struct nursery *nursery, bool is_plain);
void nursery_clear(struct nursery *nursery);

/* What a program calls the directory that it was given as /tmp. */
const char *nursery_home(const struct nursery *nursery, const char *dir);

/*
 * Starts it.  0 or -errno.  What fails later, as a program that is not there,
 * shows as exit code 126 or 127 with a line on its stderr.
 */
int child_start(struct child *child, const struct nursery *nursery,
	const struct child_spec *spec);

/* Ends it and all that came of it; it is still to be waited for. */
void child_kill(const struct child *child);

/* Stops or continues all of it. */
void child_freeze(const struct child *child, bool frozen);

/* Waits for the end, clears the child, gives 0-255, or 128 + signal. */
int child_wait(struct child *child);

/* The keeper itself: main for `standin --child ...`. */
int cage_main(int argc, char **argv);

#endif
