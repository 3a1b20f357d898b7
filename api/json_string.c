/* SPDX-License-Identifier: MIT */
/* api/json_string.c - the words of a JSON text, whatever bytes are in them */
#include <errno.h>
#include <stdint.h>
#include <string.h>

#include "api/bytes.h"
#include "api/json_reader.h"
#include "api/utf8.h"

void json_reader_skip(struct json_reader *reader)
{
	while (reader->at < reader->end &&
		(*reader->at == ' ' || *reader->at == '\t' ||
			*reader->at == '\n' || *reader->at == '\r'))
		reader->at++;
}

bool json_reader_take(struct json_reader *reader, char c)
{
	json_reader_skip(reader);
	if (reader->at == reader->end || *reader->at != c)
		return false;
	reader->at++;
	return true;
}

/* The code of the \uXXXX that is next, -1: none is. */
static long escaped_unit(const struct json_reader *reader)
{
	long unit = 0;

	if (reader->end - reader->at < 6 || memcmp(reader->at, "\\u", 2) != 0)
		return -1;
	for (int i = 2; i < 6; i++) {
		char c = reader->at[i];

		if (c >= '0' && c <= '9')
			unit = unit * 16 + (c - '0');
		else if ((c | 0x20) >= 'a' && (c | 0x20) <= 'f')
			unit = unit * 16 + ((c | 0x20) - 'a' + 10);
		else
			return -1;
	}
	return unit;
}

/* One \uXXXX, or a pair of them. */
static int read_unit(struct json_reader *reader)
{
	long high = escaped_unit(reader), low = -1;
	uint32_t code = (uint32_t)high;
	bool is_odd = high >= 0xd800 && high <= 0xdfff;
	char bytes[4];

	if (high < 0)
		return -EPROTO;
	reader->at += 6;
	if (high >= 0xd800 && high < 0xdc00)
		low = escaped_unit(reader);
	if (low >= 0xdc00 && low <= 0xdfff) {
		reader->at += 6;
		code = 0x10000u + (((uint32_t)high - 0xd800u) << 10) +
			((uint32_t)low - 0xdc00u);
		is_odd = code >= 0x10ff80;
	}
	size_t len = utf8_put(bytes, code);
	return is_odd ? bytes_add_held(&reader->out, bytes, len)
		      : text_add(&reader->out, bytes, len);
}

static int read_escape(struct json_reader *reader)
{
	static const char names[] = "\"\\/bfnrt", bytes[] = "\"\\/\b\f\n\r\t";
	const char *name;

	if (reader->end - reader->at < 2)
		return -EPROTO;
	name = memchr(names, reader->at[1], sizeof(names) - 1);
	if (!name)
		return read_unit(reader);
	reader->at += 2;
	return text_add(&reader->out, bytes + (name - names), 1);
}

/* What stays as it came at the start of s: up to a quote, a backslash, a
 * control byte, or bytes that must be held. */
static size_t plain_len(const char *s, size_t left)
{
	size_t at = 0;

	while (at < left && s[at] != '"' && s[at] != '\\') {
		unsigned char c = (unsigned char)s[at];

		if (c < 0x20)
			break;
		if (c < 0x80)
			at++;
		else if (bytes_odd_len(s + at, left - at) > 0)
			break;
		else
			at += utf8_len(s + at, left - at);
	}
	return at;
}

/* What is next in a string and does not stay as it came. */
static int read_odd(struct json_reader *reader)
{
	size_t odd_len =
		bytes_odd_len(reader->at, (size_t)(reader->end - reader->at));
	int err;

	if (*reader->at == '\\')
		return read_escape(reader);
	if (!odd_len)
		return -EPROTO; /* a control byte */
	err = bytes_add_held(&reader->out, reader->at, odd_len);
	reader->at += odd_len;
	return err;
}

int json_reader_string(struct json_reader *reader, const char **s, size_t *len)
{
	bool is_copied = false;
	int err = 0;

	reader->out.len = 0;
	while (!err) {
		const char *at = reader->at;
		size_t n = plain_len(at, (size_t)(reader->end - at));

		reader->at += n;
		if (reader->at == reader->end)
			return -EPROTO;
		if (*reader->at == '"' && !is_copied) {
			*s = at;
			*len = n;
			reader->at++;
			return 0;
		}
		err = text_add(&reader->out, at, n);
		is_copied = true;
		if (!err && *reader->at == '"') {
			*s = reader->out.data;
			*len = reader->out.len;
			reader->at++;
			return 0;
		}
		if (!err)
			err = read_odd(reader);
	}
	return err;
}
