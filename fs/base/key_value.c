/* SPDX-License-Identifier: MIT */
/* fs/base/key_value.c - `key=value` words on a line, as a JSON object */
#include "fs/base/key_value.h"

#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define BLANKS " \t\n\r"

/* Takes the next word from *rest, and removes its quotes in place. */
static char *word_next(char **rest, bool *is_broken)
{
	char *word = *rest + strspn(*rest, BLANKS), *to = word, *at = word;
	char quote = 0;

	for (; *at && (quote || !strchr(BLANKS, *at)); at++) {
		if (*at == quote) {
			quote = 0;
		} else if (!quote && (*at == '"' || *at == '\'')) {
			quote = *at;
		} else {
			at += *at == '\\' && quote != '\'' && at[1];
			*to++ = *at;
		}
	}
	*rest = at + (*at != '\0');
	*is_broken = quote != 0;
	*to = '\0';
	return word;
}

static void keys_list(const struct setting *table, char *why, size_t why_len)
{
	size_t used = snprintf(why, why_len, "key=value words:");

	for (; table && table->name && used < why_len; table++)
		used += snprintf(
			why + used, why_len - used, " %s", table->name);
}

static int word_take(const struct setting *table, char *word, json_t *object,
	char *why, size_t why_len)
{
	char *text = strchr(word, '=');
	const struct setting *setting = NULL;
	json_t *value;
	int err;

	if (text && table) {
		*text++ = '\0';
		setting = setting_find(table, word);
	}
	if (!setting) {
		keys_list(table, why, why_len);
		return -EINVAL;
	}
	err = setting_parse(setting, text, strlen(text), &value, why, why_len);
	if (err)
		return err;
	return json_object_set_new(object,
		       setting->field ? setting->field : setting->name, value)
		? -ENOMEM
		: 0;
}

static int words_take(const struct setting *table, char *text, json_t *object,
	char *why, size_t why_len)
{
	bool is_broken;
	int err = 0;

	text += strspn(text, BLANKS);
	while (!err && *text) {
		char *word = word_next(&text, &is_broken);

		if (is_broken) {
			snprintf(why, why_len, "a quote is not closed");
			return -EINVAL;
		}
		err = word_take(table, word, object, why, why_len);
		text += strspn(text, BLANKS);
	}
	return err;
}

int key_value_parse(const struct setting *table, const char *text, size_t len,
	json_t **object, char *why, size_t why_len)
{
	char *copy = strndup(text, len);
	size_t copy_len = copy ? strlen(copy) : 0;
	int err = -ENOMEM;

	*object = json_object();
	if (copy && copy_len < len) {
		snprintf(why, why_len, "it contains a NUL byte");
		err = -EINVAL;
	} else if (copy && *object) {
		err = words_take(table, copy, *object, why, why_len);
	}
	if (copy)
		explicit_bzero(copy, copy_len);
	free(copy);
	if (err) {
		json_decref(*object);
		*object = NULL;
	}
	return err;
}
