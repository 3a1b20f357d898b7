/* SPDX-License-Identifier: MIT */
/* fs/base/setting_dotenv.c - NAME=value lines, quotes, comments */
#include "fs/base/setting_dotenv.h"

#include <errno.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "api/api.h"
#include "fs/base/setting.h"

#define LETTERS "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz_"
#define DIGITS "0123456789"

struct reader {
	const char *at, *end;
	unsigned line;
	const char *wrong; /* what is wrong with this line */
	char *value;	   /* the current one; as large as the text */
	size_t value_len;
};

static bool at_end(const struct reader *reader)
{
	return reader->at == reader->end;
}

static bool at_line_end(const struct reader *reader)
{
	return at_end(reader) || *reader->at == '\n' ||
		(*reader->at == '\r' &&
			(reader->at + 1 == reader->end ||
				reader->at[1] == '\n'));
}

static bool at_blank(const struct reader *reader)
{
	return !at_end(reader) && (*reader->at == ' ' || *reader->at == '\t');
}

static void blanks_skip(struct reader *reader)
{
	while (at_blank(reader))
		reader->at++;
}

static void line_skip(struct reader *reader)
{
	while (!at_line_end(reader))
		reader->at++;
}

static bool at_any(const struct reader *reader, const char *letters)
{
	return !at_end(reader) && *reader->at && strchr(letters, *reader->at);
}

static void value_put(struct reader *reader, char c)
{
	if (c == '\n')
		reader->line++;
	reader->value[reader->value_len++] = c;
}

static int quoted_read(struct reader *reader)
{
	const char quote = *reader->at++;
	unsigned line = reader->line;
	char c;

	while (!at_end(reader) && *reader->at != quote) {
		c = *reader->at++;
		if (quote == '"' && c == '\\' && at_any(reader, "\"\\$`")) {
			value_put(reader, *reader->at++);
		} else if (quote == '"' && c == '\\' && at_any(reader, "nrt")) {
			c = *reader->at++;
			c = c == 'n' ? '\n' : c == 'r' ? '\r' : '\t';
			reader->value[reader->value_len++] = c;
		} else {
			value_put(reader, c);
		}
	}
	if (at_end(reader)) {
		reader->line = line;
		reader->wrong = "a quote is not closed";
		return -EINVAL;
	}
	reader->at++;
	blanks_skip(reader);
	if (!at_line_end(reader) && *reader->at != '#') {
		reader->wrong = "there is text after the closing quote";
		return -EINVAL;
	}
	return 0;
}

/* Reads up to a # after a blank; the blank may have been skipped already. */
static void plain_read(struct reader *reader)
{
	size_t len = 0;

	while (!at_line_end(reader)) {
		if (*reader->at == '#' &&
			(reader->at[-1] == ' ' || reader->at[-1] == '\t'))
			break;
		value_put(reader, *reader->at);
		if (!at_blank(reader))
			len = reader->value_len;
		reader->at++;
	}
	reader->value_len = len;
}

static bool word_skip(struct reader *reader, const char *word)
{
	size_t len = strlen(word);

	if ((size_t)(reader->end - reader->at) <= len ||
		memcmp(reader->at, word, len) ||
		(reader->at[len] != ' ' && reader->at[len] != '\t'))
		return false;
	reader->at += len;
	blanks_skip(reader);
	return true;
}

static int name_read(struct reader *reader, const char **name, size_t *len)
{
	const char *before = reader->at;

	/* `export = 1` sets a variable of that name. */
	if (word_skip(reader, "export") && at_any(reader, "="))
		reader->at = before;
	*name = reader->at;
	if (!at_any(reader, LETTERS)) {
		reader->wrong = "a name begins with a letter or _";
		return -EINVAL;
	}
	while (at_any(reader, LETTERS DIGITS))
		reader->at++;
	*len = (size_t)(reader->at - *name);
	blanks_skip(reader);
	if (at_line_end(reader)) {
		reader->wrong = "there is no = after the name";
		return -EINVAL;
	}
	if (*reader->at != '=') {
		reader->wrong = "a name has letters, digits and _ only";
		return -EINVAL;
	}
	reader->at++;
	blanks_skip(reader);
	return 0;
}

static int variable_keep(
	struct reader *reader, json_t *env, const char *name, size_t name_len)
{
	char *key = strndup(name, name_len);
	json_t *value = json_from_bytes(reader->value, reader->value_len);
	int err = 0;

	if (!key || !value || json_object_set(env, key, value) < 0)
		err = -ENOMEM;
	json_decref(value);
	free(key);
	return err;
}

static int line_read(struct reader *reader, json_t *env)
{
	const char *name;
	size_t name_len;
	int err;

	blanks_skip(reader);
	if (at_line_end(reader) || *reader->at == '#') {
		line_skip(reader);
		return 0;
	}
	err = name_read(reader, &name, &name_len);
	if (err)
		return err;
	reader->value_len = 0;
	if (at_any(reader, "'\""))
		err = quoted_read(reader);
	else
		plain_read(reader);
	line_skip(reader);
	return err ? err : variable_keep(reader, env, name, name_len);
}

static int lines_read(struct reader *reader, json_t *env)
{
	int err;

	while (!at_end(reader)) {
		reader->line++;
		err = line_read(reader, env);
		if (err)
			return err;
		if (!at_end(reader) && *reader->at == '\r')
			reader->at++;
		if (!at_end(reader))
			reader->at++;
	}
	return 0;
}

int dotenv_parse(const char *setting, const char *text, size_t len,
	json_t **value, char *why, size_t why_len)
{
	struct reader reader = { .at = text, .end = text + len };
	json_t *env;
	int err;

	if (memchr(text, '\0', len)) {
		snprintf(why, why_len, "%s: it contains a NUL byte", setting);
		return -EINVAL;
	}
	if (len >= 3 && !memcmp(text, "\xef\xbb\xbf", 3))
		reader.at += 3;
	env = json_object();
	reader.value = malloc(len + 1);
	err = env && reader.value ? lines_read(&reader, env) : -ENOMEM;
	free(reader.value);
	if (err == -EINVAL)
		snprintf(why, why_len, "%s: line %u: %s", setting, reader.line,
			reader.wrong);
	else if (err)
		snprintf(why, why_len, "%s: %s", setting, strerror(-err));
	if (err)
		json_decref(env);
	else
		*value = env;
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
