/* SPDX-License-Identifier: MIT */
/* tests/unit/fs/base/safe_name.c - any name from the network becomes a valid
 * file name */
#include "fs/base/safe_name.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define X50 "xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx"
#define X250 X50 X50 X50 X50 X50
#define LONG_ID X50 X50 X50 X50

static const char *const taken[] = { "new", "owned", NULL };

struct name_case {
	const char *raw, *id, *name;
};

/* All names are in the same directory. */
static const struct name_case cases[] = {
	{ "web", "i1", "web" },
	{ "twice", "i2", "twice~i2" },
	{ "twice", "i3", "twice~i3" },
	{ "twice~i2", "i4", "twice~i2~i4" },
	{ "..", "i5", "%2E." },
	{ ".", "i6", "%2E" },
	{ ".hidden", "i7", "%2Ehidden" },
	{ "a/b", "i8", "a%2Fb" },
	{ "a%2Fb", "i9", "a%252Fb" },
	{ "", "i10", "~i10" },
	{ "", "i11", "~i11" },
	{ "new", "i12", "new~i12" },
	{ "i1", "i13", "i1~i13" }, /* the id of another */
	{ "i14", "i14", "i14" },   /* its own id */
	{ "two\nlines\x7f", "i15", "two%0Alines%7F" },
	{ "c1\xc2\x9b"
	  "2J",
		"i19", "c1%C2%9B2J" },
	{ "c1\x9b"
	  "2J \xff",
		"i20", "c1%9B2J \xff" },
	{ "a~b", "i16", "a~b~i16" },
	{ "\xc3\xa9t\xc3\xa9", "i17", "\xc3\xa9t\xc3\xa9" },
	{ "odd id", "a/~b", "odd id" },
	{ "odd id too", "..", "odd id too" },
	{ "odd", "x/~y", "odd~x%2F%7Ey" },
	{ "odd", "..y", "odd~%2E.y" },
	{ X250 X50, "i18", X50 X50 X50 X50 X50 "x~i18" },
};
enum { CASES = sizeof(cases) / sizeof(*cases) };

static void names_fill(struct named *named, bool is_reversed)
{
	for (size_t i = 0; i < CASES; i++) {
		const struct name_case *row =
			&cases[is_reversed ? CASES - 1 - i : i];
		named[i] = (struct named){ .raw = row->raw,
			.raw_len = strlen(row->raw),
			.id = row->id };
	}
}

static const struct name_case *case_of(const char *id)
{
	for (size_t i = 0; i < CASES; i++)
		if (!strcmp(cases[i].id, id))
			return &cases[i];
	fail();
	return NULL;
}

static void check_all(bool is_reversed)
{
	struct named named[CASES];

	names_fill(named, is_reversed);
	assert_int_equal(safe_names(named, CASES, taken), 0);
	for (size_t i = 0; i < CASES; i++) {
		const struct name_case *row = case_of(named[i].id);
		if (strlen(row->raw) < SAFE_NAME_MAX)
			assert_string_equal(named[i].name, row->name);
		assert_in_range(strlen(named[i].name), 1, SAFE_NAME_MAX);
		assert_null(strchr(named[i].name, '/'));
		assert_int_not_equal(named[i].name[0], '.');
		for (size_t j = 0; j < i; j++)
			assert_string_not_equal(named[i].name, named[j].name);
	}
	for (size_t i = 0; i < CASES; i++)
		free(named[i].name);
}

static void names_are_safe_and_differ(void **state)
{
	(void)state;
	check_all(false);
}

static void the_order_of_the_list_does_not_matter(void **state)
{
	(void)state;
	check_all(true);
}

static void long_names_are_cut_between_characters(void **state)
{
	/* 254 bytes and a character of two bytes, which is cut off whole. */
	struct named named[2] = {
		{ X250 "xxxx\xc3\xa9", 256, "i" },
		{ X250 "%%%", 253, LONG_ID },
	};

	(void)state;
	assert_int_equal(safe_names(named, 2, NULL), 0);
	assert_in_range(strlen(named[0].name), 250, SAFE_NAME_MAX);
	assert_string_equal(strchr(named[0].name, '~'), "~i");
	assert_in_range(strlen(named[1].name), 230, SAFE_NAME_MAX);
	assert_int_equal(strlen(strchr(named[1].name, '~')), 17);
	free(named[0].name);
	free(named[1].name);
}

static void an_empty_list_is_valid(void **state)
{
	(void)state;
	assert_int_equal(safe_names(NULL, 0, taken), 0);
}

static void decoding_reverts_encoding(void **state)
{
	static const char *const words[] = { "", ".", "..", "a/b", "%", "%2F",
		"~", "unsb-service-1", "\x01\xff\x7f", "a%zz" };

	(void)state;
	for (size_t i = 0; i < sizeof(words) / sizeof(*words); i++) {
		char *name = safe_name_encode(words[i], strlen(words[i]));
		char *back = safe_name_decode(name);
		assert_null(strpbrk(name, "/~\n"));
		assert_string_equal(back, words[i]);
		free(name);
		free(back);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(names_are_safe_and_differ),
		cmocka_unit_test(the_order_of_the_list_does_not_matter),
		cmocka_unit_test(long_names_are_cut_between_characters),
		cmocka_unit_test(an_empty_list_is_valid),
		cmocka_unit_test(decoding_reverts_encoding),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
