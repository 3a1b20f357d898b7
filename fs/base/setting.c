/* SPDX-License-Identifier: MIT */
/* fs/base/setting.c - the types of settings: parsing and printing */
#include "fs/base/setting.h"

#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "api/api.h"

#define TEXT_MAX (1024 * 1024)
#define BLANKS " \t\n\v\f\r"
#define WORD_BYTES                                                             \
	"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789._+-"

const struct setting *setting_find(
	const struct setting *table, const char *name)
{
	for (; table->name; table++)
		if (!strcmp(table->name, name))
			return table;
	return NULL;
}

static int number_read(
	const struct setting *setting, const char *word, json_t **value)
{
	char *end;
	long number;

	if (word[strspn(word, "-0123456789")])
		return -EINVAL;
	errno = 0;
	number = strtol(word, &end, 10);
	if (*end || end == word || errno || number < setting->min ||
		number > setting->max)
		return -EINVAL;
	*value = json_integer(number);
	return *value ? 0 : -ENOMEM;
}

static int bool_read(const char *word, json_t **value)
{
	static const char *const words[] = { "0", "1", "false", "true", "no",
		"yes" };

	for (size_t i = 0; i < sizeof(words) / sizeof(*words); i++)
		if (!strcmp(word, words[i])) {
			*value = json_boolean(i % 2);
			return 0;
		}
	return -EINVAL;
}

static bool is_word(const char *word)
{
	size_t len = strlen(word);

	return len <= 255 && strspn(word, WORD_BYTES) == len;
}

/* Whether word is one of the choices, which are separated by blanks. */
static bool is_choice(const char *choices, const char *word)
{
	size_t len = strlen(word), choice_len;

	for (; *choices; choices += choice_len + (choices[choice_len] == ' ')) {
		choice_len = strcspn(choices, " ");
		if (choice_len == len && !strncmp(choices, word, len))
			return true;
	}
	return false;
}

static int text_read(const char *text, json_t **value)
{
	size_t len = strlen(text);

	if (len && text[len - 1] == '\n')
		len--;
	for (size_t i = 0; i < len; i++)
		if (((unsigned char)text[i] < ' ' && text[i] != '\n' &&
			    text[i] != '\t') ||
			text[i] == 0x7f)
			return -EINVAL;
	*value = json_from_bytes(text, len);
	if (!*value)
		return -ENOMEM;
	/* A string that is longer than the text is not UTF-8: bytes were
	 * escaped. */
	return json_string_length(*value) == len ? 0 : -EINVAL;
}

/* Whether text consists of names between slashes, none of them . or .. */
static bool is_path(const char *text)
{
	size_t len;

	for (;; text += len + 1) {
		len = strcspn(text, "/");
		if (!len || !strncmp(text, ".", len) ||
			!strncmp(text, "..", len))
			return false;
		if (!text[len])
			return true;
	}
}

static int list_read(const struct setting *setting, char *text, json_t **value)
{
	char *rest = text, *word;
	json_t *item;
	int err = 0;

	*value = json_array();
	if (!*value)
		return -ENOMEM;
	while (!err && (word = strtok_r(rest, BLANKS ",", &rest))) {
		item = NULL;
		err = setting->type == SETTING_NUMBERS
			? number_read(setting, word, &item)
			: text_read(word, &item);
		if (!err && json_array_append(*value, item) < 0)
			err = -ENOMEM;
		json_decref(item);
	}
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
		[SETTING_PATH] = "a file's path in the directory, *, or "
				 "nothing",
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

static char *text_trim(char *text)
{
	size_t len;

	text += strspn(text, BLANKS);
	len = strlen(text);
	while (len && strchr(BLANKS, text[len - 1]))
		len--;
	text[len] = '\0';
	return text;
}

/* text may be changed. */
static int value_read(const struct setting *setting, char *text, json_t **value)
{
	switch (setting->type) {
	case SETTING_TEXT:
		return text_read(text, value);
	case SETTING_LIST:
	case SETTING_NUMBERS:
		return list_read(setting, text, value);
	default:
		text = text_trim(text);
	}
	if (setting->type == SETTING_NUMBER)
		return number_read(setting, text, value);
	if (setting->type == SETTING_BOOL)
		return bool_read(text, value);
	if (setting->type == SETTING_PATH)
		return *text && !is_path(text) ? -EINVAL
					       : text_read(text, value);
	if (setting->type == SETTING_WORD ? !is_word(text)
					  : !is_choice(setting->choices, text))
		return -EINVAL;
	*value = json_string(text);
	return *value ? 0 : -ENOMEM;
}

static int copy_parse(const struct setting *setting, char *text, size_t len,
	json_t **value, char *why, size_t why_len)
{
	int err = -EINVAL;

	if (setting->type == SETTING_ENV) /* its errors name the line */
		return dotenv_parse(
			setting->name, text, len, value, why, why_len);
	if (strlen(text) == len)
		err = value_read(setting, text, value);
	if (err == -EINVAL)
		reason_print(setting, why, why_len);
	return err;
}

int setting_parse(const struct setting *setting, const char *text, size_t len,
	json_t **value, char *why, size_t why_len)
{
	char *copy;
	int err;

	*value = NULL;
	if (len > TEXT_MAX) {
		snprintf(why, why_len, "%s: longer than %d bytes",
			setting->name, TEXT_MAX);
		return -EINVAL;
	}
	copy = calloc(1, len + 1);
	if (copy) {
		memcpy(copy, len ? text : "", len);
		err = copy_parse(setting, copy, len, value, why, why_len);
		explicit_bzero(copy, len);
		free(copy);
	} else {
		err = -ENOMEM;
	}
	if (err == -ENOMEM)
		snprintf(why, why_len, "%s: out of memory", setting->name);
	if (err) {
		setting_wipe(*value);
		json_decref(*value);
		*value = NULL;
	}
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
		[SETTING_PATH] = JSON_STRING,
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
	json_array_foreach (value, i, item) {
		value_print(item, out);
	}
}

char *setting_text(
	const struct setting *setting, const json_t *value, size_t *len)
{
	const char *preset = setting->preset ? setting->preset : "";
	char *text = NULL;
	FILE *out;
	bool failed = false;

	*len = 0;
	out = text_stream_open(&text, len);
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
