/* SPDX-License-Identifier: MIT */
/* api/spool.c - long strings of an answer, written to files as they arrive */
#include "api/spool.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/param.h>
#include <unistd.h>

#include "api/json.h"
#include "api/text.h"

enum {
	CHUNK = 256 * 1024,
	PIECE = 16 * 1024,
	CHUNKS_MAX = 16, /* that wait for the thread, unless it stands still */
	STRINGS_MAX = 8, /* more of them stay in the text */
};

struct string {
	struct spooled spooled;	   /* first: spool_find returns it */
	size_t at;		   /* of its opening quote in the text */
	const struct string *twin; /* has the same bytes so far, and the file */
};

enum place { BETWEEN_STRINGS, IN_STRING, IN_LONG_STRING };

struct chunk {
	struct spool *spool; /* held */
	size_t len;
	char room[JSON_ESCAPE_MAX + CHUNK]; /* what is left, then its bytes */
};

struct spool {
	struct worker *worker;
	int dir_fd;
	const char *names;

	/* used by the loop */
	unsigned holds;
	struct chunk *filling;
	unsigned waiting; /* chunks */
	void (*resume)(void *ctx);
	void *resume_ctx;

	bool is_abandoned; /* atomic */

	/* used by the thread */
	struct text text;
	enum place place;
	size_t depth;		    /* of arrays and objects */
	size_t string_at;	    /* in the text */
	char left[JSON_ESCAPE_MAX]; /* an escape that may go on */
	size_t left_len;
	struct string strings[STRINGS_MAX];
	bool stays_text; /* the string that is read */
	unsigned count;
	char *out; /* what long_read has decoded */
};

/* ---- the file of a string, in the thread ---- */

/* Not every filesystem has files without a name. */
int file_unnamed(int dir_fd)
{
	static const char name[] = "unnamed.tmp";
	int fd = openat(dir_fd, ".", O_TMPFILE | O_RDWR | O_CLOEXEC, 0600);
	int err = fd < 0 ? -errno : 0;

	if (err != -EOPNOTSUPP && err != -EISDIR && err != -EINVAL)
		return err ? err : fd;
	unlinkat(dir_fd, name, 0);
	fd = openat(dir_fd, name, O_CREAT | O_EXCL | O_RDWR | O_CLOEXEC, 0600);
	err = fd < 0 ? -errno : 0;
	unlinkat(dir_fd, name, 0);
	return err ? err : fd;
}

static int file_write(int fd, const char *bytes, size_t len)
{
	ssize_t n;

	for (; len; bytes += n, len -= (size_t)n) {
		n = write(fd, bytes, len);
		if (n < 0)
			return -errno;
	}
	return 0;
}

/* Whether the twin goes on with these bytes. */
static bool twin_has(const struct string *string, const char *bytes, size_t len)
{
	const struct spooled *twin = &string->twin->spooled;
	off_t at = (off_t)string->spooled.size;
	char piece[PIECE];

	for (size_t n; len; bytes += n, len -= n, at += (off_t)n) {
		n = MIN(len, sizeof(piece));
		if (pread(twin->fd, piece, n, at) != (ssize_t)n ||
			memcmp(piece, bytes, n) != 0)
			return false;
	}
	return true;
}

/* Gives the string a file of its own, with what it has in common with its twin.
 */
static int string_part(struct spool *spool, struct string *string)
{
	const struct string *twin = string->twin;
	uint64_t at = 0, size = string->spooled.size;
	char piece[PIECE];
	int err = 0;

	string->twin = NULL;
	string->spooled.fd = file_unnamed(spool->dir_fd);
	if (string->spooled.fd < 0)
		return string->spooled.fd;
	for (ssize_t n; !err && at < size; at += (uint64_t)n) {
		n = pread(twin->spooled.fd, piece,
			MIN(size - at, sizeof(piece)), (off_t)at);
		if (n <= 0)
			return n ? -errno : -EIO;
		err = file_write(string->spooled.fd, piece, (size_t)n);
	}
	return err;
}

static void string_write(struct spool *spool, struct string *string,
	const char *bytes, size_t len)
{
	struct spooled *spooled = &string->spooled;

	if (!spooled->err && string->twin && !twin_has(string, bytes, len))
		spooled->err = string_part(spool, string);
	if (!spooled->err && !string->twin)
		spooled->err = file_write(spooled->fd, bytes, len);
	if (spooled->err && spooled->fd >= 0) {
		/* others may need the room now */
		int ignored = ftruncate(spooled->fd, 0);
		(void)ignored;
	}
	spooled->size += len;
}

static struct string *last_string(struct spool *spool)
{
	return &spool->strings[spool->count - 1];
}

/* ---- strings, in the thread ---- */

static bool is_space(char c)
{
	return c == ' ' || c == '\t' || c == '\r' || c == '\n';
}

/* Skips white space before `at`. */
static size_t before_space(const char *s, size_t at)
{
	while (at && is_space(s[at - 1]))
		at--;
	return at;
}

/* Whether the text ends, before `end`, in a quote and the name; not in a longer
 * name that has an escaped quote in it. */
static bool ends_in_name(
	const char *s, size_t end, const char *name, size_t len)
{
	if (end < len + 2 || memcmp(s + end - len, name, len) != 0 ||
		s[end - len - 1] != '"')
		return false;
	char before = s[end - len - 2];
	return before == '{' || before == ',' || is_space(before);
}

static bool is_named(const struct spool *spool)
{
	const char *s = spool->text.data, *name = spool->names;
	size_t at = before_space(s, spool->string_at), len;

	if (!at || s[--at] != ':')
		return false;
	at = before_space(s, at);
	if (!at || s[--at] != '"')
		return false;
	for (; *name; name += len + !!name[len]) {
		len = strcspn(name, "|");
		if (ends_in_name(s, at, name, len))
			return true;
	}
	return false;
}

/* The name is looked at once. */
static bool is_long(struct spool *spool)
{
	if (spool->stays_text ||
		spool->text.len - spool->string_at <= SPOOL_MIN)
		return false;
	spool->stays_text = true;
	return spool->depth == 1 && spool->count < STRINGS_MAX &&
		!spool->text.is_failed && is_named(spool);
}

/* Reads to the end of the string, before its quote, or less, and returns how
 * much; 0: what is left may be the beginning of an escape. */
static size_t long_read(
	struct spool *spool, const char *at, size_t left, bool is_last)
{
	struct string *string = last_string(spool);
	struct json_decoded out = { .bytes = spool->out };
	size_t n = json_string_decode(
		at, MIN(left, CHUNK), is_last && left <= CHUNK, &out);

	string_write(spool, string, out.bytes, out.len);
	string->spooled.escaped_size += out.escaped_len;
	if (out.is_malformed) /* the parser sees only what is in the text */
		string->spooled.err = -EPROTO;
	return n;
}

static void long_ends(struct spool *spool)
{
	struct string *string = last_string(spool);

	if (string->twin && !string->spooled.err &&
		string->spooled.size != string->twin->spooled.size)
		string->spooled.err = string_part(spool, string);
	text_add(&spool->text, "\"", 1);
	spool->place = BETWEEN_STRINGS;
}

/* Reads one run, escape or quote of a string that is in the text. */
static size_t short_read(
	struct spool *spool, const char *at, size_t left, bool is_last)
{
	size_t n = json_string_run(at, left), len;
	char bytes[4];

	if (!n && *at == '"') {
		spool->place = BETWEEN_STRINGS;
		n = 1;
	} else if (!n && *at == '\\') {
		if (left < JSON_ESCAPE_MAX && !is_last)
			return 0;
		n = json_unescape(at, left, bytes, &len);
	}
	n = MAX(n, 1); /* the parser will refuse it */
	text_add(&spool->text, at, n);
	return n;
}

/* What there is of the string in the text goes to its file, too. */
static void string_becomes_long(struct spool *spool)
{
	const struct text *text = &spool->text;
	const struct string *before = spool->count ? last_string(spool) : NULL;
	struct string *string = &spool->strings[spool->count];

	if (!spool->out)
		spool->out = malloc(CHUNK + JSON_DECODE_SPARE);
	if (!spool->out) {
		spool->text.is_failed = true;
		return;
	}
	*string = (struct string){ .at = spool->string_at, .spooled.fd = -1 };
	if (before && !before->spooled.err)
		string->twin = before->twin ? before->twin : before;
	else
		string->spooled.err = string_part(spool, string);
	spool->count++;
	spool->place = IN_LONG_STRING;
	for (size_t at = spool->string_at + 1; at < text->len;)
		at += long_read(spool, text->data + at, text->len - at, true);
}

/* ---- chunks, in the thread ---- */

/* Returns the length of what comes before the next string, with its quote. */
static size_t between_read(struct spool *spool, const char *at, size_t left)
{
	size_t n = 0;

	while (n < left && spool->place == BETWEEN_STRINGS) {
		switch (at[n++]) {
		case '{':
		case '[':
			spool->depth++;
			break;
		case '}':
		case ']':
			spool->depth--;
			break;
		case '"':
			spool->place = IN_STRING;
			spool->stays_text = false;
			spool->string_at = spool->text.len + n - 1;
			break;
		}
	}
	text_add(&spool->text, at, n);
	return n;
}

/* Returns how much it has read; 0: as long_read. */
static size_t string_read(
	struct spool *spool, const char *at, size_t left, bool is_last)
{
	size_t n;

	if (spool->place == IN_STRING) {
		n = short_read(spool, at, left, is_last);
		if (spool->place == IN_STRING && is_long(spool))
			string_becomes_long(spool);
		return n;
	}
	n = long_read(spool, at, left, is_last);
	if (n == left || at[n] != '"')
		return n;
	long_ends(spool);
	return n + 1;
}

/* Keeps what may be the beginning of an escape, unless it is the last. */
static void spool_read(
	struct spool *spool, const char *at, size_t left, bool is_last)
{
	size_t n = 1;

	for (; left && n && !spool->text.is_failed; at += n, left -= n)
		n = spool->place == BETWEEN_STRINGS
			? between_read(spool, at, left)
			: string_read(spool, at, left, is_last);
	if (spool->text.is_failed)
		left = 0;
	memcpy(spool->left, at, left);
	spool->left_len = left;
}

static bool is_abandoned(const struct spool *spool)
{
	return __atomic_load_n(&spool->is_abandoned, __ATOMIC_RELAXED);
}

static void chunk_work(void *ctx)
{
	struct chunk *chunk = ctx;
	struct spool *spool = chunk->spool;

	if (is_abandoned(spool))
		return;
	char *at = chunk->room + JSON_ESCAPE_MAX - spool->left_len;

	memcpy(at, spool->left, spool->left_len);
	spool_read(spool, at, chunk->len + spool->left_len, false);
}

/* ---- in the loop ---- */

struct spool *spool_new(struct worker *worker, int dir_fd, const char *names)
{
	struct spool *spool = calloc(1, sizeof(*spool));

	if (!spool)
		return NULL;
	spool->worker = worker;
	spool->dir_fd = dir_fd;
	spool->names = names;
	spool->holds = 1;
	return spool;
}

/* To close a long file that has no name takes time. */
static void spool_free(void *ctx)
{
	struct spool *spool = ctx;

	for (unsigned i = 0; i < spool->count; i++) {
		json_decref(spool->strings[i].spooled.value);
		if (spool->strings[i].spooled.fd >= 0)
			close(spool->strings[i].spooled.fd);
	}
	text_clear(&spool->text);
	free(spool->filling);
	free(spool->out);
	free(spool);
}

struct spool *spool_hold(struct spool *spool)
{
	if (spool)
		spool->holds++;
	return spool;
}

void spool_drop(struct spool *spool)
{
	if (!spool || --spool->holds)
		return;
	if (worker_submit(spool->worker, spool_free, NULL, spool))
		spool_free(spool);
}

void spool_abandon(struct spool *spool)
{
	spool->resume = NULL;
	__atomic_store_n(&spool->is_abandoned, true, __ATOMIC_RELAXED);
}

bool spool_is_behind(const struct spool *spool)
{
	return spool->waiting >= CHUNKS_MAX;
}

void spool_set_resume(struct spool *spool, void (*resume)(void *ctx), void *ctx)
{
	spool->resume = resume;
	spool->resume_ctx = ctx;
}

static void chunk_done(void *ctx)
{
	struct chunk *chunk = ctx;
	struct spool *spool = chunk->spool;

	free(chunk);
	if (--spool->waiting == CHUNKS_MAX / 2 && spool->resume)
		spool->resume(spool->resume_ctx);
	spool_drop(spool);
}

static int chunk_submit(struct spool *spool)
{
	if (worker_submit(
		    spool->worker, chunk_work, chunk_done, spool->filling))
		return -ENOMEM;
	spool->filling = NULL;
	spool->waiting++;
	spool_hold(spool);
	return 0;
}

static int chunk_new(struct spool *spool)
{
	struct chunk *chunk = malloc(sizeof(*chunk));

	if (!chunk)
		return -ENOMEM;
	chunk->spool = spool;
	chunk->len = 0;
	spool->filling = chunk;
	return 0;
}

int spool_add(struct spool *spool, const char *bytes, size_t len)
{
	struct chunk *chunk;
	int err = 0;

	for (size_t n; len; bytes += n, len -= n) {
		if (!spool->filling)
			err = chunk_new(spool);
		if (err)
			return err;
		chunk = spool->filling;
		n = MIN(len, CHUNK - chunk->len);
		memcpy(chunk->room + JSON_ESCAPE_MAX + chunk->len, bytes, n);
		chunk->len += n;
		if (chunk->len == CHUNK)
			err = chunk_submit(spool);
		if (err)
			return err;
	}
	return 0;
}

int spool_end(struct spool *spool)
{
	spool->resume = NULL;
	return spool->filling ? chunk_submit(spool) : 0;
}

/* ---- what was received ---- */

/* See json_found. */
static int string_found(void *ctx, size_t at, json_t **value)
{
	struct spool *spool = ctx;
	struct string *string = spool->strings, *end = string + spool->count;

	while (string < end && string->at != at)
		string++;
	if (string == end)
		return 0;
	if (string->spooled.err == -EPROTO) {
		json_decref(*value);
		return -EPROTO;
	}
	if (string->twin) {
		json_decref(*value);
		*value = json_incref(string->twin->spooled.value);
	}
	string->spooled.value = json_incref(*value);
	return 0;
}

int spool_parse(struct spool *spool, json_t **out)
{
	const struct text *text = &spool->text;
	char left[JSON_ESCAPE_MAX];
	size_t len = spool->left_len;

	*out = NULL;
	if (is_abandoned(spool))
		return -ECANCELED;
	memcpy(left, spool->left, len);
	spool_read(spool, left, len, true);
	int err = text->is_failed ? -ENOMEM
				  : json_parse_found(text->data, text->len,
					    string_found, spool, out);
	text_clear(&spool->text);
	free(spool->out);
	spool->out = NULL;
	return err;
}

const struct spooled *spool_find(const struct spool *spool, const json_t *value)
{
	for (unsigned i = 0; spool && value && i < spool->count; i++)
		if (spool->strings[i].spooled.value == value)
			return &spool->strings[i].spooled;
	return NULL;
}
