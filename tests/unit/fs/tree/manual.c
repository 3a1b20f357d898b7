/* SPDX-License-Identifier: MIT */
/* tests/unit/fs/tree/manual.c - FILES of unsandboxfs(5) is what the rows say */
#include <ctype.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "fs/core/row.h"
#include "fs/tree/tables.h"

/* MANUAL_WRITE=1 in the environment writes the section anew. */
static const char manual[] = "man/unsandboxfs.5";
static const char begin[] =
	".\\\" FILES is made by tests/unit/fs/tree/manual.c\n";
static const char end[] = ".\\\" Here ends what is made.\n";

/* {service} is SERVICE, and a dot in front is no request of the formatter. */
static void path_print(const char *path, FILE *out)
{
	bool is_name = false;

	fputs(".It Pa ", out);
	if (path[0] == '.')
		fputs("\\&", out);
	for (; *path; path++) {
		if (*path == '{' || *path == '}')
			is_name = *path == '{';
		else
			fputc(is_name ? toupper((unsigned char)*path) : *path,
				out);
	}
	fputc('\n', out);
}

/* In lines of 80, none of which begins like a request. */
static void help_print(const char *help, FILE *out)
{
	enum { WIDTH = 80 };

	if (strchr(".'", help[0]))
		fputs("\\&", out);
	while (strlen(help) > WIDTH) {
		size_t len = WIDTH;
		while (len && (help[len] != ' ' || strchr(".'", help[len + 1])))
			len--;
		assert_int_not_equal(len, 0);
		fprintf(out, "%.*s\n", (int)len, help);
		help += len + 1;
	}
	fprintf(out, "%s\n", help);
}

static void row_print(const struct row *row, FILE *out)
{
	path_print(row->path + 1, out);
	help_print(row->help, out);
}

static char *section_make(size_t *len)
{
	char *text = NULL;
	FILE *out = open_memstream(&text, len);

	assert_non_null(out);
	fputs(".Bl -tag -width Ds -compact\n", out);
	for (size_t t = 0; tree_tables[t]; t++)
		for (const struct row *row = tree_tables[t]; row->path; row++)
			if (row != tree_root())
				row_print(row, out);
	fputs(".El\n", out);
	fclose(out);
	return text;
}

enum { MANUAL_MAX = 1 << 20 };

/* NULL: it is not there, the test is run from elsewhere. */
static char *manual_read(void)
{
	FILE *in = fopen(manual, "r");
	char *text = calloc(1, MANUAL_MAX);

	assert_non_null(text);
	if (in) {
		assert_in_range(
			fread(text, 1, MANUAL_MAX - 1, in), 1, MANUAL_MAX - 2);
		fclose(in);
		return text;
	}
	free(text);
	return NULL;
}

static void manual_write(
	const char *text, const char *from, const char *section, const char *to)
{
	FILE *out = fopen(manual, "w");

	assert_non_null(out);
	fwrite(text, 1, from - text, out);
	fprintf(out, "%s%s", section, to);
	fclose(out);
}

static void files_is_made_of_the_rows(void **state)
{
	char *text = manual_read(), *section;
	const char *from, *to;
	size_t len;

	(void)state;
	if (!text)
		skip();
	section = section_make(&len);
	from = strstr(text, begin);
	to = from ? strstr(from, end) : NULL;
	assert_non_null(to);
	from += strlen(begin);
	if (getenv("MANUAL_WRITE"))
		manual_write(text, from, section, to);
	else if ((size_t)(to - from) != len || memcmp(from, section, len))
		fail_msg("%s is not what the rows say; run this test with "
			 "MANUAL_WRITE=1",
			manual);
	free(section);
	free(text);
}

static int tree_start(void **state)
{
	(void)state;
	return tree_init(tree_tables);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(files_is_made_of_the_rows),
	};

	return cmocka_run_group_tests(tests, tree_start, NULL);
}
