/* SPDX-License-Identifier: MIT */
/* tests/bench/walk.c - measures the same call for many paths */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

/*
 * usage: walk stat|sync|miss|read ROUNDS <PATHS
 *
 * Reads paths, one per line, and for each calls stat; or statx, which the
 * kernel must not answer from its caches; or stat, which must find nothing; or
 * opens it, reads it to the end and closes it. Prints nanoseconds per path.
 */

enum { PATHS_MAX = 1000000 };

static int path_stat(const char *path)
{
	struct stat attr;

	return stat(path, &attr);
}

static int path_sync(const char *path)
{
	struct statx attr;

	return statx(
		AT_FDCWD, path, AT_STATX_FORCE_SYNC, STATX_BASIC_STATS, &attr);
}

static int path_miss(const char *path)
{
	struct stat attr;

	return stat(path, &attr) && errno == ENOENT ? 0 : -1;
}

static int path_read(const char *path)
{
	static char buf[1 << 16];
	int fd = open(path, O_RDONLY);
	ssize_t n;

	if (fd < 0)
		return -1;
	do
		n = read(fd, buf, sizeof(buf));
	while (n > 0);
	return close(fd) || n < 0 ? -1 : 0;
}

static size_t paths_read(char **paths)
{
	char *line = NULL;
	size_t room = 0, count = 0;
	ssize_t len;

	while (count < PATHS_MAX && (len = getline(&line, &room, stdin)) > 0) {
		line[len - 1] = '\0';
		paths[count] = strdup(line);
		if (!paths[count++])
			break;
	}
	free(line);
	return count;
}

static int walk(char **paths, size_t count, int (*visit)(const char *path))
{
	for (size_t i = 0; i < count; i++) {
		if (visit(paths[i])) {
			perror(paths[i]);
			return 1;
		}
	}
	return 0;
}

static int (*visitor(const char *word))(const char *path)
{
	static const struct {
		const char *word;
		int (*visit)(const char *path);
	} visitors[] = {
		{ "stat", path_stat },
		{ "sync", path_sync },
		{ "miss", path_miss },
		{ "read", path_read },
	};

	for (size_t i = 0; i < sizeof(visitors) / sizeof(*visitors); i++)
		if (!strcmp(word, visitors[i].word))
			return visitors[i].visit;
	return NULL;
}

int main(int argc, char **argv)
{
	char **paths = calloc(PATHS_MAX, sizeof(*paths));
	struct timespec from, to;

	int (*visit)(const char *) = argc == 3 ? visitor(argv[1]) : NULL;

	if (!visit || !paths) {
		fprintf(stderr,
			"usage: walk stat|sync|miss|read ROUNDS <PATHS\n");
		return 2;
	}
	size_t count = paths_read(paths);
	long rounds = atol(argv[2]);
	int bad = walk(paths, count, visit); /* warm */
	clock_gettime(CLOCK_MONOTONIC, &from);
	for (long i = 0; i < rounds && !bad; i++)
		bad = walk(paths, count, visit);
	clock_gettime(CLOCK_MONOTONIC, &to);
	if (!bad && count && rounds > 0)
		printf("%.0f\n",
			((to.tv_sec - from.tv_sec) * 1e9 + to.tv_nsec -
				from.tv_nsec) /
				count / rounds);
	for (size_t i = 0; i < count; i++)
		free(paths[i]);
	free(paths);
	return bad || !count;
}
