/* SPDX-License-Identifier: MIT */
/* api/json_read.c - answers read as JSON, with any bytes in them */
#include <ctype.h>
#include <errno.h>
#include <limits.h>
#include <math.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/param.h>

#include "api/api.h"
#include "api/bytes.h"
#include "api/jansson.h"
#include "api/json.h"

/*
 * Values are jansson's, but its parser (2.14) is not used. It ignores a failed
 * allocation while a token grows: out of memory, a string silently loses bytes,
 * or is read past its end. Its errors do not tell bad JSON from out of memory;
 * a long output takes twice the memory and five times as long; and it refuses
 * invalid UTF-8 and lone surrogates.
 */

enum {
	DEPTH_MAX = 64,
	COPY_MIN = 64,
	SHARED_MIN = 4096,
	LIST_DEPTH = 2, /* an array in the answer, or the answer itself */
};

/*
 * What jansson allocates for each value and its place in an array or object,
 * besides the characters themselves: the three bytes "[]," take fifty times as
 * many. A list of jobs takes six times its text; all values together may take
 * eight times, and no more than 128 MB. Up to SMALL_COST any answer may take.
 */
enum {
	ARRAY_COST = 128,
	OBJECT_COST = 224,
	STRING_COST = 56,
	NUMBER_COST = 32,
	ITEM_COST = 24,	  /* an array grows by doubling */
	MEMBER_COST = 80, /* and the length of the name */
	TEXT_FACTOR = 8,
	SMALL_COST = 16 << 20,
	MOST_COST = 128 << 20,
};

struct reader {
	const char *text, *at, *end;
	size_t budget;
	unsigned depth;
	bool keeps_items; /* objects in lists stay text */
	struct text out;  /* of a string or number that has to be copied */
	/* The last long string, and what it was read from. */
	json_t *last;
	const char *last_at;
	size_t last_len;
	json_found *found; /* NULL: nobody is told of strings */
	void *found_ctx;
};

static int read_value(struct reader *reader, json_t **out);

static int spend(struct reader *reader, size_t cost)
{
	if (cost > reader->budget)
		return -EMSGSIZE;
	reader->budget -= cost;
	return 0;
}

static bool is_space(char c)
{
	return c == ' ' || c == '\t' || c == '\r' || c == '\n';
}

static void skip_space(struct reader *reader)
{
	while (reader->at < reader->end && is_space(*reader->at))
		reader->at++;
}

/* True if c is next, after white space; it is skipped then. */
static bool take(struct reader *reader, char c)
{
	skip_space(reader);
	if (reader->at == reader->end || *reader->at != c)
		return false;
	reader->at++;
	return true;
}

/* ---- numbers ---- */

/* True if s, which strtod(3) accepts, is also a number in JSON. */
static bool is_number(const char *s)
{
	const char *dot = strchr(s, '.');

	s += *s == '-';
	return isdigit(s[0]) && !(s[0] == '0' && isdigit(s[1])) &&
		(!dot || isdigit(dot[1]));
}

static bool is_number_char(char c)
{
	return (c >= '0' && c <= '9') || (c && strchr("+-.eE", c));
}

/* An integer that is too large becomes a real number. */
static int read_number(struct reader *reader, json_t **out)
{
	const char *start = reader->at, *number;
	long long integer;
	double real = 0;
	bool is_integer;
	char *end;

	while (reader->at < reader->end && is_number_char(*reader->at))
		reader->at++;
	reader->out.len = 0;
	if (text_add(&reader->out, start, (size_t)(reader->at - start)))
		return -ENOMEM;
	number = reader->out.data;
	errno = 0;
	integer = strtoll(number, &end, 10);
	is_integer = errno == 0 && *end == '\0';
	if (!is_integer)
		real = strtod(number, &end);
	if (!is_number(number) || *end || !isfinite(real))
		return -EPROTO;
	if (spend(reader, NUMBER_COST))
		return -EMSGSIZE;
	*out = is_integer ? json_integer(integer) : json_real(real);
	return *out ? 0 : -ENOMEM;
}

/* ---- strings ---- */

static int read_escape(struct reader *reader)
{
	char bytes[4];
	size_t len,
		n = json_unescape(reader->at,
			(size_t)(reader->end - reader->at), bytes, &len);

	if (!n)
		return -EPROTO;
	reader->at += n;
	return len == 1 ? text_add(&reader->out, bytes, len)
			: bytes_escape(&reader->out, bytes, len);
}

/* Skips to the next quote, backslash or control byte. */
static void skip_run(struct reader *reader)
{
	reader->at +=
		json_string_run(reader->at, (size_t)(reader->end - reader->at));
}

/* Copies up to there, or less. */
static int copy_run(struct reader *reader)
{
	struct text *out = &reader->out;
	const char *start = reader->at;
	size_t room, len;

	if (text_reserve(out, COPY_MIN))
		return -ENOMEM;
	room = MIN(out->size - out->len - 1, (size_t)(reader->end - start));
	len = bytes_copy_plain(out->data + out->len, start, room);
	out->len += len;
	reader->at += len;
	if (len == room || !(*reader->at & 0x80))
		return 0;
	start = reader->at;
	skip_run(reader);
	return bytes_escape(out, start, (size_t)(reader->at - start));
}

/* Reads a string, from after its opening quote to after the closing one. *s
 * points into the input if nothing had to be unescaped, else into reader->out.
 */
static int read_string(struct reader *reader, const char **s, size_t *len)
{
	int err = 0;

	*s = reader->at;
	skip_run(reader);
	*len = (size_t)(reader->at - *s);
	if (reader->at < reader->end && *reader->at == '"' &&
		bytes_plain_len(*s, *len) == *len) {
		reader->at++;
		return 0;
	}
	reader->at = *s;
	reader->out.len = 0;
	while (!err && reader->at < reader->end && *reader->at != '"')
		err = *reader->at == '\\' ? read_escape(reader)
			: (unsigned char)*reader->at < 0x20 ? -EPROTO
							    : copy_run(reader);
	if (err || reader->at == reader->end)
		return err ? err : -EPROTO;
	*s = reader->out.data;
	*len = reader->out.len;
	reader->at++;
	return 0;
}

/* Members that mean the same (api/API.md part 13) often have the same text,
 * which may be a log of many megabytes. */
static bool is_repeated(const struct reader *reader)
{
	return reader->last &&
		(size_t)(reader->end - reader->at) >= reader->last_len &&
		!memcmp(reader->at, reader->last_at, reader->last_len);
}

static int read_string_value(struct reader *reader, json_t **out)
{
	const char *start = ++reader->at, *s;
	size_t len;
	int err = spend(reader, STRING_COST);

	if (!err && is_repeated(reader)) {
		reader->at += reader->last_len;
		*out = json_incref(reader->last);
		return 0;
	}
	if (!err)
		err = read_string(reader, &s, &len);
	if (err)
		return err;
	*out = json_stringn_nocheck(s, len);
	if (*out && reader->found)
		return reader->found(reader->found_ctx,
			(size_t)(start - 1 - reader->text), out);
	if (len >= SHARED_MIN) {
		json_decref(reader->last);
		reader->last = json_incref(*out);
		reader->last_at = start;
		reader->last_len = (size_t)(reader->at - start);
	}
	return *out ? 0 : -ENOMEM;
}

/* ---- arrays and objects ---- */

static int read_member(struct reader *reader, json_t *object)
{
	struct text copy = { 0 };
	const char *key;
	json_t *value;
	size_t len;
	int err = -EPROTO;

	if (take(reader, '"'))
		err = read_string(reader, &key, &len);
	if (err)
		return err;
	if (key == reader->out.data) {
		/* the value needs reader->out, too */
		copy = reader->out;
		reader->out = (struct text){ .is_secret = copy.is_secret };
	}
	if (memchr(key, '\0', len) || !take(reader, ':'))
		err = -EPROTO;
	if (!err)
		err = spend(reader, MEMBER_COST + len);
	if (!err)
		err = read_value(reader, &value);
	if (!err && json_object_setn_new_nocheck(object, key, len, value))
		err = -ENOMEM;
	text_clear(&copy);
	return err;
}

/*
 * An account may have a hundred thousand of something. Parsed, each takes some
 * 2.5 KB in forty allocations; as text, a tenth of that in two; and few are
 * ever looked at twice. So each is only checked to be JSON, and kept as text.
 */
static int read_item(struct reader *reader, json_t *array)
{
	const char *start;
	size_t budget;
	json_t *item;
	int err = spend(reader, ITEM_COST);

	skip_space(reader);
	start = reader->at;
	budget = reader->budget;
	if (!err)
		err = read_value(reader, &item);
	if (err)
		return err;
	if (reader->keeps_items && reader->depth <= LIST_DEPTH) {
		bool is_object = json_is_object(item);

		json_decref(item);
		reader->budget = budget;
		if (is_object && spend(reader, STRING_COST))
			return -EMSGSIZE;
		item = is_object
			? json_from_bytes(start, (size_t)(reader->at - start))
			: json_null();
	}
	return json_array_append_new(array, item) ? -ENOMEM : 0;
}

static int read_all(struct reader *reader, json_t *nest, char close,
	int (*read)(struct reader *reader, json_t *nest))
{
	int err;

	reader->at++;
	if (take(reader, close))
		return 0;
	do
		err = read(reader, nest);
	while (!err && take(reader, ','));
	if (!err && !take(reader, close))
		err = -EPROTO;
	return err;
}

static int read_nest(struct reader *reader, bool is_object, json_t **out)
{
	json_t *nest;
	int err;

	if (reader->depth == DEPTH_MAX ||
		spend(reader, is_object ? OBJECT_COST : ARRAY_COST))
		return -EMSGSIZE;
	nest = is_object ? json_object() : json_array();
	if (!nest)
		return -ENOMEM;
	reader->depth++;
	err = is_object ? read_all(reader, nest, '}', read_member)
			: read_all(reader, nest, ']', read_item);
	reader->depth--;
	if (err)
		json_decref(nest);
	else
		*out = nest;
	return err;
}

/* ---- values ---- */

static int read_word(struct reader *reader, json_t **out)
{
	static const struct {
		const char *word;
		json_t *(*value)(void);
	} words[] = { { "true", json_true }, { "false", json_false },
		{ "null", json_null } };
	size_t left = (size_t)(reader->end - reader->at), len, i;

	for (i = 0; i < sizeof(words) / sizeof(words[0]); i++) {
		len = strlen(words[i].word);
		if (left < len || memcmp(reader->at, words[i].word, len) != 0)
			continue;
		reader->at += len;
		*out = words[i].value();
		return 0;
	}
	return -EPROTO;
}

/* Sets *out if it returns 0. */
static int read_value(struct reader *reader, json_t **out)
{
	skip_space(reader);
	if (reader->at == reader->end)
		return -EPROTO;
	switch (*reader->at) {
	case '{':
	case '[':
		return read_nest(reader, *reader->at == '{', out);
	case '"':
		return read_string_value(reader, out);
	case 't':
	case 'f':
	case 'n':
		return read_word(reader, out);
	default:
		return read_number(reader, out);
	}
}

static int read_text(struct reader reader, size_t len, json_t **out)
{
	const char *text = reader.text;
	int err;

	*out = NULL;
	if (!text)
		return -EPROTO;
	reader.at = text;
	reader.end = text + len;
	reader.budget = MIN(MAX(len * TEXT_FACTOR, SMALL_COST), MOST_COST);
	if (len >= 3 && memcmp(text, "\xef\xbb\xbf", 3) == 0)
		reader.at += 3;
	err = read_value(&reader, out);
	skip_space(&reader);
	if (!err && reader.at != reader.end) {
		json_decref(*out);
		*out = NULL;
		err = -EPROTO;
	}
	text_clear(&reader.out);
	json_decref(reader.last);
	return err;
}

int json_parse(const char *text, size_t len, json_t **out)
{
	return read_text((struct reader){ .text = text }, len, out);
}

int json_parse_secret(const char *text, size_t len, json_t **out)
{
	struct reader reader = { .text = text, .out.is_secret = true };

	return read_text(reader, len, out);
}

int json_parse_list(const char *text, size_t len, json_t **out)
{
	struct reader reader = { .text = text, .keeps_items = true };

	return read_text(reader, len, out);
}

int json_parse_found(const char *text, size_t len, json_found *found, void *ctx,
	json_t **out)
{
	return read_text(
		(struct reader){
			.text = text, .found = found, .found_ctx = ctx },
		len, out);
}

json_t *json_read(const char *text, size_t len)
{
	json_t *json;

	json_parse(text, len, &json);
	return json;
}
