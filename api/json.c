/* SPDX-License-Identifier: MIT */
/* api/json.c - answers read as JSON, whatever bytes are in them */
#include "api/json.h"

#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "api/api.h"
#include "api/json_reader.h"

/*
 * jansson's own reader refuses invalid UTF-8 and lone surrogates, and where
 * memory runs out it loses bytes of what it reads: a string may be cut off, or
 * be read past its end. So it holds the values, and this reads them.
 */

enum { DEPTH_MAX = 256, KEY_MAX = 64 };

static int read_value(struct json_reader *reader, json_t **out);

/* ---- numbers ---- */

static size_t digits_len(const char *s, const char *end)
{
	size_t len = 0;

	while (s + len < end && s[len] >= '0' && s[len] <= '9')
		len++;
	return len;
}

/* The length of the number at the start of s; 0: there is none. */
static size_t number_len(const char *s, const char *end, bool *is_real)
{
	const char *at = s;
	size_t len;

	*is_real = false;
	if (at < end && *at == '-')
		at++;
	len = digits_len(at, end);
	if (!len || (len > 1 && *at == '0'))
		return 0;
	at += len;
	if (at < end && *at == '.') {
		len = digits_len(++at, end);
		if (!len)
			return 0;
		at += len;
		*is_real = true;
	}
	if (at < end && (*at == 'e' || *at == 'E')) {
		at++;
		if (at < end && (*at == '+' || *at == '-'))
			at++;
		len = digits_len(at, end);
		if (!len)
			return 0;
		at += len;
		*is_real = true;
	}
	return (size_t)(at - s);
}

/* An integer that is too large is a real number. */
static int read_number(struct json_reader *reader, json_t **out)
{
	bool is_real;
	size_t len = number_len(reader->at, reader->end, &is_real);
	long long integer = 0;
	double real;

	reader->out.len = 0;
	if (!len)
		return -EPROTO;
	if (text_add(&reader->out, reader->at, len))
		return -ENOMEM;
	reader->at += len;
	errno = 0;
	if (!is_real)
		integer = strtoll(reader->out.data, NULL, 10);
	if (!is_real && errno == 0) {
		*out = json_integer(integer);
		return *out ? 0 : -ENOMEM;
	}
	real = strtod(reader->out.data, NULL);
	if (!isfinite(real))
		return -EPROTO;
	*out = json_real(real);
	return *out ? 0 : -ENOMEM;
}

/* ---- what has values in it ---- */

typedef int read_one(struct json_reader *reader, json_t **out);

/* A key's bytes go when its value is read. */
static int read_value_of(struct json_reader *reader, json_t *object,
	const char *key, size_t len, read_one *read)
{
	char few[KEY_MAX], *copy = few;
	json_t *value;
	int err;

	if (len >= sizeof(few))
		copy = malloc(len + 1);
	if (!copy)
		return -ENOMEM;
	memcpy(copy, key, len);
	copy[len] = '\0';
	err = json_reader_take(reader, ':') ? read(reader, &value) : -EPROTO;
	if (!err && json_object_set_new_nocheck(object, copy, value))
		err = -ENOMEM;
	if (copy != few)
		free(copy);
	return err;
}

static int read_member_with(
	struct json_reader *reader, json_t *object, read_one *read)
{
	const char *key;
	size_t len;
	int err = json_reader_take(reader, '"')
		? json_reader_string(reader, &key, &len)
		: -EPROTO;

	if (err)
		return err;
	if (memchr(key, '\0', len))
		return -EPROTO; /* nothing could ask for it */
	return read_value_of(reader, object, key, len, read);
}

static int read_member(struct json_reader *reader, json_t *object)
{
	return read_member_with(reader, object, read_value);
}

static int read_item(struct json_reader *reader, json_t *array)
{
	json_t *value;
	int err = read_value(reader, &value);

	if (!err && json_array_append_new(array, value))
		err = -ENOMEM;
	return err;
}

/* One of what stands in a nest. */
typedef int read_part(struct json_reader *reader, json_t *nest);

static int read_all(
	struct json_reader *reader, json_t *nest, char close, read_part *read)
{
	int err = 0;

	if (json_reader_take(reader, close))
		return 0;
	do
		err = read(reader, nest);
	while (!err && json_reader_take(reader, ','));
	if (!err && !json_reader_take(reader, close))
		err = -EPROTO;
	return err;
}

/* nest: a new one, taken; NULL: no memory. */
static int read_nest(struct json_reader *reader, json_t *nest, char close,
	read_part *read, json_t **out)
{
	int err = nest ? 0 : -ENOMEM;

	reader->at++;
	reader->depth++;
	if (reader->depth > DEPTH_MAX)
		err = -EPROTO;
	if (!err)
		err = read_all(reader, nest, close, read);
	reader->depth--;
	if (err)
		json_decref(nest);
	else
		*out = nest;
	return err;
}

/* ---- values ---- */

static int read_word(struct json_reader *reader, const char *word,
	json_t *value, json_t **out)
{
	size_t len = strlen(word);

	if ((size_t)(reader->end - reader->at) < len ||
		memcmp(reader->at, word, len) != 0)
		return -EPROTO;
	reader->at += len;
	*out = value;
	return 0;
}

static int read_text(struct json_reader *reader, json_t **out)
{
	const char *s;
	size_t len;
	int err;

	reader->at++;
	err = json_reader_string(reader, &s, &len);
	if (err)
		return err;
	*out = json_stringn_nocheck(s, len);
	return *out ? 0 : -ENOMEM;
}

/* *out is set where 0 is returned. */
static int read_value(struct json_reader *reader, json_t **out)
{
	json_reader_skip(reader);
	if (reader->at == reader->end)
		return -EPROTO;
	switch (*reader->at) {
	case '{':
		return read_nest(reader, json_object(), '}', read_member, out);
	case '[':
		return read_nest(reader, json_array(), ']', read_item, out);
	case '"':
		return read_text(reader, out);
	case 't':
		return read_word(reader, "true", json_true(), out);
	case 'f':
		return read_word(reader, "false", json_false(), out);
	case 'n':
		return read_word(reader, "null", json_null(), out);
	default:
		return read_number(reader, out);
	}
}

/* ---- lists of resources ---- */

/*
 * An account may have a hundred thousand of something. As a tree each takes
 * some 2.5 KB and forty allocations, as text a tenth of it and two, and hardly
 * any is ever looked into twice. So each is read here, to know that it is
 * JSON, and its text is what is kept.
 */
static int read_list_item(struct json_reader *reader, json_t *list)
{
	const char *from;
	json_t *item;
	int err;

	json_reader_skip(reader);
	from = reader->at;
	err = read_value(reader, &item);
	if (err)
		return err;
	bool is_object = json_is_object(item);
	json_decref(item);
	item = is_object
		? json_stringn_nocheck(from, (size_t)(reader->at - from))
		: json_null();
	return json_array_append_new(list, item) ? -ENOMEM : 0;
}

static int read_list(struct json_reader *reader, json_t **out)
{
	json_reader_skip(reader);
	if (reader->at == reader->end || *reader->at != '[')
		return read_value(reader, out);
	return read_nest(reader, json_array(), ']', read_list_item, out);
}

static int read_list_member(struct json_reader *reader, json_t *object)
{
	return read_member_with(reader, object, read_list);
}

static int read_lists(struct json_reader *reader, json_t **out)
{
	json_reader_skip(reader);
	if (reader->at == reader->end || *reader->at != '{')
		return read_list(reader, out);
	return read_nest(reader, json_object(), '}', read_list_member, out);
}

/* ---- the whole text ---- */

static int parse_with(
	const char *text, size_t len, read_one *read, json_t **out)
{
	struct json_reader reader = { .at = text };
	json_t *value = NULL;
	int err;

	*out = NULL;
	if (!text)
		return -EPROTO;
	reader.end = text + len;
	if (len >= 3 && memcmp(text, "\xef\xbb\xbf", 3) == 0)
		reader.at += 3;
	err = read(&reader, &value);
	json_reader_skip(&reader);
	if (!err && reader.at != reader.end) {
		json_decref(value);
		err = -EPROTO;
	}
	if (!err)
		*out = value;
	text_clear(&reader.out);
	return err;
}

int json_parse(const char *text, size_t len, json_t **out)
{
	return parse_with(text, len, read_value, out);
}

int json_parse_list(const char *text, size_t len, json_t **out)
{
	return parse_with(text, len, read_lists, out);
}

json_t *json_list_item(const json_t *item)
{
	return json_is_string(item)
		? json_read(json_string_value(item), json_string_length(item))
		: NULL;
}

json_t *json_read(const char *text, size_t len)
{
	json_t *json;

	json_parse(text, len, &json);
	return json;
}
