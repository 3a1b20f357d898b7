/* SPDX-License-Identifier: MIT */
/* fs/program/checks.c - finds out before the mount why it would fail */
#include "fs/program/program.h"

#include <errno.h>
#include <fcntl.h>
#include <paths.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define FUSE_CONF "/etc/fuse.conf"

int refuse(int result, char *why, size_t why_len, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	vsnprintf(why, why_len, format, args);
	va_end(args);
	return result;
}

/* Whether the file has a line user_allow_other. */
static bool conf_allows_others(FILE *conf)
{
	char line[256];

	while (fgets(line, sizeof(line), conf)) {
		char *word = line + strspn(line, " \t");

		word[strcspn(word, " \t\r\n#")] = '\0';
		if (strcmp(word, "user_allow_other") == 0)
			return true;
	}
	return false;
}

bool others_are_allowed(void)
{
	FILE *conf;
	bool is_allowed;

	if (geteuid() == 0)
		return true;
	conf = fopen(FUSE_CONF, "re");
	/* fusermount3 runs as root: it may be able to read the file. */
	if (!conf)
		return errno != ENOENT;
	is_allowed = conf_allows_others(conf);
	fclose(conf);
	return is_allowed;
}

/* Whether the program is in one of the directories, which are separated by
 * colons. */
static bool program_is_in(const char *directories, const char *program)
{
	while (*directories != '\0') {
		size_t len = strcspn(directories, ":");
		char file[PATH_MAX];

		snprintf(file, sizeof(file), "%.*s/%s", (int)len, directories,
			program);
		if (access(file, X_OK) == 0)
			return true;
		directories += len + (directories[len] == ':');
	}
	return false;
}

/* libfuse looks in its own directory first, then in PATH. */
static bool has_fusermount(void)
{
	const char *path = getenv("PATH");

	return program_is_in(_PATH_STDPATH, "fusermount3") ||
		(path && program_is_in(path, "fusermount3"));
}

static enum exit_status fuse_check(char *why, size_t why_len)
{
	int fd;

	if (access("/dev/fuse", F_OK))
		return refuse(EXIT_FUSE, why, why_len,
			"/dev/fuse: %s; run: modprobe fuse (or give the "
			"container that device)",
			strerror(errno));
	fd = open("/dev/fuse", O_RDWR | O_CLOEXEC);
	if (fd < 0)
		return refuse(EXIT_FUSE, why, why_len, "/dev/fuse: %s; %s",
			strerror(errno),
			geteuid() == 0 ? "a container needs --device /dev/fuse "
					 "and --cap-add SYS_ADMIN"
				       : "as root, run: chmod 666 /dev/fuse");
	close(fd);
	if (geteuid() != 0 && !has_fusermount())
		return refuse(EXIT_FUSE, why, why_len,
			"fusermount3: not found, and only root can mount "
			"without it; install the package fuse3");
	return EXIT_OK;
}

enum exit_status system_check(
	const struct options *options, char *why, size_t why_len)
{
	if (options->cacert && access(options->cacert, R_OK))
		return refuse(EXIT_USAGE, why, why_len, "-o cacert=%s: %s",
			options->cacert, strerror(errno));
	if (options->is_passed) /* the caller has opened and mounted it */
		return EXIT_OK;
	if ((options->allow_other || options->allow_root) &&
		!others_are_allowed())
		return refuse(EXIT_FUSE, why, why_len,
			"-o %s: " FUSE_CONF " has no line user_allow_other; "
			"as root, add it",
			options->allow_other ? "allow_other" : "allow_root");
	return fuse_check(why, why_len);
}
