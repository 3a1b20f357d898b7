/* SPDX-License-Identifier: MIT */
/* fs/base/setting_dotenv.c - NAME=value lines, quotes, comments */
#include "fs/base/setting.h"

#include <errno.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "api/api.h"

#define LETTERS "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz_"
#define DIGITS "0123456789"
#define BLANKS " \t"

struct reader {
	char *at; /* NUL-terminated */
	unsigned line;
	const char *wrong; /* what is wrong with this line */
};

static bool at_line_end(const char *at)
{
	at += *at == '\r';
	return *at == '\0' || *at == '\n';
}

static void blanks_skip(struct reader *reader)
{
	reader->at += strspn(reader->at, BLANKS);
}

/* The value is unquoted in place. Returns its length, -EINVAL, or -ENODATA:
 * its quote is not closed. */
static ssize_t quoted_read(struct reader *reader)
{
	static const char letters[] = "\"\\$`nrt", meant[] = "\"\\$`\n\r\t";
	const char quote = *reader->at, *letter;
	char *value = ++reader->at, *to = value;
	unsigned line = reader->line;

	while (*reader->at && *reader->at != quote) {
		*to = *reader->at++;
		if (*to == '\\' && quote == '"' && *reader->at &&
			(letter = strchr(letters, *reader->at))) {
			*to = meant[letter - letters];
			reader->at++;
		} else if (*to == '\n') {
			reader->line++;
		}
		to++;
	}
	if (*reader->at != quote) {
		reader->line = line;
		reader->wrong = "a quote is not closed";
		return -ENODATA;
	}
	reader->at++;
	blanks_skip(reader);
	if (!at_line_end(reader->at) && *reader->at != '#') {
		reader->wrong = "there is text after the closing quote";
		return -EINVAL;
	}
	return to - value;
}

/* Reads up to a # after a blank; the blank may have been skipped already. */
static ssize_t plain_read(struct reader *reader)
{
	const char *value = reader->at, *end = value;

	for (; !at_line_end(reader->at); reader->at++) {
		if (*reader->at == '#' && strchr(BLANKS, reader->at[-1]))
			break;
		if (!strchr(BLANKS, *reader->at))
			end = reader->at + 1;
	}
	return end - value;
}

static int name_read(struct reader *reader, const char **name, size_t *len)
{
	if (!strncmp(reader->at, "export", 6)) {
		char *next = reader->at + 6 + strspn(reader->at + 6, BLANKS);

		/* `export = 1` sets a variable of that name. */
		if (next > reader->at + 6 && *next != '=')
			reader->at = next;
	}
	*name = reader->at;
	*len = strspn(reader->at, LETTERS DIGITS);
	reader->at += *len;
	blanks_skip(reader);
	if (!strspn(*name, LETTERS))
		reader->wrong = "a name begins with a letter or _";
	else if (at_line_end(reader->at))
		reader->wrong = "there is no = after the name";
	else if (*reader->at != '=')
		reader->wrong = "a name has letters, digits and _ only";
	else
		reader->at++;
	blanks_skip(reader);
	return reader->wrong ? -EINVAL : 0;
}

static int variable_keep(json_t *env, const char *name, size_t name_len,
	const char *bytes, size_t len)
{
	char *key = strndup(name, name_len);
	json_t *value = json_from_bytes(bytes, len);
	int err = 0;

	if (!key || !value || json_object_set(env, key, value) < 0)
		err = -ENOMEM;
	json_decref(value);
	free(key);
	return err;
}

static int line_read(struct reader *reader, json_t *env)
{
	const char *name, *value;
	size_t name_len;
	ssize_t len;
	int err;

	blanks_skip(reader);
	if (!at_line_end(reader->at) && *reader->at != '#') {
		err = name_read(reader, &name, &name_len);
		if (err)
			return err;
		value = reader->at;
		if (*value == '\'' || *value == '"') {
			value++;
			len = quoted_read(reader);
		} else {
			len = plain_read(reader);
		}
		err = len < 0 ? (int)len
			      : variable_keep(env, name, name_len, value, len);
		if (err)
			return err;
	}
	while (!at_line_end(reader->at))
		reader->at++;
	reader->at += *reader->at == '\r';
	reader->at += *reader->at == '\n';
	return 0;
}

int dotenv_parse(const char *setting, char *text, size_t len, json_t **value,
	char *why, size_t why_len)
{
	struct reader reader = { .at = text };
	int err = 0;

	*value = json_object();
	if (!*value)
		return -ENOMEM;
	if (strlen(text) != len) {
		snprintf(why, why_len, "%s: it contains a NUL byte", setting);
		return -EINVAL;
	}
	if (!strncmp(text, "\xef\xbb\xbf", 3))
		reader.at += 3;
	while (!err && *reader.at) {
		reader.line++;
		err = line_read(&reader, *value);
	}
	if (err == -EINVAL || err == -ENODATA)
		snprintf(why, why_len, "%s: line %u: %s", setting, reader.line,
			reader.wrong);
	return err;
}

static void value_print(const char *value, size_t len, FILE *out)
{
	if (strspn(value, LETTERS DIGITS "./:@%+,=-") == len) {
		fwrite(value, 1, len, out);
		return;
	}
	if (!memchr(value, '\'', len)) {
		fputc('\'', out);
		fwrite(value, 1, len, out);
		fputc('\'', out);
		return;
	}
	fputc('"', out);
	for (size_t i = 0; i < len; i++) {
		if (strchr("\"\\$`", value[i]))
			fputc('\\', out);
		fputc(value[i], out);
	}
	fputc('"', out);
}

int dotenv_print(const json_t *value, FILE *out)
{
	const char *name;
	json_t *item;
	size_t len;
	char *bytes;

	json_object_foreach ((json_t *)value, name, item) {
		bytes = json_to_bytes(item, &len);
		if (!bytes && json_is_string(item))
			return -ENOMEM;
		if (bytes && strlen(bytes) == len) {
			fprintf(out, "%s=", name);
			value_print(bytes, len, out);
			fputc('\n', out);
		}
		free(bytes);
	}
	return 0;
}

void setting_wipe(json_t *value)
{
	const char *name;
	json_t *part;

	if (!value || value->refcount != 1)
		return;
	if (json_is_string(value))
		explicit_bzero((char *)json_string_value(value),
			json_string_length(value));
	json_object_foreach (value, name, part)
		setting_wipe(part);
}
