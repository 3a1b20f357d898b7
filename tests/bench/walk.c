/* SPDX-License-Identifier: MIT */
/* tests/bench/walk.c - measures the same call for many paths */
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

/*
 * usage: walk stat|read ROUNDS <PATHS
 *
 * Reads paths, one per line, and for each calls stat, or opens it, reads it to
 * the end and closes it. Prints nanoseconds per path.
 */

enum { PATHS_MAX = 1000000 };

static int path_stat(const char *path)
{
	struct stat attr;

	return stat(path, &attr);
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

int main(int argc, char **argv)
{
	char **paths = calloc(PATHS_MAX, sizeof(*paths));
	struct timespec from, to;

	if (argc != 3 || !paths) {
		fprintf(stderr, "usage: walk stat|read ROUNDS <PATHS\n");
		return 2;
	}
	int (*visit)(const char *) =
		strcmp(argv[1], "stat") ? path_read : path_stat;
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
