/* SPDX-License-Identifier: MIT */
/* fs/resources/held_log.c - as much of a log as is known, and how it grows */
#include "fs/resources/held_log.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "fs/resources/log_text.h"

enum {
	LINES_MIN = 500,
	LINES_MAX = 100000,
	LONGER = 16,		 /* as many lines, if some did not do */
	REPEAT_MAX = 1 << 20,	 /* how far back a repetition is searched */
	TAIL_MAX = 16 << 20,	 /* longer last lines are not compared */
	RECHECK_BYTES_MS = 1000, /* of an endless log, fetched whole again */
	COUNTED = 64 << 10,
};

/* ---- the file ---- */

/* NULL: errno. */
static FILE *file_new(int dir_fd)
{
	static const char name[] = "log.tmp";
	int fd = openat(dir_fd, ".", O_TMPFILE | O_RDWR | O_CLOEXEC, 0600);

	if (fd < 0) {
		fd = openat(dir_fd, name,
			O_CREAT | O_TRUNC | O_RDWR | O_CLOEXEC, 0600);
		unlinkat(dir_fd, name, 0);
	}
	FILE *file = fd < 0 ? NULL : fdopen(fd, "w+");
	if (!file && fd >= 0)
		close(fd);
	return file;
}

/* The last bytes, *len at most. NULL: out of memory, or unreadable. */
static char *held_end(const struct held_log *held, size_t *len)
{
	if (*len > held->size)
		*len = held->size;
	char *bytes = malloc(*len + 1);
	off_t at = (off_t)(held->size - *len);
	if (bytes &&
		pread(fileno(held->file), bytes, *len, at) == (ssize_t)*len)
		return bytes;
	free(bytes);
	return NULL;
}

/* The newlines from there on. */
static size_t held_lines(const struct held_log *held, uint64_t from)
{
	char bytes[COUNTED];
	size_t lines = 0;
	ssize_t n;

	while ((n = pread(fileno(held->file), bytes, sizeof(bytes),
			(off_t)from)) > 0) {
		lines += log_lines(bytes, n) - (bytes[n - 1] != '\n');
		from += n;
	}
	return lines;
}

/* ---- how many lines to ask for ---- */

/* The last LINES_MIN lines of a text. */
static const char *last_lines(const char *text, size_t *len)
{
	size_t at = *len, lines = 0;

	while (at && lines <= LINES_MIN)
		lines += text[--at] == '\n';
	*len -= at;
	return text + at;
}

static void held_look(struct held_log *held, size_t new_lines)
{
	size_t len = REPEAT_MAX, last_len;
	char *text = held_end(held, &len);

	held->doubted = 0;
	held->is_endless = false;
	held->lines = LINES_MIN + 2 * new_lines;
	if (held->lines > LINES_MAX)
		held->lines = LINES_MAX;
	if (!text)
		return;
	last_len = len;
	const char *last = last_lines(text, &last_len);
	size_t period = log_period(last, last_len);
	size_t from = period ? log_repeats_from(text, len, period) : len;
	if (!from && len < held->size)
		held->is_endless = true;
	else
		held->lines += log_lines(text + from, len - from);
	free(text);
}

/* ---- what came ---- */

static int take_whole(
	struct held_log *held, const json_t *answer, uint64_t now_ms)
{
	uint64_t before = held->size;
	FILE *file = file_new(held->dir_fd);

	if (!file)
		return -errno;
	errno = EIO; /* a write that fails sets it */
	int err = log_text_print(answer, file);
	if ((fflush(file) || ferror(file)) && !err)
		err = -errno;
	if (err) {
		fclose(file);
		return err;
	}
	held->file = file;
	held->size = ftello(file);
	held->whole_ms = now_ms;
	held->is_cut |= held->doubted && held_lines(held, 0) >= held->doubted;
	held_look(held,
		before && before < held->size ? held_lines(held, before) : 0);
	return 0;
}

static int held_grow(struct held_log *held, const char *bytes, size_t len)
{
	if (fseeko(held->file, (off_t)held->size, SEEK_SET) ||
		fwrite(bytes, 1, len, held->file) != len || fflush(held->file))
		return -errno;
	held->size += len;
	held_look(held, log_lines(bytes, len));
	return 0;
}

/* What repeats itself endlessly is guessed at, for a while. */
static bool may_guess(const struct held_log *held, uint64_t now_ms)
{
	return held->is_endless &&
		now_ms - held->whole_ms < held->size / RECHECK_BYTES_MS;
}

/* How much of the tail is known; -1: it does not tell. */
static ssize_t tail_overlap(const struct held_log *held, const char *tail,
	size_t len, uint64_t now_ms)
{
	size_t end_len = len, overlap;
	char *end = held_end(held, &end_len);
	bool is_repeating;

	if (!end)
		return -1;
	overlap = log_overlap(end, end_len, tail, len, &is_repeating);
	free(end);
	return !overlap || (is_repeating && !may_guess(held, now_ms))
		? -1
		: (ssize_t)overlap;
}

/* The same of a tail that should be the whole log. */
static ssize_t whole_overlap(
	const struct held_log *held, const char *tail, size_t len)
{
	char *known = held->size <= len ? held_end(held, &len) : NULL;
	bool goes_on = known && !memcmp(known, tail, len);

	free(known);
	return goes_on ? (ssize_t)len : -1;
}

/* Fewer lines than were asked for are the whole log, if the API keeps its
 * word: it did not when the whole turns out to be longer. */
static int take_tail(
	struct held_log *held, const char *tail, size_t len, uint64_t now_ms)
{
	bool is_whole = !held->is_cut && log_lines(tail, len) < held->lines;
	ssize_t known = -1;

	if (len <= TAIL_MAX)
		known = is_whole ? whole_overlap(held, tail, len)
				 : tail_overlap(held, tail, len, now_ms);
	if (known >= 0)
		return held_grow(held, tail + known, len - known);
	if (is_whole)
		held->doubted = held->lines;
	if (is_whole || held->is_endless || held->lines > LINES_MAX / LONGER)
		held->lines = 0;
	held->lines *= LONGER;
	return -EAGAIN;
}

int held_log_take(struct held_log *held, const json_t *answer, uint64_t now_ms)
{
	char *bytes = NULL;
	size_t len;

	if (!held->lines)
		return take_whole(held, answer, now_ms);
	FILE *out = open_memstream(&bytes, &len);
	if (!out)
		return -ENOMEM;
	int err = log_text_print(answer, out);
	if (fclose(out) && !err)
		err = -ENOMEM;
	if (!err)
		err = take_tail(held, bytes, len, now_ms);
	free(bytes);
	return err;
}
