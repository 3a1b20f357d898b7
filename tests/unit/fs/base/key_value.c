/* SPDX-License-Identifier: MIT */
/* tests/unit/fs/base/key_value.c - words of an action, as the body of its
 * request */
#include "fs/base/key_value.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static const struct setting words[] = {
	{ .name = "type",
		.type = SETTING_CHOICE,
		.choices = "session service" },
	{ .name = "name", .type = SETTING_TEXT },
	{ .name = "ports", .type = SETTING_NUMBERS, .min = 1, .max = 65535 },
	{ .name = "domains", .type = SETTING_LIST, .field = "custom_domains" },
	{ 0 },
};

struct word_case {
	const char *text;
	const char *json; /* NULL: -EINVAL */
	const char *why;
};

static const struct word_case cases[] = {
	{ "type=service name=web2 ports=80,443\n",
		"{\"type\":\"service\",\"name\":\"web2\",\"ports\":[80,443]}",
		NULL },
	{ "  name=a\tports=80  \n", "{\"name\":\"a\",\"ports\":[80]}", NULL },
	{ "name=\"my web\"", "{\"name\":\"my web\"}", NULL },
	{ "name='it \"is\"' ports=1",
		"{\"name\":\"it \\\"is\\\"\",\"ports\":[1]}", NULL },
	{ "name=my\\ web", "{\"name\":\"my web\"}", NULL },
	{ "name=a=b", "{\"name\":\"a=b\"}", NULL },
	{ "name=", "{\"name\":\"\"}", NULL },
	{ "name=a name=b", "{\"name\":\"b\"}", NULL },
	{ "domains=a.b,c.d", "{\"custom_domains\":[\"a.b\",\"c.d\"]}", NULL },
	{ "", "{}", NULL },
	{ "\n", "{}", NULL },
	{ "1\n", NULL, "key=value words: type name ports domains" },
	{ "unsb-1\n", NULL, "key=value words: type name ports domains" },
	{ "nome=a", NULL, "key=value words: type name ports domains" },
	{ "name=a web", NULL, "key=value words: type name ports domains" },
	{ "=a", NULL, "key=value words: type name ports domains" },
	{ "ports=80,x", NULL, "ports: numbers from 1 to 65535" },
	{ "ports=0", NULL, "ports: numbers from 1 to 65535" },
	{ "type=image", NULL, "type: one of session service" },
	{ "name=\"a", NULL, "a quote is not closed" },
};

static void words_are_read(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		const struct word_case *row = &cases[i];
		json_t *object;
		char why[256] = "";
		int err = key_value_parse(words, row->text, strlen(row->text),
			&object, why, sizeof(why));
		if (!row->json) {
			assert_int_equal(err, -EINVAL);
			assert_null(object);
			assert_string_equal(why, row->why);
			continue;
		}
		assert_int_equal(err, 0);
		char *text = json_dumps(object, JSON_COMPACT);
		assert_string_equal(text, row->json);
		free(text);
		json_decref(object);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(words_are_read),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
