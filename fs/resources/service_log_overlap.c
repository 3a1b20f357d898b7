/* SPDX-License-Identifier: MIT */
/* fs/resources/service_log_overlap.c - where the last lines of a log go on from
 */
#include "fs/resources/service_log_held.h"

#include <stdlib.h>

/*
 * The longest beginning of `tail` that is an end of `held`, by the failure
 * function of Knuth, Morris and Pratt: one pass over each. The longest is the
 * one that repeats no line; where a shorter one fits as well, the log repeats
 * itself, and lines that are the same as those before may go unseen.
 */
static uint32_t *failures(const char *tail, size_t len)
{
	uint32_t *table = malloc((len + 1) * sizeof(*table));
	size_t state = 0;

	if (!table)
		return NULL;
	table[0] = 0;
	if (len)
		table[1] = 0;
	for (size_t i = 1; i < len; i++) {
		while (state && tail[state] != tail[i])
			state = table[state];
		if (tail[state] == tail[i])
			state++;
		table[i + 1] = state;
	}
	return table;
}

size_t log_overlap(const char *held, size_t held_len, const char *tail,
	size_t tail_len, bool *is_repeating)
{
	uint32_t *table = failures(tail, tail_len);
	size_t state = 0;

	*is_repeating = false;
	if (!table)
		return 0;
	if (held_len > tail_len) {
		held += held_len - tail_len;
		held_len = tail_len;
	}
	for (size_t i = 0; i < held_len; i++) {
		if (state == tail_len)
			state = table[state];
		while (state && tail[state] != held[i])
			state = table[state];
		if (tail_len && tail[state] == held[i])
			state++;
	}
	*is_repeating = state && table[state] >= state / 2;
	free(table);
	/* A line or two may be the same by chance. */
	return state * 8 >= tail_len ? state : 0;
}

size_t log_period(const char *text, size_t len)
{
	uint32_t *table = failures(text, len);
	size_t period = table ? len - table[len] : 0;

	free(table);
	return len && period <= len / 2 ? period : 0;
}

size_t log_repeats_from(const char *text, size_t len, size_t period)
{
	size_t from = len > period ? len - period : 0;

	while (from && text[from - 1] == text[from - 1 + period])
		from--;
	return from;
}

size_t log_lines(const char *text, size_t len)
{
	size_t lines = len && text[len - 1] != '\n';

	for (size_t i = 0; i < len; i++)
		lines += text[i] == '\n';
	return lines;
}
