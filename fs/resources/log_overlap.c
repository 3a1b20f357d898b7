/* SPDX-License-Identifier: MIT */
/* fs/resources/log_overlap.c - where the last lines of a log go on from */
#include "fs/resources/held_log.h"

#include <string.h>

enum {
	MARK = 4096,
	COMPARED_MAX = 1 << 30, /* bytes; a tenth of a second */
};

/* The longest overlap repeats no line. */
size_t log_overlap(const char *held, size_t held_len, const char *tail,
	size_t tail_len, bool *is_repeating)
{
	size_t mark = tail_len < 8 * MARK ? (tail_len + 7) / 8 : MARK;
	size_t longest = 0, compared = 0;
	const char *end = held + held_len, *at = held;

	*is_repeating = false;
	if (held_len > tail_len)
		at = end - tail_len;
	while (mark && (at = memmem(at, end - at, tail, mark))) {
		size_t len = end - at;
		if (len < longest / 2)
			break;
		compared += len;
		if (compared > COMPARED_MAX)
			return 0;
		bool fits = !memcmp(at++, tail, len);
		*is_repeating = fits && longest;
		if (*is_repeating)
			break;
		if (fits)
			longest = len;
	}
	return longest;
}

size_t log_period(const char *text, size_t len)
{
	bool is_repeating;
	size_t again = len
		? log_overlap(text + 1, len - 1, text, len - 1, &is_repeating)
		: 0;

	return again && again >= len - again ? len - again : 0;
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
