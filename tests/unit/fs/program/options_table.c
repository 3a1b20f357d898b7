/* SPDX-License-Identifier: MIT */
/* tests/unit/fs/program/options_table.c - rows of the options are consistent,
 * and documented in --help, the README and the man page */
#include "fs/program/program.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "cache/cache.h"

/* The text of --help, which the caller frees. */
static char *help_text(bool all)
{
	char *text = NULL;
	size_t len;
	FILE *out = open_memstream(&text, &len);

	assert_non_null(out);
	assert_int_equal(options_help(out, all), 0);
	fclose(out);
	return text;
}

/* Every row, also rows to be added. */
static void rows_are_consistent(void **state)
{
	const struct option_row *row = option_rows;
	size_t ttls = 0;
	char *help = help_text(true);

	(void)state;
	for (; row->name; row++) {
		const char *name = row->name;
		bool is_number =
			row->type >= OPTION_NUMBER && row->type <= OPTION_BYTES;

		for (size_t len; *name; name += len + (name[len] == ',')) {
			len = strcspn(name, ",");
			if (option_find(name, len) != row)
				fail_msg("%s: twice", name);
		}
		if (row->help && !strstr(help, row->name))
			fail_msg("%s: not in --help", row->name);
		if (row->type >= OPTION_KERNEL && (row->help || row->value))
			fail_msg("%s: in --help", row->name);
		if (row->type <= OPTION_OFF && row->value)
			fail_msg("%s: value", row->name);
		if (row->type >= OPTION_TEXT && row->type <= OPTION_BYTES &&
			(!row->value || !row->help))
			fail_msg("%s: no value or no help", row->name);
		if (is_number != (row->max > row->min))
			fail_msg("%s: range", row->name);
		ttls += strncmp(row->name, "ttl_", 4) == 0;
	}
	assert_in_range(ttls, 1, CACHE_KINDS);
	for (char *line = strtok(help, "\n"); line; line = strtok(NULL, "\n"))
		if (strlen(line) > 80)
			fail_msg("longer than 80: %s", line);
	free(help);
}

static void help_shows_the_defaults(void **state)
{
	char *help = help_text(true);

	(void)state;
	assert_non_null(strstr(help, "address [https://api.unsandbox.com]\n"));
	assert_non_null(strstr(help, "from 0\n"));
	assert_non_null(strstr(help, "64M [64M]\n"));
	assert_non_null(strstr(help, "    -h,--help "));
	free(help);
}

/* --help fits 24 lines, with what main prints around the options. */
static void the_common_options_fit_a_screen(void **state)
{
	char *help = help_text(false), *line = help;
	int lines = 0;

	(void)state;
	for (; (line = strchr(line, '\n')); line++)
		lines++;
	assert_in_range(lines, 12, 15);
	free(help);
}

static char *page_read(const char *path)
{
	static char text[1 << 16];
	FILE *page = fopen(path, "re");

	if (!page)
		fail_msg("%s: run this at the root of the checkout", path);
	text[fread(text, 1, sizeof(text) - 1, page)] = '\0';
	fclose(page);
	return text;
}

/* The row's name as it is written in a page: "-h", "ro", "url=". */
static void row_word(const struct option_row *row, char word[64])
{
	snprintf(word, 64, "%.*s%s", (int)strcspn(row->name, ","), row->name,
		row->value ? "=" : "");
}

static void the_readme_has_the_options(void **state)
{
	const char *text = page_read("README.md");
	const struct option_row *row = option_rows;
	char word[64];

	(void)state;
	for (; row->name; row++) {
		row_word(row, word);
		if (row->help && word[0] != '-' && !strstr(text, word))
			fail_msg("README.md does not have %s", word);
	}
}

/* Whether the text has the word, between blanks or line ends. */
static bool text_has_word(const char *text, const char *word)
{
	size_t len = strlen(word);

	for (const char *at = text; (at = strstr(at, word)); at += len)
		if (strchr(" \n", at[-1]) && strchr(" \n", at[len]))
			return true;
	return false;
}

/* Checks that the table has the options in lines of this macro. */
static void macro_check(const char *text, const char *macro)
{
	while ((text = strstr(text, macro))) {
		size_t len = strcspn(text += strlen(macro), "\n");
		char *line = strndup(text, len), *word;

		for (word = strtok(line, " ,"); word; word = strtok(NULL, " ,"))
			if (strcmp(word, "Ar") == 0)
				strtok(NULL, " ,"); /* the value's name */
			else if (strcmp(word, "Ns") && strcmp(word, "Cm") &&
				!option_find(word, strcspn(word, "=")))
				fail_msg("man page: no option %s", word);
		free(line);
	}
}

/* The man page has all options of --help, and no others. */
static void the_man_page_has_the_options(void **state)
{
	char *text = strstr(page_read("man/unsandboxfs.1"), ".Sh OPTIONS\n");
	const struct option_row *row = option_rows;
	char word[64];

	(void)state;
	assert_non_null(text);
	*strstr(text, ".Sh ENVIRONMENT") = '\0';
	for (; row->name; row++) {
		row_word(row, word);
		if (row->help && word[0] == '-')
			snprintf(word, sizeof(word), "Fl %c", row->name[1]);
		if (row->help && !text_has_word(text, word))
			fail_msg("man page: %s is missing", word);
	}
	macro_check(text, "\n.It Cm ");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(rows_are_consistent),
		cmocka_unit_test(help_shows_the_defaults),
		cmocka_unit_test(the_common_options_fit_a_screen),
		cmocka_unit_test(the_readme_has_the_options),
		cmocka_unit_test(the_man_page_has_the_options),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
