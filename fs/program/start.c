/* SPDX-License-Identifier: MIT */
/* fs/program/start.c - what the process needs before it mounts */
#include "fs/program/start.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <unistd.h>

#define FUSE_CONF "/etc/fuse.conf"

void start_process(void)
{
	struct rlimit limit = { 0, 0 };
	int fd;

	/* Else the mount's own descriptor could become someone's stderr. */
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
	signal(SIGXFSZ, SIG_IGN); /* a write says EFBIG then */
}

void start_hold_signals(void)
{
	sigset_t set;

	sigemptyset(&set);
	sigaddset(&set, SIGINT);
	sigaddset(&set, SIGTERM);
	sigaddset(&set, SIGHUP);
	sigprocmask(SIG_BLOCK, &set, NULL);
}

void start_forget_keys(void)
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

/* True if the text, /etc/fuse.conf, has the word as a line of its own. */
static bool conf_has(FILE *conf, const char *word)
{
	char line[256];
	bool found = false;

	while (!found && fgets(line, sizeof(line), conf)) {
		char *start = line + strspn(line, " \t");

		start[strcspn(start, " \t\r\n#")] = '\0';
		found = strcmp(start, word) == 0;
	}
	return found;
}

static bool others_are_allowed(void)
{
	FILE *conf = fopen(FUSE_CONF, "re");
	bool found = conf && conf_has(conf, "user_allow_other");

	if (conf)
		fclose(conf);
	return found;
}

/* The program in one of the directories of PATH. */
static bool program_exists(const char *name)
{
	const char *path = getenv("PATH");
	size_t len;

	for (; path && *path != '\0'; path += len + (path[len] == ':')) {
		char file[PATH_MAX];

		len = strcspn(path, ":");
		snprintf(file, sizeof(file), "%.*s/%s", (int)len, path, name);
		if (access(file, X_OK) == 0)
			return true;
	}
	return false;
}

static enum exit_status fuse_check(char *why, size_t why_len)
{
	int fd;

	if (access("/dev/fuse", F_OK)) {
		snprintf(why, why_len,
			"/dev/fuse: %s; load it with: modprobe fuse "
			"(or give the container that device)",
			strerror(errno));
		return EXIT_FUSE;
	}
	fd = open("/dev/fuse", O_RDWR | O_CLOEXEC);
	if (fd < 0) {
		snprintf(why, why_len, "/dev/fuse: %s; %s", strerror(errno),
			geteuid() == 0 ? "a container needs --device /dev/fuse "
					 "and --cap-add SYS_ADMIN"
				       : "root may let users in: chmod 666 "
					 "/dev/fuse");
		return EXIT_FUSE;
	}
	close(fd);
	if (geteuid() != 0 && !program_exists("fusermount3")) {
		snprintf(why, why_len,
			"fusermount3 is not installed, and only root mounts "
			"without it; the package is called fuse3");
		return EXIT_FUSE;
	}
	return EXIT_OK;
}

enum exit_status start_check(
	const struct options *options, char *why, size_t why_len)
{
	if (options->cacert && access(options->cacert, R_OK)) {
		snprintf(why, why_len, "-o cacert=%s: %s", options->cacert,
			strerror(errno));
		return EXIT_USAGE;
	}
	if ((options->allow_other || options->allow_root) && geteuid() != 0 &&
		!others_are_allowed()) {
		snprintf(why, why_len,
			"-o %s: " FUSE_CONF " has no line user_allow_other; "
			"root may add it, or mount",
			options->allow_other ? "allow_other" : "allow_root");
		return EXIT_FUSE;
	}
	return fuse_check(why, why_len);
}
