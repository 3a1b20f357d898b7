/* SPDX-License-Identifier: MIT */
/* tests/server/journal.h - the server's own log */
#ifndef TESTS_SERVER_JOURNAL_H
#define TESTS_SERVER_JOURNAL_H

#include <pthread.h>

#include "text.h"

enum {
	JOURNAL_LINES = 10000,
};

struct journal_line {
	long long at_ms;
	int status;
	char text[200];
};

/* A ring: line n is at n % JOURNAL_LINES. */
struct journal {
	pthread_mutex_t lock;
	struct journal_line *lines;
	/* The number of the next line. */
	unsigned long long next;
};

/* A filter of lines; the strings are borrowed, NULL: any. */
struct journal_filter {
	long long since_ms;
	const char *grep;
	/* debug, info, notice, warning, err or crit: this and worse. */
	const char *level;
};

int journal_init(struct journal *journal);
void journal_clear(struct journal *journal);

void journal_add(struct journal *journal, long long now_ms, const char *method,
	const char *path, int status);

/* The number of the next line. */
unsigned long long journal_end(struct journal *journal);

/*
 * Calls each for the lines from number *from that pass the filter, at most the
 * newest count, and sets *from to the number after the last.
 */
void journal_each(struct journal *journal, unsigned long long *from, long count,
	const struct journal_filter *filter,
	void (*each)(void *arg, const char *line), void *arg);

#endif
