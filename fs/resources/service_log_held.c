/* SPDX-License-Identifier: MIT */
/* fs/resources/service_log_held.c - as much of a log as is known, and how it
 * grows */
#include "fs/resources/service_log_held.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum {
	LINES_MIN = 500,
	LINES_MAX = 100000,
	WINDOW = 64 << 10,	 /* in which one looks for what repeats */
	REPEAT_MAX = 1 << 20,	 /* how far back */
	OVERLAP_MAX = 16 << 20,	 /* last lines longer than this are not laid */
	RECHECK_BYTES_MS = 1000, /* of an endless log, read whole again */
};

int held_open(struct log_held *held, const struct state *state)
{
	static const char name[] = "log.tmp";

	held->lines = LINES_MIN;
	held->fd = openat(state->fd, ".", O_TMPFILE | O_RDWR | O_CLOEXEC, 0600);
	if (held->fd >= 0)
		return 0;
	held->fd = openat(
		state->fd, name, O_CREAT | O_TRUNC | O_RDWR | O_CLOEXEC, 0600);
	if (held->fd < 0)
		return -errno;
	unlinkat(state->fd, name, 0);
	return 0;
}

void held_close(struct log_held *held)
{
	close(held->fd);
}

static int held_append(struct log_held *held, const char *bytes, size_t len)
{
	while (len) {
		ssize_t n = pwrite(held->fd, bytes, len, (off_t)held->size);
		if (n < 0)
			return -errno;
		bytes += n;
		len -= n;
		held->size += n;
	}
	return 0;
}

/* Bytes of what is held; NULL: no memory, or it cannot be read. */
static char *held_read(const struct log_held *held, uint64_t from, size_t len)
{
	char *bytes = malloc(len + 1);

	if (bytes && pread(held->fd, bytes, len, (off_t)from) == (ssize_t)len)
		return bytes;
	free(bytes);
	return NULL;
}

/* The last bytes, *len at most. */
static char *held_end(const struct log_held *held, size_t *len)
{
	if (*len > held->size)
		*len = held->size;
	return held_read(held, held->size - *len, *len);
}

/* ---- how many lines are to be asked for ---- */

/* The last LINES_MIN lines of a text. */
static const char *lines_of(const char *text, size_t *len)
{
	size_t at = *len, lines = 0;

	while (at && lines <= LINES_MIN)
		lines += text[--at] == '\n';
	*len -= at;
	return text + at;
}

/* What is before the repetition, and the repetition whole. */
static void held_look_back(struct log_held *held, size_t period)
{
	size_t len = REPEAT_MAX;
	char *text = held_end(held, &len);

	if (!text)
		return;
	size_t from = log_repeats_from(text, len, period);
	held->is_endless = !from && len < held->size;
	if (!held->is_endless)
		held->lines += log_lines(text + from, len - from);
	free(text);
}

static void held_look(struct log_held *held, size_t new_lines)
{
	size_t len = WINDOW;
	char *text = held_end(held, &len);

	held->is_endless = false;
	held->lines = LINES_MIN + 2 * new_lines;
	if (held->lines > LINES_MAX)
		held->lines = LINES_MAX;
	if (!text)
		return;
	const char *last = lines_of(text, &len);
	size_t period = log_period(last, len);
	free(text);
	if (period)
		held_look_back(held, period);
}

/* ---- what came ---- */

static bool goes_on(const struct log_held *held, const char *bytes, size_t len)
{
	char *all = held->size <= len ? held_read(held, 0, held->size) : NULL;
	bool is_prefix = all && !memcmp(all, bytes, held->size);

	free(all);
	return is_prefix;
}

static int held_grow(struct log_held *held, const char *bytes, size_t len)
{
	int err = held_append(held, bytes, len);

	if (!err)
		held_look(held, log_lines(bytes, len));
	held->doubted = 0;
	return err;
}

int held_take_whole(
	struct log_held *held, const char *bytes, size_t len, uint64_t now_ms)
{
	size_t known = held->size;

	held->whole_ms = now_ms;
	held->is_cut |= held->doubted && log_lines(bytes, len) >= held->doubted;
	if (known && goes_on(held, bytes, len))
		return held_grow(held, bytes + known, len - known);
	if (ftruncate(held->fd, 0))
		return -errno;
	held->size = 0;
	held->doubted = 0;
	int err = held_append(held, bytes, len);
	held_look(held, 0);
	return err;
}

/* Fewer lines than were asked for are the whole log, if the API keeps its
 * word: it has not when the whole turns out to be more. */
static int take_short(
	struct log_held *held, const char *bytes, size_t len, unsigned asked)
{
	if (goes_on(held, bytes, len))
		return held_grow(held, bytes + held->size, len - held->size);
	held->doubted = asked;
	return -EAGAIN;
}

static bool may_guess(const struct log_held *held, uint64_t now_ms)
{
	return held->is_endless &&
		now_ms - held->whole_ms < held->size / RECHECK_BYTES_MS;
}

int held_take_tail(struct log_held *held, const char *bytes, size_t len,
	unsigned asked, uint64_t now_ms)
{
	size_t held_len = len, covered;
	bool is_repeating;

	if (!held->is_cut && log_lines(bytes, len) < asked)
		return take_short(held, bytes, len, asked);
	if (len > OVERLAP_MAX || !held->size)
		return -EAGAIN;
	char *end = held_end(held, &held_len);
	if (!end)
		return -ENOMEM;
	covered = log_overlap(end, held_len, bytes, len, &is_repeating);
	free(end);
	if (!covered || (is_repeating && !may_guess(held, now_ms)))
		return -EAGAIN;
	return held_grow(held, bytes + covered, len - covered);
}
