/* SPDX-License-Identifier: MIT */
/* tests/server/child.h - starts a program in its own sandbox */
#ifndef TESTS_SERVER_CHILD_H
#define TESTS_SERVER_CHILD_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

/* What the kernel allows for a sandbox; see launcher_init. */
enum sandbox {
	SANDBOX_MOUNTS = 1,  /* its own /tmp, the rest read-only */
	SANDBOX_PIDS = 2,    /* sees and signals only its own processes */
	SANDBOX_NETWORK = 4, /* can be without a network */
	SANDBOX_USER = 8,    /* all of that by a user namespace */
};

/*
 * What starts children: a descriptor of this program, which is a supervisor if
 * called with CHILD_WORD, and a pipe whose end of file tells every supervisor
 * that the server is gone, even if it was killed.
 */
struct launcher {
	int exe_fd;
	int lifeline[2];
	unsigned int sandbox;
};

struct child_spec {
	/* Both end in NULL. */
	const char *const *argv;
	const char *const *env;
	/* Becomes /tmp and the working directory. */
	const char *dir;
	bool has_network;
	/* Runs until the last of its processes ends. */
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
	/* -1 if the kernel has none. */
	int pidfd;
};

#define CHILD_WORD "--child"

/* Finds out what the kernel allows for a sandbox; plain: tries nothing. */
int launcher_init(struct launcher *launcher, bool is_plain);
void launcher_clear(struct launcher *launcher);

/* The path under which a program sees the directory that is its /tmp. */
const char *launcher_home(const struct launcher *launcher, const char *dir);

/* The path of its home directory: /root, if it can have one of its own. */
const char *launcher_root(const struct launcher *launcher, const char *dir);

/*
 * Starts it.  0 or -errno.  A later failure, such as a missing program, is exit
 * code 126 or 127 with a line on its stderr.
 */
int child_start(struct child *child, const struct launcher *launcher,
	const struct child_spec *spec);

/* Ends it and all its descendants; the caller must still wait for it. */
void child_kill(const struct child *child);

/* Stops or continues all of its processes. */
void child_freeze(const struct child *child, bool frozen);

/* Waits for the end and clears the child; returns 0-255 or 128 + signal. */
int child_wait(struct child *child);

/* The supervisor: main for `standin --child ...`. */
int sandbox_main(int argc, char **argv);

#endif
