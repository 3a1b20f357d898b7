/* SPDX-License-Identifier: MIT */
/* tests/server/journal.c - the server's own log */
#include "journal.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "moment.h"

int journal_init(struct journal *journal)
{
	memset(journal, 0, sizeof(*journal));
	pthread_mutex_init(&journal->lock, NULL);
	journal->lines = calloc(JOURNAL_LINES, sizeof(*journal->lines));
	return journal->lines ? 0 : -ENOMEM;
}

void journal_clear(struct journal *journal)
{
	free(journal->lines);
	pthread_mutex_destroy(&journal->lock);
}

static const char *level_of(int status)
{
	return status >= 500 ? "err" : status >= 400 ? "warning" : "info";
}

/* Lower numbers are worse. */
static int level_number(const char *level)
{
	static const char *const levels[] = { "crit", "err", "warning",
		"notice", "info", "debug", NULL };
	int i;

	for (i = 0; levels[i]; i++)
		if (!strcmp(levels[i], level))
			break;
	return i;
}

void journal_add(struct journal *journal, long long now_ms, const char *method,
	const char *path, int status)
{
	struct journal_line *line;
	char when[32];

	moment_iso(now_ms, when, sizeof(when));
	pthread_mutex_lock(&journal->lock);
	line = &journal->lines[journal->next++ % JOURNAL_LINES];
	line->at_ms = now_ms;
	line->status = status;
	snprintf(line->text, sizeof(line->text), "%s [%s] %s %s %d", when,
		level_of(status), method, path, status);
	pthread_mutex_unlock(&journal->lock);
}

unsigned long long journal_end(struct journal *journal)
{
	unsigned long long end;

	pthread_mutex_lock(&journal->lock);
	end = journal->next;
	pthread_mutex_unlock(&journal->lock);
	return end;
}

static bool passes(
	const struct journal_line *line, const struct journal_filter *filter)
{
	if (line->at_ms < filter->since_ms)
		return false;
	if (filter->grep && !strstr(line->text, filter->grep))
		return false;
	return !filter->level ||
		level_number(level_of(line->status)) <=
		level_number(filter->level);
}

void journal_each(struct journal *journal, unsigned long long *from, long count,
	const struct journal_filter *filter,
	void (*each)(void *arg, const char *line), void *arg)
{
	unsigned long long oldest, first;
	const struct journal_line *line;

	pthread_mutex_lock(&journal->lock);
	oldest = journal->next > JOURNAL_LINES ? journal->next - JOURNAL_LINES
					       : 0;
	if (*from < oldest)
		*from = oldest;
	for (first = journal->next; first > *from && count > 0; first--)
		count -= passes(
			&journal->lines[(first - 1) % JOURNAL_LINES], filter);
	for (; first < journal->next; first++) {
		line = &journal->lines[first % JOURNAL_LINES];
		if (passes(line, filter))
			each(arg, line->text);
	}
	*from = journal->next;
	pthread_mutex_unlock(&journal->lock);
}
