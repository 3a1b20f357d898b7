/* SPDX-License-Identifier: MIT */
/* fs/base/setting.c - the types of settings: parsing and printing */
#include "fs/base/setting.h"

#include <ctype.h>
#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "api/api.h"
#include "fs/base/setting_dotenv.h"

#define TEXT_MAX (1024 * 1024)

const struct setting *setting_find(
	const struct setting *table, const char *name)
{
	for (; table->name; table++)
		if (!strcmp(table->name, name))
			return table;
	return NULL;
}

static bool is_blank(char c)
{
	return c == ' ' || (c >= '\t' && c <= '\r');
}

static bool is_of_word(char c)
{
	return isalnum((unsigned char)c) || (c && strchr("._+-", c));
}

/* A word without surrounding blanks; never NULL, not NUL-terminated. */
struct word {
	const char *bytes;
	size_t len;
};

static struct word word_trim(const char *text, size_t len)
{
	while (len && is_blank(text[len - 1]))
		len--;
	while (len && is_blank(*text)) {
		text++;
		len--;
	}
	return (struct word){ text, len };
}

/* Reads the next word; blanks and commas separate them. */
static bool word_next(const char **text, size_t *len, struct word *word)
{
	while (*len && (is_blank(**text) || **text == ',')) {
		++*text;
		--*len;
	}
	word->bytes = *text;
	while (*len && !is_blank(**text) && **text != ',') {
		++*text;
		--*len;
	}
	word->len = (size_t)(*text - word->bytes);
	return word->len > 0;
}

static bool word_is(struct word word, const char *text)
{
	return strlen(text) == word.len && !memcmp(word.bytes, text, word.len);
}

static int number_read(
	const struct setting *setting, struct word word, json_t **value)
{
	char digits[24], *end;
	long number;

	if (!word.len || word.len >= sizeof(digits))
		return -EINVAL;
	memcpy(digits, word.bytes, word.len);
	digits[word.len] = '\0';
	if (digits[strspn(digits, "-0123456789")])
		return -EINVAL;
	errno = 0;
	number = strtol(digits, &end, 10);
	if (*end || end == digits || errno || number < setting->min ||
		number > setting->max)
		return -EINVAL;
	*value = json_integer(number);
	return *value ? 0 : -ENOMEM;
}

static int bool_read(struct word word, json_t **value)
{
	static const char *const words[] = { "0", "1", "false", "true", "no",
		"yes" };

	for (size_t i = 0; i < sizeof(words) / sizeof(*words); i++)
		if (word_is(word, words[i])) {
			*value = json_boolean(i % 2);
			return 0;
		}
	return -EINVAL;
}

static int word_read(struct word word, json_t **value)
{
	if (word.len > 255)
		return -EINVAL;
	for (size_t i = 0; i < word.len; i++)
		if (!is_of_word(word.bytes[i]))
			return -EINVAL;
	*value = json_stringn(word.bytes, word.len);
	return *value ? 0 : -ENOMEM;
}

static int choice_read(
	const struct setting *setting, struct word word, json_t **value)
{
	const char *choices = setting->choices;
	size_t len = strlen(choices);
	struct word choice;

	while (word_next(&choices, &len, &choice))
		if (choice.len == word.len &&
			!memcmp(choice.bytes, word.bytes, word.len)) {
			*value = json_stringn(word.bytes, word.len);
			return *value ? 0 : -ENOMEM;
		}
	return -EINVAL;
}

static int text_read(const char *text, size_t len, json_t **value)
{
	json_t *string;

	if (len && text[len - 1] == '\n')
		len--;
	for (size_t i = 0; i < len; i++)
		if (((unsigned char)text[i] < ' ' && text[i] != '\n' &&
			    text[i] != '\t') ||
			text[i] == 0x7f)
			return -EINVAL;
	string = json_from_bytes(text, len);
	if (!string)
		return -ENOMEM;
	if (json_string_length(string) != len) { /* it is not UTF-8 */
		json_decref(string);
		return -EINVAL;
	}
	*value = string;
	return 0;
}

static int item_read(
	const struct setting *setting, struct word word, json_t **item)
{
	if (setting->type == SETTING_NUMBERS)
		return number_read(setting, word, item);
	for (size_t i = 0; i < word.len; i++)
		if ((unsigned char)word.bytes[i] < ' ')
			return -EINVAL;
	return text_read(word.bytes, word.len, item);
}

static int list_read(const struct setting *setting, const char *text,
	size_t len, json_t **value)
{
	json_t *list = json_array(), *item;
	struct word word;
	int err = list ? 0 : -ENOMEM;

	while (!err && word_next(&text, &len, &word)) {
		err = item_read(setting, word, &item);
		if (!err && json_array_append_new(list, item) < 0)
			err = -ENOMEM;
	}
	if (err)
		json_decref(list);
	else
		*value = list;
	return err;
}

static void reason_print(
	const struct setting *setting, char *why, size_t why_len)
{
	static const char *const reasons[] = {
		[SETTING_NUMBER] = "a number",
		[SETTING_NUMBERS] = "numbers",
		[SETTING_BOOL] = "0 or 1",
		[SETTING_WORD] = "one word of letters, digits and ._+-, or "
				 "nothing",
		[SETTING_CHOICE] = "one of",
		[SETTING_LIST] = "UTF-8 text without control bytes",
		[SETTING_TEXT] = "UTF-8 text without control bytes",
	};
	const char *name = setting->name, *reason = reasons[setting->type];

	if (setting->type == SETTING_NUMBER || setting->type == SETTING_NUMBERS)
		snprintf(why, why_len, "%s: %s from %ld to %ld", name, reason,
			setting->min, setting->max);
	else
		snprintf(why, why_len, "%s: %s%s%s", name, reason,
			setting->choices ? " " : "",
			setting->choices ? setting->choices : "");
}

int setting_parse(const struct setting *setting, const char *text, size_t len,
	json_t **value, char *why, size_t why_len)
{
	struct word word;
	int err = -EINVAL;

	*value = NULL;
	if (!len)
		text = "";
	word = word_trim(text, len);
	if (len > TEXT_MAX) {
		snprintf(why, why_len, "%s: longer than %d bytes",
			setting->name, TEXT_MAX);
		return -EINVAL;
	}
	switch (setting->type) {
	case SETTING_NUMBER:
		err = number_read(setting, word, value);
		break;
	case SETTING_BOOL:
		err = bool_read(word, value);
		break;
	case SETTING_WORD:
		err = word_read(word, value);
		break;
	case SETTING_CHOICE:
		err = choice_read(setting, word, value);
		break;
	case SETTING_LIST:
	case SETTING_NUMBERS:
		err = list_read(setting, text, len, value);
		break;
	case SETTING_TEXT:
		err = text_read(text, len, value);
		break;
	case SETTING_ENV: /* its errors name the line */
		return dotenv_parse(
			setting->name, text, len, value, why, why_len);
	}
	if (err == -EINVAL)
		reason_print(setting, why, why_len);
	else if (err)
		snprintf(why, why_len, "%s: %s", setting->name, strerror(-err));
	return err;
}

/* A record on disk may hold a value of any type. */
static bool is_of_type(const struct setting *setting, const json_t *value)
{
	static const json_type types[] = {
		[SETTING_NUMBER] = JSON_INTEGER,
		[SETTING_BOOL] = JSON_TRUE,
		[SETTING_WORD] = JSON_STRING,
		[SETTING_CHOICE] = JSON_STRING,
		[SETTING_TEXT] = JSON_STRING,
		[SETTING_ENV] = JSON_OBJECT,
		[SETTING_LIST] = JSON_ARRAY,
		[SETTING_NUMBERS] = JSON_ARRAY,
	};
	json_type type = json_is_false(value) ? JSON_TRUE : json_typeof(value);

	return type == types[setting->type];
}

static bool is_of_lines(const struct setting *setting)
{
	return setting->type == SETTING_ENV || setting->type == SETTING_LIST ||
		setting->type == SETTING_NUMBERS;
}

static void value_print(const json_t *value, FILE *out)
{
	const json_t *item;
	size_t i;

	if (json_is_integer(value))
		fprintf(out, "%" JSON_INTEGER_FORMAT "\n",
			json_integer_value(value));
	else if (json_is_boolean(value))
		fprintf(out, "%d\n", json_is_true(value));
	else if (json_is_string(value))
		fprintf(out, "%s\n", json_string_value(value));
	json_array_foreach (value, i, item)
		value_print(item, out);
}

char *setting_text(
	const struct setting *setting, const json_t *value, size_t *len)
{
	const char *preset = setting->preset ? setting->preset : "";
	char *text = NULL;
	FILE *out;
	bool failed = false;

	*len = 0;
	out = open_memstream(&text, len);
	if (!out)
		return NULL;
	if (!value || !is_of_type(setting, value))
		fprintf(out, "%s%s", preset,
			*preset || !is_of_lines(setting) ? "\n" : "");
	else if (setting->type == SETTING_ENV)
		failed = dotenv_print(value, out) < 0;
	else
		value_print(value, out);
	failed |= ferror(out) != 0;
	if (fclose(out) || failed) {
		free(text);
		return NULL;
	}
	return text;
}
