/* SPDX-License-Identifier: MIT */
/* fs/base/key_value.c - `key=value` words on a line, as a JSON object */
#include "fs/base/key_value.h"

#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct words {
	const char *at, *end;
	char *word; /* the current one, unquoted; as large as the text */
	size_t len;
};

static bool is_blank(char c)
{
	return c == ' ' || c == '\t' || c == '\n' || c == '\r';
}

/* Reads the next word, without its quotes. */
static bool word_next(struct words *words, bool *is_broken)
{
	char quote = 0;

	*is_broken = false;
	words->len = 0;
	while (words->at < words->end && is_blank(*words->at))
		words->at++;
	if (words->at == words->end)
		return false;
	for (; words->at < words->end; words->at++) {
		char c = *words->at;
		if (!quote && is_blank(c))
			break;
		if (c == quote) {
			quote = 0;
		} else if (!quote && (c == '"' || c == '\'')) {
			quote = c;
		} else {
			if (c == '\\' && quote != '\'' &&
				words->at + 1 < words->end)
				c = *++words->at;
			words->word[words->len++] = c;
		}
	}
	words->word[words->len] = '\0';
	*is_broken = quote != 0;
	return true;
}

static void keys_list(const struct setting *table, char *why, size_t why_len)
{
	size_t used = snprintf(why, why_len, "key=value words:");

	for (; table && table->name && used < why_len; table++)
		used += snprintf(
			why + used, why_len - used, " %s", table->name);
}

static int word_take(const struct setting *table, struct words *words,
	json_t *object, char *why, size_t why_len)
{
	char *equals = memchr(words->word, '=', words->len);
	const struct setting *setting;
	json_t *value;

	if (equals)
		*equals = '\0';
	setting = equals && table ? setting_find(table, words->word) : NULL;
	if (!setting) {
		keys_list(table, why, why_len);
		return -EINVAL;
	}
	const char *text = equals + 1;
	int err = setting_parse(setting, text,
		words->len - (text - words->word), &value, why, why_len);
	if (err)
		return err;
	return json_object_set_new(object,
		       setting->field ? setting->field : setting->name, value)
		? -ENOMEM
		: 0;
}

/* `echo 1 > clone`: no words. */
static bool has_no_words(const char *text, size_t len)
{
	while (len && is_blank(text[len - 1]))
		len--;
	while (len && is_blank(*text)) {
		text++;
		len--;
	}
	for (size_t i = 0; i < len; i++)
		if (is_blank(text[i]) || text[i] == '=')
			return false;
	return true;
}

int key_value_parse(const struct setting *table, const char *text, size_t len,
	json_t **object, char *why, size_t why_len)
{
	struct words words = { .at = text, .end = text + len };
	bool is_broken;
	int err = 0;

	*object = json_object();
	words.word = malloc(len + 1);
	if (!*object || !words.word)
		err = -ENOMEM;
	if (!err && has_no_words(text, len))
		words.at = words.end;
	while (!err && word_next(&words, &is_broken)) {
		if (is_broken) {
			snprintf(why, why_len, "a quote is not closed");
			err = -EINVAL;
		} else {
			err = word_take(table, &words, *object, why, why_len);
		}
	}
	if (words.word)
		explicit_bzero(words.word, len + 1);
	free(words.word);
	if (err) {
		json_decref(*object);
		*object = NULL;
	}
	return err;
}
