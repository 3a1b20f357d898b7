/* SPDX-License-Identifier: MIT */
/* api/headers.c - the few response headers that are used */
#include "api/headers.h"

#include <ctype.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/param.h>

#include <curl/curl.h>

#define ALL_MAX (256 * 1024)
#define VALUE_MAX 128
#define DAY_S 86400
#define NUMBER_MAX 1000000000000
/* A reset below this is a number of seconds, not a time (part 2). */
#define UNIX_MIN 1000000000

static void headers_restart(struct headers *headers)
{
	size_t len = headers->len;

	*headers = (struct headers){ .len = len };
	headers->date = headers->retry_after = headers->retry_at = -1;
	headers->limit = headers->remaining = headers->reset = -1;
}

void headers_init(struct headers *headers)
{
	headers->len = 0;
	headers_restart(headers);
}

/* The number at the start of value: "60, 60;w=60" is 60. Numbers are times, or
 * counts: larger ones are of no use, and would overflow as milliseconds. */
static int64_t number(const char *value)
{
	char *end;
	long long n = strtoll(value, &end, 10);

	return end == value || n < 0 ? -1 : (int64_t)MIN(n, NUMBER_MAX);
}

static int64_t date(const char *value)
{
	time_t t = curl_getdate(value, NULL);

	return t < 0 ? -1 : (int64_t)t;
}

static void headers_set(
	struct headers *headers, const char *name, const char *value)
{
	if (strcasecmp(name, "date") == 0) {
		headers->date = date(value);
	} else if (strcasecmp(name, "retry-after") == 0) {
		headers->retry_after = number(value);
		if (headers->retry_after < 0)
			headers->retry_at = date(value);
	} else if (strcasecmp(name, "content-encoding") == 0) {
		headers->is_packed = true;
	} else if (strcasecmp(name, "x-ratelimit-limit") == 0) {
		headers->limit = number(value);
	} else if (strcasecmp(name, "x-ratelimit-remaining") == 0) {
		headers->remaining = number(value);
	} else if (strcasecmp(name, "x-ratelimit-reset") == 0) {
		headers->reset = number(value);
	}
}

/* Three digits after the first blank; 0: there are none. */
static int status_read(const char *at)
{
	int status, end = 0;

	if (!at || !isdigit((unsigned char)at[1]) ||
		sscanf(at, " %3d%n", &status, &end) != 1)
		return 0;
	if (status < 100 || isdigit((unsigned char)at[end]))
		return 0;
	return status;
}

int headers_line(struct headers *headers, const char *line, size_t len)
{
	char copy[VALUE_MAX], *value;

	headers->len += len;
	if (headers->len > ALL_MAX)
		return -EPROTO;
	if (len > 5 && memcmp(line, "HTTP/", 5) == 0)
		headers_restart(headers);
	if (len > 0 && len <= 2 && line[len - 1] == '\n')
		headers->is_whole = true;
	if (len >= sizeof(copy))
		return 0; /* none of our headers is that long */
	memcpy(copy, line, len);
	copy[len] = '\0';
	copy[strcspn(copy, "\r\n")] = '\0';
	if (strncmp(copy, "HTTP/", 5) == 0) {
		headers->status = status_read(strchr(copy, ' '));
		return 0;
	}
	value = strchr(copy, ':');
	if (!value)
		return 0;
	*value++ = '\0';
	headers_set(headers, copy, value + strspn(value, " \t"));
	return 0;
}

int64_t headers_reset_s(const struct headers *headers, int64_t unix_s)
{
	int64_t now = headers->date >= 0 ? headers->date : unix_s;
	int64_t wait = headers->reset;

	if (wait >= UNIX_MIN)
		wait = wait > now ? wait - now : 0;
	return wait > DAY_S ? -1 : wait;
}

int64_t headers_wait_s(const struct headers *headers, int64_t unix_s)
{
	int64_t now = headers->date >= 0 ? headers->date : unix_s;

	if (headers->retry_after >= 0)
		return headers->retry_after;
	if (headers->retry_at >= 0)
		return headers->retry_at > now ? headers->retry_at - now : 0;
	if (headers->status == 429 && headers->remaining == 0)
		return headers_reset_s(headers, unix_s);
	return -1;
}
