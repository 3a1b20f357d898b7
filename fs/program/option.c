/* SPDX-License-Identifier: MIT */
/* fs/program/option.c - how an option's value is read and shown, by its kind */
#include "fs/program/option.h"

#include <errno.h>
#include <inttypes.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "fs/base/quantity.h"

#define YEAR_MS (UINT64_C(365) * 24 * 60 * 60 * 1000)

bool option_takes_value(enum option_kind kind)
{
	return kind != OPTION_FLAG && kind != OPTION_CLEAR &&
		kind != OPTION_KERNEL && kind != OPTION_IGNORED;
}

int option_text(char **text, char *value)
{
	if (!value)
		return -ENOMEM;
	free(*text);
	*text = value;
	return 0;
}

static int path_set(char **text, const char *value)
{
	char *directory, *path = NULL;

	if (value[0] == '/')
		return option_text(text, strdup(value));
	directory = getcwd(NULL, 0);
	if (!directory)
		return -errno;
	if (asprintf(&path, "%s/%s", directory, value) < 0)
		path = NULL;
	free(directory);
	return option_text(text, path);
}

static int url_set(struct options *options, const char *value)
{
	const char *host = strstr(value, "://");

	if (strncmp(value, "https://", 8) && strncmp(value, "http://", 7))
		return -EINVAL;
	host += 3;
	/* It is shown to everyone by findmnt: no place for a password. */
	if (host[0] == '\0' || host[0] == '/' ||
		memchr(host, '@', strcspn(host, "/?#")))
		return -EINVAL;
	options->has_url = true;
	return option_text(&options->url, strdup(value));
}

static int kernel_add(struct options *options, const char *name)
{
	char *list = NULL;

	if (asprintf(&list, "%s%s%s", options->kernel ? options->kernel : "",
		    options->kernel ? "," : "", name) < 0)
		list = NULL;
	return option_text(&options->kernel, list);
}

int option_store(const struct option_row *row, struct options *options,
	const char *value)
{
	void *field = (char *)options + row->offset;
	uint64_t number = 0;
	int err = 0;

	switch (row->kind) {
	case OPTION_FLAG:
		*(bool *)field = true;
		break;
	case OPTION_CLEAR:
		*(bool *)field = false;
		break;
	case OPTION_TEXT:
		return option_text(field, strdup(value));
	case OPTION_PATH:
		return path_set(field, value);
	case OPTION_URL:
		return url_set(options, value);
	case OPTION_NUMBER:
		err = quantity_number(value, 10, INT_MAX, &number);
		if (!err)
			*(int *)field = (int)number;
		break;
	case OPTION_ID:
		err = quantity_number(value, 10, UINT32_MAX - 1, &number);
		if (!err)
			*(uid_t *)field = (uid_t)number;
		break;
	case OPTION_MODE:
		err = quantity_number(value, 8, 0777, &number);
		if (!err)
			*(mode_t *)field = (mode_t)number;
		break;
	case OPTION_SECONDS:
	case OPTION_TTL:
		err = quantity_seconds(value, YEAR_MS, &number);
		if (!err)
			*(uint64_t *)field =
				row->kind == OPTION_TTL && !number ? 1 : number;
		break;
	case OPTION_BYTES:
		err = quantity_bytes(value, INT64_MAX, &number);
		if (!err)
			*(uint64_t *)field = number;
		break;
	case OPTION_KERNEL:
		return kernel_add(options, row->name);
	case OPTION_IGNORED:
		break;
	}
	return err;
}

const char *option_wants(enum option_kind kind)
{
	switch (kind) {
	case OPTION_URL:
		return "https://HOST, or http:// to this machine, without a "
		       "user's name";
	case OPTION_MODE:
		return "an octal number up to 777";
	case OPTION_SECONDS:
	case OPTION_TTL:
		return "seconds, as in 1 or 0.25, up to a year";
	case OPTION_BYTES:
		return "bytes, as in 500K or 64M";
	case OPTION_NUMBER:
	case OPTION_ID:
		return "a number from 0";
	default:
		return "something else";
	}
}

static void bytes_print(FILE *out, uint64_t bytes)
{
	static const char letters[][2] = { "", "K", "M", "G" };
	size_t i = 0;

	for (; i < 3 && bytes && bytes % 1024 == 0; i++)
		bytes /= 1024;
	fprintf(out, "%" PRIu64 "%s", bytes, letters[i]);
}

void option_print(
	FILE *out, const struct option_row *row, const struct options *options)
{
	const void *field = (const char *)options + row->offset;
	uint64_t ms;

	switch (row->kind) {
	case OPTION_FLAG:
		fprintf(out, "%d", *(const bool *)field);
		break;
	case OPTION_TEXT:
	case OPTION_PATH:
	case OPTION_URL:
		if (*(char *const *)field)
			fputs(*(char *const *)field, out);
		break;
	case OPTION_NUMBER:
		if (*(const int *)field >= 0)
			fprintf(out, "%d", *(const int *)field);
		break;
	case OPTION_ID:
		fprintf(out, "%u", *(const uid_t *)field);
		break;
	case OPTION_MODE:
		fprintf(out, "%03o", *(const mode_t *)field);
		break;
	case OPTION_SECONDS:
	case OPTION_TTL:
		ms = *(const uint64_t *)field;
		fprintf(out, "%" PRIu64, ms / 1000);
		if (ms % 1000)
			fprintf(out, ".%03u", (unsigned)(ms % 1000));
		break;
	case OPTION_BYTES:
		bytes_print(out, *(const uint64_t *)field);
		break;
	default:
		break;
	}
}

bool option_is_set(const struct option_row *row, const struct options *options)
{
	const void *field = (const char *)options + row->offset;

	switch (row->kind) {
	case OPTION_TEXT:
	case OPTION_PATH:
	case OPTION_URL:
		return *(char *const *)field != NULL;
	case OPTION_NUMBER:
		return *(const int *)field >= 0;
	case OPTION_SECONDS:
	case OPTION_TTL:
	case OPTION_BYTES:
		return true;
	default:
		return false;
	}
}
