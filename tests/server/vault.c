/* SPDX-License-Identifier: MIT */
/* tests/server/vault.c - the dotenv text of a service */
#include "vault.h"

#include <stdlib.h>
#include <string.h>

struct line {
	const char *name;
	size_t name_len;
	const char *value;
	size_t value_len;
};

/* Splits the line; false if it is blank, a comment, or has no '='. */
static bool line_read(struct line *line, const char *at, size_t len)
{
	const char *equals;

	while (len && (*at == ' ' || *at == '\t')) {
		at++;
		len--;
	}
	while (len && (at[len - 1] == '\r' || at[len - 1] == ' '))
		len--;
	if (len > 7 && !strncmp(at, "export ", 7)) {
		at += 7;
		len -= 7;
	}
	equals = len && *at != '#' ? memchr(at, '=', len) : NULL;
	if (!equals || equals == at)
		return false;
	*line = (struct line){ at, equals - at, equals + 1,
		len - (equals + 1 - at) };
	while (line->name_len && line->name[line->name_len - 1] == ' ')
		line->name_len--;
	return line->name_len;
}

/* Escapes like \n are decoded in double quotes, not in single quotes. */
static void value_add(struct text *out, const struct line *line)
{
	const char *at = line->value, *end = at + line->value_len;
	char quote = at < end ? *at : '\0';

	if (end - at < 2 || (quote != '"' && quote != '\'') ||
		end[-1] != quote) {
		text_add(out, at, end - at);
		return;
	}
	for (at++, end--; at < end; at++) {
		if (*at == '\\' && quote == '"' && at + 1 < end)
			text_putc(out, *++at == 'n' ? '\n' : *at);
		else
			text_putc(out, *at);
	}
}

int vault_count(const char *text)
{
	struct line line;
	size_t len;
	int count = 0;

	for (; *text; text += len + (text[len] == '\n')) {
		len = strcspn(text, "\n");
		count += line_read(&line, text, len);
	}
	return count;
}

char **vault_environment(const char *text)
{
	char **words = calloc(vault_count(text) + 1, sizeof(*words));
	struct text pair;
	struct line line;
	size_t len, n = 0;

	for (; words && *text; text += len + (text[len] == '\n')) {
		len = strcspn(text, "\n");
		if (!line_read(&line, text, len))
			continue;
		memset(&pair, 0, sizeof(pair));
		text_add(&pair, line.name, line.name_len);
		text_putc(&pair, '=');
		value_add(&pair, &line);
		if (pair.failed)
			text_clear(&pair);
		else
			words[n++] = pair.data;
	}
	return words;
}

void vault_without(struct text *out, const char *text, const char *name)
{
	struct line line;
	size_t len;

	for (; *text; text += len) {
		len = strcspn(text, "\n");
		if (line_read(&line, text, len) &&
			line.name_len == strlen(name) &&
			!memcmp(line.name, name, line.name_len)) {
			len += text[len] == '\n';
			continue;
		}
		len += text[len] == '\n';
		text_add(out, text, len);
	}
}

void vault_from_json(struct text *out, const json_t *object)
{
	const char *name, *at;
	json_t *value;

	json_object_foreach ((json_t *)object, name, value) {
		if (!json_is_string(value))
			continue;
		at = json_string_value(value);
		text_puts(out, name);
		text_putc(out, '=');
		if (!strpbrk(at, "\n\"' \\#")) {
			text_puts(out, at);
			text_putc(out, '\n');
			continue;
		}
		text_putc(out, '"');
		for (; *at; at++) {
			if (*at == '"' || *at == '\\')
				text_putc(out, '\\');
			if (*at == '\n')
				text_puts(out, "\\n");
			else
				text_putc(out, *at);
		}
		text_puts(out, "\"\n");
	}
}
