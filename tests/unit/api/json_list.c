/* SPDX-License-Identifier: MIT */
/* tests/unit/api/json_list.c - lists whose items are kept as text until used */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "api/api.h"
#include "api/json.h"
#include "tests/unit/alloc_fail.h"

struct list_case {
	const char *name;
	const char *text;
	const char *read; /* as compact JSON; NULL: not JSON */
};

static const struct list_case lists[] = {
	{ "nothing in it", "[]", "[]" },
	{ "an array", "[{\"id\":1},{\"id\":2}]",
		"[\"{\\\"id\\\":1}\",\"{\\\"id\\\":2}\"]" },
	{ "a member", "{\"a\":[{\"id\":1}],\"count\":1}",
		"{\"a\":[\"{\\\"id\\\":1}\"],\"count\":1}" },
	{ "an empty object", "{}", "{}" },
	{ "white space", " { \"a\" :\n\t[ { } , {\"b\" : [ ] } ] }\r\n ",
		"{\"a\":[\"{ }\",\"{\\\"b\\\" : [ ] }\"]}" },
	{ "items that are not objects", "[1,\"{}\",null,[{}],true,-2.5e3]",
		"[null,null,null,null,null,null]" },
	{ "objects elsewhere", "{\"a\":{\"b\":[{\"c\":1}]}}",
		"{\"a\":{\"b\":[{\"c\":1}]}}" },
	{ "a byte order mark", "\xef\xbb\xbf[{}]", "[\"{}\"]" },
	{ "a number too large", "[{\"a\":123456789012345678901}]",
		"[\"{\\\"a\\\":123456789012345678901}\"]" },
	{ "the same key twice", "{\"a\":1,\"a\":[{}]}", "{\"a\":[\"{}\"]}" },
	{ "no list at all", "7", "7" },
	{ "empty", "", NULL },
	{ "cut off", "[{\"id\":1},", NULL },
	{ "cut off in an item", "[{\"id\":1},{\"id\"", NULL },
	{ "cut off after a key", "{\"a\"", NULL },
	{ "an item that is not JSON", "[{\"id\":}]", NULL },
	{ "no comma", "[{} {}]", NULL },
	{ "one comma too many", "[{},]", NULL },
	{ "a comma alone", "[,]", NULL },
	{ "no colon", "{\"a\" []}", NULL },
	{ "a key that is not a string", "{1:[]}", NULL },
	{ "a comma after the last member", "{\"a\":[],}", NULL },
	{ "brackets that do not match", "{\"a\":[{}}]", NULL },
	{ "something after it", "[{}] x", NULL },
	{ "NUL in a key", "{\"a\\u0000b\":[]}", NULL },
};

static void test_lists(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(lists) / sizeof(*lists); i++) {
		const struct list_case *list = &lists[i];
		json_t *json, *whole;
		int err =
			json_parse_list(list->text, strlen(list->text), &json);

		print_message("%s\n", list->name);
		assert_int_equal(err, list->read ? 0 : -EPROTO);
		/* json_parse accepts the same texts. */
		assert_int_equal(err,
			json_parse(list->text, strlen(list->text), &whole));
		json_decref(whole);
		if (err) {
			assert_null(json);
			continue;
		}
		size_t len;
		char *read = json_write(json, &len);
		assert_string_equal(read, list->read);
		free(read);
		json_decref(json);
	}
}

/* NUL is not white space either. */
static void test_nul(void **state)
{
	json_t *json;

	(void)state;
	assert_int_equal(json_parse_list("[\0{}]", 5, &json), -EPROTO);
	assert_int_equal(json_parse_list("[{}]\0", 5, &json), -EPROTO);
	assert_null(json);
}

/* An item reads the same as in the whole list. */
static void test_items(void **state)
{
	static const char text[] =
		"[{\"name\":\"a\xff\\ud800\xf4\x8f\xbe\x80z\"},3]";
	json_t *list, *whole, *item;

	(void)state;
	assert_int_equal(json_parse_list(text, sizeof(text) - 1, &list), 0);
	assert_int_equal(json_parse(text, sizeof(text) - 1, &whole), 0);
	item = json_list_item(json_array_get(list, 0));
	assert_non_null(item);
	assert_true(json_equal(item, json_array_get(whole, 0)));
	assert_null(json_list_item(json_array_get(list, 1)));
	assert_null(json_list_item(NULL));
	json_decref(item);
	json_decref(list);
	json_decref(whole);
}

static void test_no_memory(void **state)
{
	static const char text[] = "{\"a\":[{\"b\":\"\xff\"},{}],\"c\":[1]}";
	json_t *json = NULL;
	int err = -ENOMEM;
	long n = 0;

	(void)state;
	json_set_alloc_funcs(__wrap_malloc, free);
	while (err == -ENOMEM) {
		assert_true(n < 1000);
		alloc_fail_at = ++n;
		err = json_parse_list(text, sizeof(text) - 1, &json);
		alloc_fail_at = 0;
		assert_true(err ? !json : json != NULL);
	}
	assert_int_equal(err, 0);
	assert_true(n > 10);
	json_decref(json);
	json_set_alloc_funcs(malloc, free);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_lists),
		cmocka_unit_test(test_nul),
		cmocka_unit_test(test_items),
		cmocka_unit_test(test_no_memory),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
