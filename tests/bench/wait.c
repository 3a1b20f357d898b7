/* SPDX-License-Identifier: MIT */
/* tests/bench/wait.c - many threads that read the same file */
#include <fcntl.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

/*
 * usage: wait COUNT PATH
 *
 * Each thread opens PATH, reads once, and closes it. Prints how many have read
 * something.
 */

static const char *path;

static void *wait_for_it(void *ctx)
{
	char byte;
	int fd = open(path, O_RDONLY);
	ssize_t n = fd < 0 ? -1 : read(fd, &byte, 1);

	if (fd >= 0)
		close(fd);
	return n == 1 ? ctx : NULL;
}

int main(int argc, char **argv)
{
	long count = argc == 3 ? atol(argv[1]) : 0, answered = 0, started = 0;
	pthread_t *threads = count > 0 ? calloc(count, sizeof(*threads)) : NULL;
	pthread_attr_t attr;
	void *result;

	if (!threads) {
		fprintf(stderr, "usage: wait COUNT PATH\n");
		return 2;
	}
	path = argv[2];
	pthread_attr_init(&attr);
	pthread_attr_setstacksize(&attr, 1 << 16);
	while (started < count &&
		!pthread_create(&threads[started], &attr, wait_for_it, threads))
		started++;
	for (long i = 0; i < started; i++)
		if (!pthread_join(threads[i], &result))
			answered += result != NULL;
	printf("%ld\n", answered);
	free(threads);
	return answered != count;
}
