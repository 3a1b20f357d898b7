/* SPDX-License-Identifier: MIT */
/* fs/resources/held_log.c - as much of a log as is known, and how it grows */
#include "fs/resources/held_log.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "api/api.h"
#include "fs/core/core.h"

enum {
	LINES_MIN = 500,
	LINES_MAX = 100000,
	LONGER = 16,		/* times as many lines if there were too few */
	LOOK_MAX = 1 << 20,	/* how far back a repetition is searched */
	MARK_MAX = 4096,	/* bytes of the tail that are searched */
	COMPARED_MAX = 1 << 30, /* bytes; a tenth of a second */
	PAUSE_MS = 1000,
	WHOLE_BYTES_MS = 1000, /* of a log that is fetched whole each time */
};

/* ---- the text in an answer ---- */

const char log_members[] = "log|logs|lines|stdout|output";

static int string_print(const json_t *log, FILE *out)
{
	size_t len;
	char *owned;
	const char *bytes = json_bytes(log, &len, &owned);

	if (!bytes)
		return -ENOMEM;
	fwrite(bytes, 1, len, out);
	free(owned);
	return 0;
}

/* Each line is a string, or where there are several sources, an object that
 * names its source. */
static int lines_print(const json_t *lines, FILE *out)
{
	const json_t *line;
	size_t i;
	int err = 0;

	json_array_foreach (lines, i, line) {
		const char *source =
			json_string_value(json_member(line, "source"));
		if (json_is_object(line))
			line = json_member(line, "line");
		if (!json_is_string(line))
			continue;
		if (source)
			fprintf(out, "%s ", source);
		err = render_value(line, out);
		if (err)
			break;
	}
	return err;
}

static const json_t *log_of(const json_t *answer)
{
	return json_is_array(answer) ? answer
				     : json_member(answer, log_members);
}

int log_text_print(const json_t *answer, FILE *out)
{
	const json_t *log = log_of(answer);

	if (json_is_string(log))
		return string_print(log, out);
	return json_is_array(log) ? lines_print(log, out) : -EPROTO;
}

/* ---- the file ---- */

/* Takes fd. NULL: errno. */
static FILE *file_of(int fd)
{
	FILE *file = fd < 0 ? NULL : fdopen(fd, "w+");

	if (!file && fd >= 0)
		close(fd);
	return file;
}

static FILE *file_new(int dir_fd)
{
	int fd = file_unnamed(dir_fd);

	errno = fd < 0 ? -fd : 0;
	return file_of(fd);
}

/* Reads the last bytes, *len at most. NULL: errno. */
static char *held_end(const struct held_log *held, size_t *len)
{
	if (*len > held->size)
		*len = held->size;
	char *bytes = malloc(*len + 1);
	off_t at = (off_t)(held->size - *len);
	errno = bytes ? EIO : ENOMEM; /* pread may set another errno */
	if (bytes &&
		pread(fileno(held->file), bytes, *len, at) == (ssize_t)*len)
		return bytes;
	free(bytes);
	return NULL;
}

/* ---- how many lines to ask for ---- */

size_t log_overlap(
	const char *held, size_t held_len, const char *tail, size_t tail_len)
{
	size_t mark = tail_len < 8 * MARK_MAX ? (tail_len + 7) / 8 : MARK_MAX;
	size_t overlap = 0, compared = 0;
	const char *end = held + held_len;
	const char *at = held_len > tail_len ? end - tail_len : held;

	for (; mark && (at = memmem(at, end - at, tail, mark)); at++) {
		size_t len = end - at;
		if (len < overlap / 2)
			break;
		bool fits = !memcmp(at, tail, len);
		compared += len;
		if (compared > COMPARED_MAX || (fits && overlap))
			return 0;
		if (fits)
			overlap = len;
	}
	return overlap;
}

static size_t lines_in(const char *text, size_t len)
{
	size_t lines = len && text[len - 1] != '\n';

	for (size_t i = 0; i < len; i++)
		lines += text[i] == '\n';
	return lines;
}

/* Whether the place of these last lines would be clear: they are the whole log,
 * or their beginning is not repeated. */
static bool lines_tell(
	const struct held_log *held, const char *text, size_t len)
{
	size_t at = len, lines = 0;

	while (at && lines <= held->lines)
		lines += text[--at] == '\n';
	return (!at && len == held->size) ||
		log_overlap(text, len, text + at, len - at);
}

/* The log grew by so many bytes. */
static void held_look(struct held_log *held, uint64_t grown)
{
	size_t len = LOOK_MAX;
	char *text = held_end(held, &len);

	held->lines = LINES_MIN;
	if (!text)
		return;
	if (grown > len)
		grown = len;
	held->lines += 2 * lines_in(text + len - grown, grown);
	if (held->lines > LINES_MAX)
		held->lines = LINES_MAX;
	while (held->lines && !lines_tell(held, text, len))
		held->lines = held->lines > LINES_MAX / 2 ? 0 : held->lines * 2;
	free(text);
}

uint64_t held_log_pause_ms(const struct held_log *held)
{
	uint64_t whole_ms = held->lines ? 0 : held->size / WHOLE_BYTES_MS;

	return whole_ms > PAUSE_MS ? whole_ms : PAUSE_MS;
}

/* ---- what was received ---- */

static int print_all(const json_t *answer, FILE *file)
{
	errno = EIO; /* a write that fails sets it */
	int err = log_text_print(answer, file);

	return (fflush(file) || ferror(file)) && !err ? -errno : err;
}

static int take_whole(
	struct held_log *held, const json_t *answer, const struct spool *spool)
{
	const struct spooled *spooled = spool_find(spool, log_of(answer));
	uint64_t before = held->size;

	if (spooled && spooled->err)
		return spooled->err;
	FILE *file = spooled ? file_of(fcntl(spooled->fd, F_DUPFD_CLOEXEC, 0))
			     : file_new(held->dir_fd);
	if (!file)
		return -errno;
	int err = spooled ? 0 : print_all(answer, file);
	if (err) {
		fclose(file);
		return err;
	}
	held->file = file;
	held->size = spooled ? spooled->size : (uint64_t)ftello(file);
	held->is_cut |= held->doubted && held->size > held->doubted;
	held->doubted = 0;
	held_look(
		held, before && before < held->size ? held->size - before : 0);
	return 0;
}

static int held_grow(struct held_log *held, const char *bytes, size_t len)
{
	if (fseeko(held->file, (off_t)held->size, SEEK_SET) ||
		fwrite(bytes, 1, len, held->file) != len || fflush(held->file))
		return -errno;
	held->size += len;
	held_look(held, len);
	return 0;
}

/* Fewer lines than were asked for should be the whole log; but some APIs limit
 * the lines, and then the whole log turns out to be longer. */
static int take_tail(struct held_log *held, const char *tail, size_t len)
{
	bool is_whole = !held->is_cut && lines_in(tail, len) < held->lines;
	size_t known = len;
	char *end = held_end(held, &known);

	if (!end)
		return -errno;
	bool goes_on = known == held->size && !memcmp(end, tail, known);
	if (!is_whole) {
		known = log_overlap(end, known, tail, len);
		goes_on = known > 0;
	}
	free(end);
	if (goes_on)
		return held_grow(held, tail + known, len - known);
	held->doubted = is_whole ? len : 0;
	if (is_whole || held->lines > LINES_MAX / LONGER)
		held->lines = 0;
	held->lines *= LONGER;
	return -EAGAIN;
}

int held_log_take(
	struct held_log *held, const json_t *answer, const struct spool *spool)
{
	char *bytes = NULL;
	size_t len;

	if (!held->lines)
		return take_whole(held, answer, spool);
	FILE *out = text_stream_open(&bytes, &len);
	if (!out)
		return -ENOMEM;
	int err = log_text_print(answer, out);
	if (fclose(out) && !err)
		err = -ENOMEM;
	if (!err)
		err = take_tail(held, bytes, len);
	free(bytes);
	return err;
}
