/* SPDX-License-Identifier: MIT */
/* fs/program/option_value.c - an option's value, read and shown by its type.
 *
 * fuse_opt would store numbers itself, but by sscanf: "1x" and "-1" would do.
 */
#include "fs/program/program.h"

#include <ctype.h>
#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static const char units[] = "KMG"; /* of bytes, each 1024 times the former */

/* Seconds at text, with an optional fraction, as milliseconds; *end is what
 * follows. What is finer is rounded up, so that only zero becomes 0. */
static uint64_t seconds_read(const char *text, char **end, uint64_t max_ms)
{
	uint64_t ms = strtoull(text, end, 10);
	unsigned scale = 100;
	bool is_finer = false;

	ms = ms > max_ms / 1000 ? max_ms + 1 : ms * 1000;
	if (**end != '.' || !isdigit((unsigned char)(*end)[1]))
		return ms;
	for (++*end; isdigit((unsigned char)**end); ++*end, scale /= 10) {
		ms += scale * (unsigned)(**end - '0');
		is_finer |= scale == 0 && **end != '0';
	}
	return ms + is_finer;
}

/* Bytes at text; K, M or G behind them makes them KiB, MiB or GiB. */
static uint64_t bytes_read(const char *text, char **end, uint64_t max)
{
	uint64_t bytes = strtoull(text, end, 10);
	const char *unit =
		memchr(units, toupper((unsigned char)**end), strlen(units));
	unsigned shift = unit ? 10 * (unsigned)(unit - units + 1) : 0;

	*end += unit != NULL;
	return bytes > max >> shift ? max + 1 : bytes << shift;
}

static bool number_read(
	const struct option_row *row, const char *text, uint64_t *number)
{
	char *end;

	if (!isdigit((unsigned char)text[0])) /* strtoull takes blanks, signs */
		return false;
	if (row->type == OPTION_SECONDS || row->type == OPTION_TTL)
		*number = seconds_read(text, &end, row->max);
	else if (row->type == OPTION_BYTES)
		*number = bytes_read(text, &end, row->max);
	else
		*number = strtoull(
			text, &end, row->type == OPTION_OCTAL ? 8 : 10);
	return *end == '\0' && *number >= row->min && *number <= row->max;
}

void option_must_be(const struct option_row *row, char *text, size_t len)
{
	switch (row->type) {
	case OPTION_URL:
		snprintf(text, len, "https://HOST, or http:// to this machine");
		break;
	case OPTION_NUMBER:
		snprintf(text, len, "a number from %" PRIu64 " to %" PRIu64,
			row->min, row->max);
		break;
	case OPTION_OCTAL:
		snprintf(text, len, "an octal number up to %" PRIo64, row->max);
		break;
	case OPTION_BYTES:
		snprintf(text, len, "bytes, as in 500K or 64M");
		break;
	default:
		snprintf(text, len, "%sseconds, as in 1 or 0.25, up to a year",
			row->min > 0 ? "more than 0 " : "");
	}
}

static int text_store(char **text, char *value)
{
	if (!value)
		return -ENOMEM;
	free(*text);
	*text = value;
	return 0;
}

static int path_store(char **text, const char *value)
{
	char *directory, *path = NULL;

	if (value[0] == '/')
		return text_store(text, strdup(value));
	directory = getcwd(NULL, 0);
	if (!directory)
		return -errno;
	if (asprintf(&path, "%s/%s", directory, value) < 0)
		path = NULL;
	free(directory);
	return text_store(text, path);
}

static int url_store(char **text, const char *value)
{
	const char *host = strstr(value, "://");

	if ((strncmp(value, "https://", 8) && strncmp(value, "http://", 7)) ||
		host[3] == '\0' || host[3] == '/')
		return -EINVAL;
	return text_store(text, strdup(value));
}

int option_store(const struct option_row *row, struct options *options,
	const char *value)
{
	void *member = (char *)options + row->offset;
	uint64_t number = 0;

	if (row->max > 0 && !number_read(row, value, &number))
		return -EINVAL;
	switch (row->type) {
	case OPTION_ON:
	case OPTION_OFF:
		*(bool *)member = row->type == OPTION_ON;
		return 0;
	case OPTION_TEXT:
		return text_store(member, strdup(value));
	case OPTION_PATH:
		return path_store(member, value);
	case OPTION_URL:
		return url_store(member, value);
	case OPTION_NUMBER:
	case OPTION_OCTAL:
		*(uint32_t *)member = (uint32_t)number;
		return 0;
	case OPTION_TTL:
		number += number == 0;
		__attribute__((fallthrough));
	case OPTION_SECONDS:
	case OPTION_BYTES:
		*(uint64_t *)member = number;
		return 0;
	default:
		return 0;
	}
}

static int seconds_text(char **text, uint64_t ms)
{
	unsigned rest = (unsigned)(ms % 1000);

	return rest ? asprintf(text, "%" PRIu64 ".%03u", ms / 1000, rest)
		    : asprintf(text, "%" PRIu64, ms / 1000);
}

static int bytes_text(char **text, uint64_t bytes)
{
	int unit = 0;

	for (; bytes && bytes % 1024 == 0 && units[unit] != '\0'; unit++)
		bytes /= 1024;
	return asprintf(text, "%" PRIu64 "%.*s", bytes, unit > 0,
		unit > 0 ? units + unit - 1 : "");
}

char *option_text(const struct option_row *row, const struct options *options)
{
	const void *member = (const char *)options + row->offset;
	const char *string = "";
	char *text = NULL;
	int len;

	switch (row->type) {
	case OPTION_ON:
		len = asprintf(&text, "%d", *(const bool *)member);
		break;
	case OPTION_OCTAL:
		len = asprintf(&text, "%03" PRIo32, *(const uint32_t *)member);
		break;
	case OPTION_SECONDS:
	case OPTION_TTL:
		len = seconds_text(&text, *(const uint64_t *)member);
		break;
	case OPTION_BYTES:
		len = bytes_text(&text, *(const uint64_t *)member);
		break;
	case OPTION_NUMBER:
		if (*(const uint32_t *)member > row->max)
			return strdup("");
		len = asprintf(&text, "%" PRIu32, *(const uint32_t *)member);
		break;
	default:
		string = *(char *const *)member;
		return strdup(string ? string : "");
	}
	return len < 0 ? NULL : text;
}
