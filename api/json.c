/* SPDX-License-Identifier: MIT */
/* api/json.c - answers read as JSON, whatever bytes are in them */
#include "api/json.h"

#include <errno.h>
#include <stdbool.h>
#include <stdint.h>
#include <string.h>

#include "api/api.h"
#include "api/bytes.h"
#include "api/utf8.h"

#define DEPTH_MAX 256

/*
 * jansson refuses invalid UTF-8 and lone surrogates, and takes nesting that
 * is deep enough to be a nuisance. So one pass goes over the text first. It
 * copies nothing until it meets the first byte that must be held; most
 * texts go to jansson as they came.
 */
struct scan {
	const char *in;
	size_t len;
	size_t at;     /* what was looked at */
	size_t copied; /* what of it is in out */
	unsigned depth;
	struct text out;
};

/* Puts the held form of `bytes` where `len` bytes of the text stand. */
static int scan_hold(
	struct scan *scan, size_t len, const char *bytes, size_t bytes_len)
{
	int err = text_add(
		&scan->out, scan->in + scan->copied, scan->at - scan->copied);

	if (!err)
		err = bytes_add_held(&scan->out, bytes, bytes_len);
	scan->at += len;
	scan->copied = scan->at;
	return err;
}

/* The code of the \uXXXX at offset at, -1: none stands there. */
static long scan_unit(const struct scan *scan, size_t at)
{
	long unit = 0;
	size_t i;

	if (at + 6 > scan->len || memcmp(scan->in + at, "\\u", 2) != 0)
		return -1;
	for (i = at + 2; i < at + 6; i++) {
		char c = scan->in[i];

		if (c >= '0' && c <= '9')
			unit = unit * 16 + (c - '0');
		else if ((c | 0x20) >= 'a' && (c | 0x20) <= 'f')
			unit = unit * 16 + ((c | 0x20) - 'a' + 10);
		else
			return -1;
	}
	return unit;
}

static int scan_escape(struct scan *scan)
{
	long high = scan_unit(scan, scan->at), low;
	uint32_t code;
	size_t len = 6;
	char bytes[4];

	if (high < 0xd800 || high > 0xdfff) {
		scan->at += 2;
		return 0;
	}
	low = high < 0xdc00 ? scan_unit(scan, scan->at + 6) : -1;
	code = (uint32_t)high;
	if (low >= 0xdc00 && low <= 0xdfff) {
		len = 12;
		code = 0x10000u + (((uint32_t)high - 0xd800u) << 10) +
			((uint32_t)low - 0xdc00u);
		if (code < 0x10ff80) {
			scan->at += len;
			return 0;
		}
	}
	return scan_hold(scan, len, bytes, utf8_put(bytes, code));
}

/* The length of what asks for no attention at the start of s. */
static size_t run_len(const char *s, size_t len)
{
	size_t at = 0;

	while (at < len && s[at] != '"' && s[at] != '\\' && !(s[at] & 0x80))
		at++;
	return at;
}

/* From behind the opening quote to behind the closing one. */
static int scan_string(struct scan *scan)
{
	int err = 0;

	while (scan->at < scan->len && !err) {
		const char *s = scan->in + scan->at;
		size_t left = scan->len - scan->at, n;

		if (*s == '"') {
			scan->at++;
			break;
		}
		n = bytes_odd_len(s, left);
		if (n > 0)
			err = scan_hold(scan, n, s, n);
		else if (*s == '\\')
			err = scan_escape(scan);
		else if (*s & 0x80)
			scan->at += utf8_len(s, left);
		else
			scan->at += run_len(s, left);
	}
	return err;
}

static int scan_all(struct scan *scan)
{
	int err = 0;

	while (scan->at < scan->len && !err) {
		switch (scan->in[scan->at++]) {
		case '"':
			err = scan_string(scan);
			break;
		case '[':
		case '{':
			if (++scan->depth > DEPTH_MAX)
				err = -EPROTO;
			break;
		case ']':
		case '}':
			if (scan->depth == 0)
				err = -EPROTO;
			scan->depth--;
			break;
		default:
			break;
		}
	}
	if (scan->at > scan->len)
		err = -EPROTO;
	if (!err && scan->copied > 0)
		err = text_add(&scan->out, scan->in + scan->copied,
			scan->len - scan->copied);
	return err;
}

int json_load(const char *text, size_t len, size_t *used, json_t **out)
{
	size_t flags = JSON_ALLOW_NUL | JSON_DECODE_ANY;
	json_error_t error = { 0 };

	if (used)
		flags |= JSON_DISABLE_EOF_CHECK;
	*out = json_loadb(text, len, flags, &error);
	if (!*out && json_error_code(&error) == json_error_numeric_overflow)
		*out = json_loadb(
			text, len, flags | JSON_DECODE_INT_AS_REAL, &error);
	if (*out && used)
		*used = (size_t)error.position;
	if (*out)
		return 0;
	/* jansson knows two ways of saying that memory ran out */
	switch (json_error_code(&error)) {
	case json_error_out_of_memory:
	case json_error_unknown:
		return -ENOMEM;
	default:
		return -EPROTO;
	}
}

static int load_all(const char *text, size_t len, json_t **out)
{
	return json_load(text, len, NULL, out);
}

int json_parse(const char *text, size_t len, json_t **out)
{
	return json_parse_with(text, len, load_all, out);
}

int json_parse_with(
	const char *text, size_t len, json_loader *load, json_t **out)
{
	struct scan scan = { .in = text, .len = len };
	int err;

	*out = NULL;
	if (!text)
		return -EPROTO;
	if (len >= 3 && memcmp(text, "\xef\xbb\xbf", 3) == 0)
		scan.at = scan.copied = 3;
	err = scan_all(&scan);
	if (!err && scan.copied > 0)
		err = load(scan.out.data, scan.out.len, out);
	else if (!err)
		err = load(text, len, out);
	text_clear(&scan.out);
	return err;
}

json_t *json_read(const char *text, size_t len)
{
	json_t *json;

	json_parse(text, len, &json);
	return json;
}
