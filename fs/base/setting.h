/* SPDX-License-Identifier: MIT */
/* fs/base/setting.h - settings of runs and drafts: the files of .settings */
#ifndef FS_BASE_SETTING_H
#define FS_BASE_SETTING_H

#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

#include <jansson.h>

enum setting_type {
	SETTING_NUMBER, /* min..max */
	SETTING_BOOL,	/* 0 or 1; also true, false, yes, no */
	SETTING_WORD,	/* one word of letters, digits and ._+-; "" allowed */
	SETTING_CHOICE, /* one of choices, separated by blanks */
	SETTING_ENV,  /* dotenv lines: NAME=value, # comments, quotes, export */
	SETTING_LIST, /* words, one a line (blanks and commas split, too) */
	SETTING_NUMBERS, /* numbers min..max, one a line (blanks, commas) */
	SETTING_TEXT,	 /* UTF-8 text, no control bytes but newline and tab; a
			    newline at the end is dropped */
	SETTING_PATH,	 /* a relative path without . and .., `*`, or "" */
};

/* A table of these ends with a NULL name. */
struct setting {
	const char *name;
	enum setting_type type;
	long min, max;
	const char *choices;
	const char *preset; /* the default, which reading gives */
	const char *field;  /* the API's name for it; NULL: the same */
	const char *help;
};

const struct setting *setting_find(
	const struct setting *table, const char *name);

/*
 * Parses what was written. *value is owned by the caller (number ->
 * integer, bool -> boolean, word, choice, text and path -> string, env ->
 * object of strings in order, list -> array of strings, numbers -> array of
 * integers). -EINVAL with `why`, one line that says what is allowed; -ENODATA
 * with `why`: an env ends in an open quote, so more lines are needed; -ENOMEM.
 * Values of env are json_from_bytes. Longer than 1 MiB is -EINVAL.
 */
int setting_parse(const struct setting *setting, const char *text, size_t len,
	json_t **value, char *why, size_t why_len);

/* The text that reading gives, with its newline ("" for an empty env or list,
 * one newline for an empty word). value NULL, or of another type than
 * setting_parse makes: the preset. Owned by the caller, free(); NULL if out of
 * memory. */
char *setting_text(
	const struct setting *setting, const json_t *value, size_t *len);

/*
 * What SETTING_ENV is: environment variables as people write them, lines of
 * NAME=value; blank lines and # comments, also after a value; `export ` before
 * a name; blanks around the `=`. A value in single quotes is literal; double
 * quotes allow \n \r \t \" \\ \$ \`; both may span lines. Nothing is expanded.
 * If a name is there twice, the later value counts. text ends with a NUL, and
 * is changed. *value, name -> json_from_bytes, is owned by the caller, even on
 * error. -EINVAL with `why` ("env: line 3: ..."); -ENODATA with `why`: a quote
 * is not closed; -ENOMEM.
 */
int dotenv_parse(const char *setting, char *text, size_t len, json_t **value,
	char *why, size_t why_len);

/* Prints them so that dotenv_parse, and a shell, read the same values. -ENOMEM.
 */
int dotenv_print(const json_t *value, FILE *out);

/* Wipes the strings in a value, unless others hold a reference to it. Takes
 * NULL. */
void setting_wipe(json_t *value);

#endif
