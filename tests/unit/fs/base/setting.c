/* SPDX-License-Identifier: MIT */
/* tests/unit/fs/base/setting.c - which texts a setting accepts, and what is
 * read back */
#include "fs/base/setting.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

static const struct setting table[] = {
	{ .name = "number",
		.type = SETTING_NUMBER,
		.min = -3,
		.max = 900,
		.preset = "60" },
	{ .name = "bool", .type = SETTING_BOOL, .preset = "0" },
	{ .name = "word", .type = SETTING_WORD, .preset = "" },
	{ .name = "choice",
		.type = SETTING_CHOICE,
		.choices = "zerotrust semitrusted",
		.preset = "zerotrust" },
	{ .name = "list", .type = SETTING_LIST },
	{ .name = "numbers", .type = SETTING_NUMBERS, .min = 1, .max = 65535 },
	{ .name = "text", .type = SETTING_TEXT },
	{ .name = "env", .type = SETTING_ENV, .preset = "" },
	{ .name = NULL },
};

static char why[256];

/* json NULL: refused, and text is a part of the reason. */
struct value_case {
	const char *setting, *written, *json, *text;
};

static void check(const struct value_case *row, size_t len)
{
	const struct setting *setting = setting_find(table, row->setting);
	json_t *value = NULL;
	char *json, *text;
	size_t text_len;
	int err;

	assert_non_null(setting);
	why[0] = '\0';
	err = setting_parse(
		setting, row->written, len, &value, why, sizeof(why));
	if (!row->json) {
		if (err !=
				(strstr(row->text, "not closed") ? -ENODATA
								 : -EINVAL) ||
			!strstr(why, row->text))
			fail_msg("%s '%s': %d %s", row->setting, row->written,
				err, why);
		assert_null(value);
		return;
	}
	if (err)
		fail_msg(
			"%s '%s': %d %s", row->setting, row->written, err, why);
	json = json_dumps(value, JSON_ENCODE_ANY | JSON_COMPACT);
	if (strcmp(json, row->json))
		fail_msg("%s '%s': %s", row->setting, row->written, json);
	free(json);
	text = setting_text(setting, value, &text_len);
	if (strcmp(text, row->text) || strlen(text) != text_len)
		fail_msg(
			"%s '%s' gives '%s'", row->setting, row->written, text);
	free(text);
	json_decref(value);
}

static void values(void **ctx)
{
	static const struct value_case rows[] = {
		{ "number", "60\n", "60", "60\n" },
		{ "number", " 900 \r\n", "900", "900\n" },
		{ "number", "-3", "-3", "-3\n" },
		{ "number", "007", "7", "7\n" },
		{ "number", "901", NULL, "number: a number from -3 to 900" },
		{ "number", "-4", NULL, "from -3" },
		{ "number", "", NULL, "from -3" },
		{ "number", "\n", NULL, "from -3" },
		{ "number", "6 0", NULL, "from -3" },
		{ "number", "6x", NULL, "from -3" },
		{ "number", "0x10", NULL, "from -3" },
		{ "number", "1.5", NULL, "from -3" },
		{ "number", "1-1", NULL, "from -3" },
		{ "number", "-", NULL, "from -3" },
		{ "number", "99999999999999999999", NULL, "from -3" },
		{ "number", "999999999999999999999999999999", NULL, "from" },
		{ "bool", "0\n", "false", "0\n" },
		{ "bool", "1", "true", "1\n" },
		{ "bool", "true\n", "true", "1\n" },
		{ "bool", "no", "false", "0\n" },
		{ "bool", "yes", "true", "1\n" },
		{ "bool", "2", NULL, "bool: 0 or 1" },
		{ "bool", "", NULL, "0 or 1" },
		{ "word", "c++\n", "\"c++\"", "c++\n" },
		{ "word", "python3.11", "\"python3.11\"", "python3.11\n" },
		{ "word", "\n", "\"\"", "\n" },
		{ "word", "", "\"\"", "\n" },
		{ "word", "a b", NULL, "one word" },
		{ "word", "a/b", NULL, "one word" },
		{ "word", "\xc3\xa4", NULL, "one word" },
		{ "choice", "semitrusted\n", "\"semitrusted\"",
			"semitrusted\n" },
		{ "choice", "semi", NULL, "one of zerotrust semitrusted" },
		{ "choice", "zerotrust semitrusted", NULL, "one of" },
		{ "choice", "", NULL, "one of" },
		{ "list", "a.com, b.com\nc.com  d\n",
			"[\"a.com\",\"b.com\",\"c.com\",\"d\"]",
			"a.com\nb.com\nc.com\nd\n" },
		{ "list", "\n", "[]", "" },
		{ "list", ",, ,", "[]", "" },
		{ "list", "a\x01", NULL, "control bytes" },
		{ "list", "a\xff", NULL, "UTF-8" },
		{ "numbers", "80,443\n8080", "[80,443,8080]",
			"80\n443\n8080\n" },
		{ "numbers", "", "[]", "" },
		{ "numbers", "80,x", NULL, "numbers from 1 to 65535" },
		{ "numbers", "0", NULL, "from 1" },
		{ "text", "#!/bin/sh\n\techo \xc3\xa4\n",
			"\"#!/bin/sh\\n\\techo \xc3\xa4\"",
			"#!/bin/sh\n\techo \xc3\xa4\n" },
		{ "text", "", "\"\"", "\n" },
		{ "text", "a\n\n", "\"a\\n\"", "a\n\n" },
		{ "text", "a\rb", NULL, "control bytes" },
		{ "text", "a\x7f", NULL, "control bytes" },
		{ "text", "\xc3", NULL, "UTF-8" },
	};

	(void)ctx;
	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++)
		check(&rows[i], strlen(rows[i].written));
	for (const struct setting *setting = table; setting->name; setting++)
		check(&(struct value_case){ setting->name, "a\0b", NULL, "" },
			3);
}

/* As people write it. */
static void dotenv(void **ctx)
{
	static const struct value_case rows[] = {
		{ "env", "", "{}", "" },
		{ "env", "\n\n# nothing\n  \t\n", "{}", "" },
		{ "env", "A=1\nB=2\n", "{\"A\":\"1\",\"B\":\"2\"}",
			"A=1\nB=2\n" },
		{ "env", "B=2\nA=1", "{\"B\":\"2\",\"A\":\"1\"}",
			"B=2\nA=1\n" },
		{ "env", "A=1\r\nB=2\r\n", "{\"A\":\"1\",\"B\":\"2\"}",
			"A=1\nB=2\n" },
		{ "env",
			"\xef\xbb\xbf"
			"A=1\n",
			"{\"A\":\"1\"}", "A=1\n" },
		{ "env", "  A = 1  \n", "{\"A\":\"1\"}", "A=1\n" },
		{ "env", "export A=1\nexport\t_b2=x",
			"{\"A\":\"1\",\"_b2\":\"x\"}", "A=1\n_b2=x\n" },
		{ "env", "export=1\nexport = 2", "{\"export\":\"2\"}",
			"export=2\n" },
		{ "env", "exportA=1", "{\"exportA\":\"1\"}", "exportA=1\n" },
		{ "env", "A=\nB=''\nC=\"\"",
			"{\"A\":\"\",\"B\":\"\",\"C\":\"\"}", "A=\nB=\nC=\n" },
		{ "env", "A=a=b==\n", "{\"A\":\"a=b==\"}", "A=a=b==\n" },
		{ "env", "U=postgres://u:p@h:1/d?x=y&z#f # why\n",
			"{\"U\":\"postgres://u:p@h:1/d?x=y&z#f\"}",
			"U='postgres://u:p@h:1/d?x=y&z#f'\n" },
		{ "env", "A= # nothing\nB=#x\n", "{\"A\":\"\",\"B\":\"#x\"}",
			"A=\nB='#x'\n" },
		{ "env", "A=two words  # and why\n", "{\"A\":\"two words\"}",
			"A='two words'\n" },
		{ "env", "A='single # $x \\n'  # why\n",
			"{\"A\":\"single # $x \\\\n\"}",
			"A='single # $x \\n'\n" },
		{ "env", "A=\"a\\nb\\t\\\"\\\\\\$x\\z\"#why\n",
			"{\"A\":\"a\\nb\\t\\\"\\\\$x\\\\z\"}",
			"A='a\nb\t\"\\$x\\z'\n" },
		{ "env", "A='two\nlines'\nB=1",
			"{\"A\":\"two\\nlines\",\"B\":\"1\"}",
			"A='two\nlines'\nB=1\n" },
		{ "env", "A=it's\n", "{\"A\":\"it's\"}", "A=\"it's\"\n" },
		{ "env", "A=`x'\"$y\\\n", "{\"A\":\"`x'\\\"$y\\\\\"}",
			"A=\"\\`x'\\\"\\$y\\\\\"\n" },
		{ "env", "A=1\nA=2\n", "{\"A\":\"2\"}", "A=2\n" },
		{ "env", "A=\xc3\xa4\n", "{\"A\":\"\xc3\xa4\"}",
			"A='\xc3\xa4'\n" },
		{ "env", "A=1\n1A=2\n", NULL,
			"env: line 2: a name begins with a letter or _" },
		{ "env", "\n\nA-B=2\n", NULL, "line 3: a name has letters" },
		{ "env", "A\n", NULL, "line 1: there is no =" },
		{ "env", "export A\n", NULL, "line 1: there is no =" },
		{ "env", "export\n", NULL, "line 1: there is no =" },
		{ "env", "=1\n", NULL, "line 1: a name begins" },
		{ "env", "A='x\ny\n", NULL, "line 1: a quote is not closed" },
		{ "env", "A=1\nB=\"x\\\"\n", NULL,
			"line 2: a quote is not closed" },
		{ "env", "A='x\ny' z\n", NULL, "line 2: there is text" },
		{ "env", "A='x'y\n", NULL, "line 1: there is text" },
		{ "env", "\xc3\xa4=1\n", NULL, "line 1: a name begins" },
	};

	(void)ctx;
	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++)
		check(&rows[i], strlen(rows[i].written));
}

/* Any bytes are read back unchanged, by setting_parse and by a shell. */
static void env_comes_back(void **ctx)
{
	const struct setting *env = setting_find(table, "env");
	char line[600], *text, *again, command[64], got[300];
	json_t *value, *second;
	unsigned seed = 7;
	size_t len, text_len;
	int fd;
	FILE *out;

	(void)ctx;
	for (int i = 0; i < 300; i++) {
		static const char bytes[] = "ab '\"\\$`#\n\t=!*~\xff\xc3";
		char raw[40] = "", path[] = "/tmp/fs_setting.XXXXXX";
		size_t raw_len = 0, line_len;

		for (int n = i % 20; n > 0; n--) {
			seed = seed * 1103515245u + 12345u;
			raw[raw_len++] = bytes[(seed >> 16) % 17];
		}
		line_len = (size_t)sprintf(line, "A=\"");
		for (size_t c = 0; c < raw_len; c++) {
			if (strchr("\"\\$`", raw[c]))
				line[line_len++] = '\\';
			line[line_len++] = raw[c];
		}
		line[line_len++] = '"';
		assert_int_equal(setting_parse(env, line, line_len, &value, why,
					 sizeof(why)),
			0);
		text = setting_text(env, value, &text_len);
		assert_int_equal(setting_parse(env, text, text_len, &second,
					 why, sizeof(why)),
			0);
		assert_true(json_equal(value, second));
		again = setting_text(env, second, &len);
		assert_string_equal(text, again);
		free(again);
		json_decref(value);
		json_decref(second);
		fd = mkstemp(path);
		assert_int_equal(write(fd, text, text_len), text_len);
		close(fd);
		free(text);
		snprintf(command, sizeof(command), ". %s; printf %%s \"$A\"",
			path);
		out = popen(command, "r");
		len = fread(got, 1, sizeof(got), out);
		pclose(out);
		unlink(path);
		if (len != raw_len || memcmp(got, raw, len))
			fail_msg("%.*s is %.*s to a shell", (int)raw_len, raw,
				(int)len, got);
	}
}

static void presets(void **ctx)
{
	static const struct {
		const char *name, *text;
	} rows[] = {
		{ "number", "60\n" },
		{ "bool", "0\n" },
		{ "word", "\n" },
		{ "choice", "zerotrust\n" },
		{ "list", "" },
		{ "numbers", "" },
		{ "text", "\n" },
		{ "env", "" },
	};
	const struct setting *setting;
	json_t *wrong = json_null(), *value;
	size_t len, count = 0;
	char *text;

	(void)ctx;
	for (setting = table; setting->name; setting++, count++) {
		assert_string_equal(setting->name, rows[count].name);
		text = setting_text(setting, NULL, &len);
		assert_string_equal(text, rows[count].text);
		assert_int_equal(len, strlen(text));
		/* The text that is read can be written. */
		assert_int_equal(setting_parse(setting, text, len, &value, why,
					 sizeof(why)),
			0);
		json_decref(value);
		free(text);
		text = setting_text(setting, wrong, &len);
		assert_string_equal(text, rows[count].text);
		free(text);
	}
	assert_int_equal(count, sizeof(rows) / sizeof(*rows));
	assert_null(setting_find(table, "none"));
}

static void too_long(void **ctx)
{
	const size_t len = 1024 * 1024 + 1;
	char *text = malloc(len);
	json_t *value;

	(void)ctx;
	memset(text, 'x', len);
	memcpy(text, "A=", 2);
	for (const struct setting *setting = table; setting->name; setting++)
		assert_int_equal(setting_parse(setting, text, len, &value, why,
					 sizeof(why)),
			-EINVAL);
	assert_non_null(strstr(why, "longer than 1048576 bytes"));
	assert_int_equal(setting_parse(setting_find(table, "env"), text,
				 len - 1, &value, why, sizeof(why)),
		0);
	json_decref(value);
	assert_int_equal(setting_parse(setting_find(table, "word"), text, 256,
				 &value, why, sizeof(why)),
		-EINVAL);
	assert_int_equal(setting_parse(setting_find(table, "env"), NULL, 0,
				 &value, why, sizeof(why)),
		0);
	json_decref(value);
	free(text);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(values),
		cmocka_unit_test(dotenv),
		cmocka_unit_test(env_comes_back),
		cmocka_unit_test(presets),
		cmocka_unit_test(too_long),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
