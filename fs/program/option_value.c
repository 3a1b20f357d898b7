/* SPDX-License-Identifier: MIT */
/* fs/program/option_value.c - an option's value, read and shown by its type.
 * fuse_opt could store numbers itself, but uses sscanf, which accepts "1x" and
 * "-1". */
#include <ctype.h>
#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "fs/program/program.h"

static const char units[] = "KMG"; /* of bytes, each 1024 times the former */

/* Rounds up to milliseconds. */
static uint64_t seconds_read(const char *text, char **end)
{
	size_t len = strspn(text, "0123456789.");
	double seconds = strtod(text, end);

	if (text[len] != '\0' || text[len - 1] == '.' || seconds > 1e12)
		return UINT64_MAX;
	return (uint64_t)(seconds * 1000 + 0.9995);
}

static bool number_read(
	const struct option_row *row, const char *text, uint64_t *number)
{
	const char *unit;
	char *end;

	if (!isdigit((
		    unsigned char)text[0])) /* strtoull accepts blanks, signs */
		return false;
	if (row->type == OPTION_SECONDS)
		*number = seconds_read(text, &end);
	else
		*number = strtoull(
			text, &end, row->type == OPTION_OCTAL ? 8 : 10);
	unit = memchr(units, toupper((unsigned char)*end), strlen(units));
	if (row->type == OPTION_BYTES && unit) {
		unsigned shift = 10 * (unsigned)(unit - units + 1);

		*number = *number > UINT64_MAX >> shift ? UINT64_MAX
							: *number << shift;
		end++;
	}
	return *end == '\0' && *number >= row->min && *number <= row->max;
}

static bool is_url(const char *value)
{
	const char *host = strstr(value, "://");

	return (!strncmp(value, "https://", 8) ||
		       !strncmp(value, "http://", 7)) &&
		host[3] != '\0' && host[3] != '/';
}

void option_must_be(const struct option_row *row, char *text, size_t len)
{
	static const char *const words[] = {
		[OPTION_URL] = "https://HOST, or http:// to this machine",
		[OPTION_NUMBER] = "a number from %" PRIu64 " to %" PRIu64,
		[OPTION_OCTAL] = "an octal number from %" PRIo64 " to %" PRIo64,
		[OPTION_SECONDS] = "seconds, as in 1 or 0.25, up to a year",
		[OPTION_BYTES] = "bytes, as in 500K or 64M",
	};
	size_t used = row->type == OPTION_SECONDS && row->min
		? (size_t)snprintf(text, len, "more than 0 ")
		: 0;

	snprintf(text + used, len - used, words[row->type], row->min, row->max);
}

static int text_store(enum option_type type, const char *value, char **member)
{
	char *directory = NULL, *text = NULL;

	if (type != OPTION_PATH || value[0] == '/') {
		text = strdup(value);
	} else {
		directory = getcwd(NULL, 0);
		if (!directory)
			return -errno;
		if (asprintf(&text, "%s/%s", directory, value) < 0)
			text = NULL;
		free(directory);
	}
	if (!text)
		return -ENOMEM;
	free(*member);
	*member = text;
	return 0;
}

int option_store(const struct option_row *row, struct options *options,
	const char *value)
{
	void *member = (char *)options + row->offset;
	uint64_t number = 0;

	if (row->max > 0 ? !number_read(row, value, &number)
			 : row->type == OPTION_URL && !is_url(value))
		return -EINVAL;
	switch (row->type) {
	case OPTION_ON:
	case OPTION_OFF:
		*(bool *)member = row->type == OPTION_ON;
		return 0;
	case OPTION_TEXT:
	case OPTION_PATH:
	case OPTION_URL:
		return text_store(row->type, value, member);
	case OPTION_NUMBER:
	case OPTION_OCTAL:
		*(uint32_t *)member = (uint32_t)number;
		options->has_uid |= member == &options->uid;
		options->has_gid |= member == &options->gid;
		options->has_umask |= member == &options->umask;
		options->has_fmask |= member == &options->fmask;
		options->has_dmask |= member == &options->dmask;
		return 0;
	case OPTION_SECONDS:
	case OPTION_BYTES:
		*(uint64_t *)member = number;
		return 0;
	default:
		return 0;
	}
}

const char *option_text(const struct option_row *row,
	const struct options *options, char number[OPTION_NUMBER_LEN])
{
	const void *member = (const char *)options + row->offset;
	uint64_t bytes;
	int unit = 0;

	number[0] = '\0';
	switch (row->type) {
	case OPTION_ON:
		sprintf(number, "%d", *(const bool *)member);
		break;
	case OPTION_NUMBER:
		if (*(const uint32_t *)member <= row->max)
			sprintf(number, "%" PRIu32, *(const uint32_t *)member);
		break;
	case OPTION_OCTAL:
		sprintf(number, "%03" PRIo32, *(const uint32_t *)member);
		break;
	case OPTION_SECONDS:
		sprintf(number, "%.12g", *(const uint64_t *)member / 1000.0);
		break;
	case OPTION_BYTES:
		bytes = *(const uint64_t *)member;
		for (; bytes && bytes % 1024 == 0 && units[unit]; unit++)
			bytes /= 1024;
		sprintf(number, "%" PRIu64 "%.*s", bytes, unit > 0,
			unit > 0 ? units + unit - 1 : "");
		break;
	default:
		return *(char *const *)member ? *(char *const *)member : "";
	}
	return number;
}
