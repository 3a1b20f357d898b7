/* SPDX-License-Identifier: MIT */
/* fs/program/process.c - prepares the process: limits, signals, environment */
#include "fs/program/program.h"

#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <unistd.h>

void process_harden(void)
{
	struct rlimit limit = { 0, 0 };
	int fd;

	/* Else the FUSE descriptor could become some library's stderr. */
	do
		fd = open("/dev/null", O_RDWR);
	while (fd >= 0 && fd <= 2);
	if (fd > 2)
		close(fd);

	prctl(PR_SET_DUMPABLE, 0);
	setrlimit(RLIMIT_CORE, &limit);
	if (getrlimit(RLIMIT_NOFILE, &limit) == 0) {
		limit.rlim_cur = limit.rlim_max;
		setrlimit(RLIMIT_NOFILE, &limit);
	}
	signal(SIGPIPE, SIG_IGN);
	signal(SIGXFSZ, SIG_IGN); /* write fails with EFBIG instead */
}

void process_block_signals(void)
{
	sigset_t set;

	sigemptyset(&set);
	sigaddset(&set, SIGINT);
	sigaddset(&set, SIGTERM);
	sigaddset(&set, SIGHUP);
	sigprocmask(SIG_BLOCK, &set, NULL);
}

void process_wipe_keys(void)
{
	static const char *const names[] = { "UNSANDBOX_PUBLIC_KEY",
		"UNSANDBOX_SECRET_KEY" };

	for (size_t i = 0; i < 2; i++) {
		char *value = getenv(names[i]);

		if (value)
			explicit_bzero(value, strlen(value));
		unsetenv(names[i]);
	}
}
