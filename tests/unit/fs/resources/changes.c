/* SPDX-License-Identifier: MIT */
/* tests/unit/fs/resources/changes.c - times of changes are kept for the next
 * mount */
#include "fs/resources/resource_index.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "api/api.h"
#include "api/json.h"

static const struct resource_list list = { .member = "all", .ids = "id" };
static const struct timespec epoch = { 1000, 0 }, seen = { 5000, 7 },
			     now = { 9000, 3 };

static struct resource_index *index_of(
	const char *text, const struct resource_index *before)
{
	struct resource_index *index;
	json_t *json;

	assert_int_equal(json_parse_list(text, strlen(text), &json), 0);
	assert_int_equal(resource_index_new(
				 &list, json, 1, before, NULL, &epoch, &index),
		0);
	json_decref(json);
	return index;
}

/* What a mount stores if it saw the resource change from other to text. */
static json_t *kept(const char *text, const char *other)
{
	struct resource_index *first = index_of(other, NULL);
	struct resource_index *index = index_of(text, first);

	resource_index_follow(index, first, &seen);
	json_t *changes = changes_of(index);
	resource_index_drop(first, NULL);
	resource_index_drop(index, NULL);
	assert_non_null(changes);
	return changes;
}

static const struct {
	const char *name, *then, *today;
	time_t changed;
} cases[] = {
	{ "the same", "[{\"id\":1,\"a\":2}]", "[{\"id\":1,\"a\":2}]", 5000 },
	{ "another value", "[{\"id\":1,\"a\":2}]", "[{\"id\":1,\"a\":3}]",
		9000 },
	{ "members that change by themselves",
		"[{\"id\":1,\"a\":2,\"remaining_ttl\":5,\"last_activity\":1}]",
		"[{\"id\":1,\"a\":2,\"remaining_ttl\":4,\"last_activity\":2}]",
		5000 },
	{ "such members, and another value",
		"[{\"id\":1,\"a\":2,\"remaining_ttl\":5}]",
		"[{\"id\":1,\"a\":3,\"remaining_ttl\":5}]", 9000 },
	{ "a new one", "[{\"id\":2,\"a\":2}]", "[{\"id\":1,\"a\":2}]", 1000 },
	{ "created after that", "[{\"id\":1,\"created_at\":6000}]",
		"[{\"id\":1,\"created_at\":6000}]", 6000 },
};

static void the_next_mount_has_the_times(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		json_t *changes =
			kept(cases[i].then, "[{\"id\":1,\"b\":1},{\"id\":2}]");
		struct resource_index *index = index_of(cases[i].today, NULL);
		changes_restore(index, changes);
		assert_int_equal(resource_index_follow(index, NULL, &now),
			cases[i].changed == 9000);
		if (index->all[0].changed.tv_sec != cases[i].changed)
			fail_msg("%s: %ld", cases[i].name,
				(long)index->all[0].changed.tv_sec);
		if (cases[i].changed == 5000)
			assert_int_equal(index->all[0].changed.tv_nsec, 7);
		resource_index_drop(index, NULL);
		json_decref(changes);
	}
}

static void damaged_times_are_ignored(void **state)
{
	static const char *const lines[] = { "\"\"", "1", "null", "\"x 1 2\"",
		"\"1f 5000\"", "\"1f 5000 1000000000\"", "\"1f 5000 -1\"" };

	(void)state;
	for (size_t i = 0; i < sizeof(lines) / sizeof(*lines); i++) {
		char text[64];
		snprintf(text, sizeof(text), "{\"1\":%s}", lines[i]);
		json_t *changes = json_read(text, strlen(text));
		struct resource_index *index = index_of("[{\"id\":1}]", NULL);
		changes_restore(index, changes);
		resource_index_follow(index, NULL, &now);
		assert_int_equal(index->all[0].changed.tv_sec, 1000);
		resource_index_drop(index, NULL);
		json_decref(changes);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_next_mount_has_the_times),
		cmocka_unit_test(damaged_times_are_ignored),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
