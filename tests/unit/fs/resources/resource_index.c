/* SPDX-License-Identifier: MIT */
/* tests/unit/fs/resources/resource_index.c - resources are found by id, by name
 * and by directory */
#include "fs/resources/resource_index.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "api/api.h"
#include "api/json.h"
#include "fs/resources/resources.h"
#include "tests/unit/alloc_fail.h"

static const char *const reserved[] = { "new", NULL };
static const struct resource_list by_id = { .member = "all", .ids = "id" };
static const struct resource_list by_name = {
	.member = "all",
	.ids = "id",
	.names = "name",
	.reserved = reserved,
	.keys = snapshot_keys,
	.part_names = "name",
};
static const struct timespec epoch = { 1000, 0 }, now = { 2000, 5 };

static json_t *answer_of(const char *text)
{
	json_t *json;

	assert_int_equal(json_parse_list(text, strlen(text), &json), 0);
	return json;
}

static struct resource_index *index_of(const struct resource_list *list,
	const char *text, const struct resource_index *before)
{
	struct resource_index *index;
	json_t *json = answer_of(text);

	assert_int_equal(
		resource_index_new(list, json, 7, before, NULL, &epoch, &index),
		0);
	json_decref(json);
	resource_index_follow(index, before, &now);
	return index;
}

struct name_case {
	const char *name;
	const struct resource_list *list;
	const char *text;
	const char *shown; /* ID:NAME ..., in the order of the list */
};

static const struct name_case names[] = {
	{ "nothing", &by_id, "{\"all\":[]}", "" },
	{ "ids", &by_id, "{\"all\":[{\"id\":\"b\"},{\"id\":7}]}", "b:b 7:7" },
	{ "an array without an object", &by_id, "[{\"id\":\"b\"}]", "b:b" },
	{ "unusable items", &by_id,
		"[1,null,{},{\"id\":null},{\"id\":\"\"},{\"id\":[]},"
		"{\"id\":\"a\\u0000\"},{\"id\":\"z\"}]",
		"z:z" },
	{ "an id twice", &by_id, "[{\"id\":1},{\"id\":2},{\"id\":1}]",
		"1:1 2:2" },
	{ "names", &by_name,
		"[{\"id\":1,\"name\":\"a\"},{\"id\":2,\"name\":\"b/c\"}]",
		"1:a 2:b%2Fc" },
	{ "none, shared, reserved", &by_name,
		"[{\"id\":1},{\"id\":2,\"name\":\"a\"},"
		"{\"id\":3,\"name\":\"a\"},{\"id\":4,\"name\":\"new\"}]",
		"1:~1 2:a~2 3:a~3 4:new~4" },
};

static void test_names(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(names) / sizeof(*names); i++) {
		const struct name_case *row = &names[i];
		struct resource_index *index =
			index_of(row->list, row->text, NULL);
		char shown[256] = "";

		print_message("%s\n", row->name);
		for (size_t j = 0; j < index->count; j++) {
			struct resource *one = &index->all[j];
			size_t len = strlen(shown);
			snprintf(shown + len, sizeof(shown) - len, "%s%s:%s",
				j ? " " : "", one->id, one->name);
			assert_ptr_equal(resource_by_id(index, one->id), one);
			assert_ptr_equal(
				resource_by_name(index, one->name), one);
		}
		assert_string_equal(shown, row->shown);
		assert_null(resource_by_id(index, "nobody"));
		assert_null(resource_by_name(index, "nobody"));
		resource_index_drop(index, NULL);
	}
}

static int keys_none(const json_t *item, char **keys, unsigned *count)
{
	(void)item;
	(void)keys;
	*count = 0;
	return 0;
}

static bool is_marked(const json_t *item)
{
	return json_object_get(item, "other") != NULL;
}

/* If an item has no source, the known source is used; items that belong to
 * another list are left out. */
static void test_sources(void **state)
{
	static const struct resource_list list = { .member = "all",
		.ids = "id",
		.keys = keys_none,
		.part_names = "name",
		.is_other = is_marked };
	static const char text[] = "[{\"id\":\"a\",\"name\":\"n\"},"
				   "{\"id\":\"b\",\"other\":1},{\"id\":\"c\"}]";
	json_t *json = answer_of(text);
	json_t *sources = json_pack("{s:s}", "a", "/services/x");
	struct resource_index *index;
	size_t count;

	(void)state;
	assert_int_equal(resource_index_new(
				 &list, json, 1, NULL, sources, &epoch, &index),
		0);
	json_decref(sources);
	json_decref(json);
	assert_int_equal(index->count, 2);
	assert_null(resource_by_id(index, "b"));
	const struct resource_part *parts =
		resource_parts(index, "/services/x", &count);
	assert_int_equal(count, 1);
	assert_string_equal(resource_part_name(index, parts), "n");
	resource_index_drop(index, NULL);
}

static void test_no_list(void **state)
{
	static const char *const texts[] = { "{}", "{\"all\":{}}",
		"{\"others\":[]}", "\"all\"" };
	struct resource_index *index;

	(void)state;
	for (size_t i = 0; i < sizeof(texts) / sizeof(*texts); i++) {
		json_t *json = answer_of(texts[i]);

		assert_int_equal(resource_index_new(&by_id, json, 1, NULL, NULL,
					 &epoch, &index),
			-EPROTO);
		assert_null(index);
		json_decref(json);
	}
}

/* ---- the next list ---- */

struct next_case {
	const char *name, *before, *after;
	time_t changed_s;
};

#define AT "1970-01-01T00:25:00Z"
static const struct next_case nexts[] = {
	{ "new", "[]", "[{\"id\":1}]", 1000 },
	{ "the same", "[{\"id\":1}]", "[{\"id\":1}]", 1000 },
	{ "other white space and order", "[{\"id\":1,\"a\":2}]",
		"[{ \"a\":2, \"id\":1 }]", 1000 },
	{ "another value", "[{\"id\":1,\"a\":2}]", "[{\"id\":1,\"a\":3}]",
		2000 },
	{ "another member", "[{\"id\":1}]", "[{\"id\":1,\"a\":3}]", 2000 },
	{ "a remaining time", "[{\"id\":1,\"remaining_ttl\":2}]",
		"[{\"id\":1,\"remaining_ttl\":3}]", 1000 },
	{ "as the API says", "[{\"id\":1}]",
		"[{\"id\":1,\"updated_at\":\"" AT "\"}]", 2000 },
	{ "created at a time", "[]", "[{\"id\":1,\"created_at\":\"" AT "\"}]",
		1500 },
	{ "another order", "[{\"id\":2},{\"id\":1}]", "[{\"id\":1},{\"id\":2}]",
		1000 },
};

static void test_changes(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(nexts) / sizeof(*nexts); i++) {
		const struct next_case *row = &nexts[i];
		struct resource_index *before =
			index_of(&by_id, row->before, NULL);
		struct resource *old = resource_by_id(before, "1"), *fresh;

		print_message("%s\n", row->name);
		if (old)
			old->detail_version = 9;
		struct resource_index *after =
			index_of(&by_id, row->after, before);
		fresh = resource_by_id(after, "1");
		assert_int_equal(fresh->changed.tv_sec, row->changed_s);
		assert_int_equal(fresh->detail_version, old ? 9 : 0);
		resource_index_drop(before, NULL);
		resource_index_drop(after, NULL);
	}
}

/* The time of a change is kept if the next list has no change. */
static void test_change_is_kept(void **state)
{
	struct resource_index *before = index_of(&by_id, "[{\"id\":1}]", NULL);
	struct resource_index *after;

	(void)state;
	before->all[0].changed = now;
	after = index_of(&by_id, "[{\"id\":1}]", before);
	assert_int_equal(after->all[0].changed.tv_sec, now.tv_sec);
	resource_index_drop(before, NULL);
	resource_index_drop(after, NULL);
}

/* The hash changes with the names and their order, and with nothing else. */
static void test_hash(void **state)
{
	static const char *const texts[] = { "[{\"id\":1},{\"id\":2}]",
		"[{\"id\":1,\"a\":1},{\"id\":2}]", "[{\"id\":2},{\"id\":1}]",
		"[{\"id\":1},{\"id\":2,\"source_id\":1}]",
		"[{\"id\":1},{\"id\":2,\"source_id\":1,\"name\":\"n\"}]" };
	struct resource_list list = by_name;
	uint32_t hashes[5];

	(void)state;
	list.names = NULL;
	for (size_t i = 0; i < 5; i++) {
		struct resource_index *index = index_of(&list, texts[i], NULL);
		hashes[i] = index->hash;
		resource_index_drop(index, NULL);
	}
	assert_int_equal(hashes[0], hashes[1]);
	for (size_t i = 1; i < 5; i++)
		for (size_t j = i + 1; j < 5; j++)
			assert_int_not_equal(hashes[i], hashes[j]);
}

/* ---- parts ---- */

#define OF(id, name, more) "{\"id\":" #id ",\"name\":\"" name "\"," more "}"
static const char parts_text[] = "[" OF(
	1, "b", "\"source_type\":\"service\",\"source_id\":\"web\"") "," OF(2,
	"a", "\"type\":\"service\",\"service_id\":\"web\"") "," OF(3, "a",
	"\"type\":\"session\",\"source_id\":\"web\"") "," OF(4, "b",
	"\"source_id\":\"web\"") "," OF(5, "a",
	"\"session_id\":\"web\"") "," OF(6, "c",
	"\"type\":\"service\"") "," OF(7, "", "\"source_id\":\"x\"") "]";

struct part_case {
	const char *key;
	const char *shown; /* ID:NAME ... */
};

static const struct part_case parts[] = {
	{ "/services/web", "2:a 1:b~1 4:b~4" },
	{ "/sessions/web", "3:a~3 5:a~5 4:b" },
	{ "/services/x", "7:~7" },
	{ "/sessions/x", "7:~7" },
	{ "/services/w", "" },
	{ "/zzz", "" },
};

static void test_parts(void **state)
{
	struct resource_index *index = index_of(&by_name, parts_text, NULL);

	(void)state;
	for (size_t i = 0; i < sizeof(parts) / sizeof(*parts); i++) {
		char shown[256] = "";
		size_t count;
		const struct resource_part *part =
			resource_parts(index, parts[i].key, &count);

		print_message("%s\n", parts[i].key);
		for (size_t j = 0; j < count; j++) {
			size_t len = strlen(shown);
			const char *name = resource_part_name(index, &part[j]);
			snprintf(shown + len, sizeof(shown) - len, "%s%s:%s",
				j ? " " : "", index->all[part[j].of].id, name);
			assert_ptr_equal(
				resource_by_part(index, parts[i].key, name),
				&index->all[part[j].of]);
		}
		assert_string_equal(shown, parts[i].shown);
		assert_null(resource_by_part(index, parts[i].key, "nobody"));
	}
	resource_index_drop(index, NULL);
}

/* ---- objects ---- */

/* The parsed objects are limited to RESOURCE_SHELF; the oldest is dropped. The
 * others are packed in several blocks. */
static void test_objects(void **state)
{
	char text[4096] = "[";
	struct resource_index *index;

	(void)state;
	for (int i = 0; i < 200; i++) {
		size_t len = strlen(text);
		snprintf(text + len, sizeof(text) - len, "%s{\"id\":%d}",
			i ? "," : "", i);
	}
	strcat(text, "]");
	index = index_of(&by_id, text, NULL);
	for (int round = 0; round < 2; round++) {
		for (size_t n = 0; n < index->count; n++) {
			size_t i = n * 77 % index->count;
			json_t *json = resource_json(index, &index->all[i]);
			assert_int_equal(
				json_integer_value(json_object_get(json, "id")),
				i);
			assert_ptr_equal(
				resource_json(index, &index->all[i]), json);
		}
	}
	resource_index_drop(index, NULL);
}

/* A held index is kept after the collection drops it. */
static void test_holds(void **state)
{
	struct resource_index *index = index_of(&by_id, "[{\"id\":1}]", NULL);

	(void)state;
	assert_ptr_equal(resource_index_hold(index), index);
	resource_index_drop(index, NULL);
	assert_string_equal(index->all[0].id, "1");
	resource_index_drop(index, NULL);
	resource_index_drop(NULL, NULL);
}

static size_t part_count(const struct resource_index *index)
{
	size_t count = 0;

	for (size_t i = 0; i < index->group_count; i++)
		count += index->groups[i].count;
	return count;
}

static void test_no_memory(void **state)
{
	json_t *json = answer_of(parts_text);
	struct resource_index *index = NULL;
	int err = -ENOMEM;
	long n = 0;

	(void)state;
	/* Out of memory for its id or its key, an item may be skipped. */
	while (err == -ENOMEM || index->count < 7 || part_count(index) < 15) {
		assert_true(n < 1000);
		resource_index_drop(index, NULL);
		alloc_fail_at = ++n;
		err = resource_index_new(
			&by_name, json, 1, NULL, NULL, &epoch, &index);
		alloc_fail_at = 0;
		assert_true(err ? err == -ENOMEM && !index : index != NULL);
	}
	assert_true(n > 40);
	resource_index_drop(index, NULL);
	assert_int_equal(json->refcount, 1);
	json_decref(json);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_names),
		cmocka_unit_test(test_sources),
		cmocka_unit_test(test_no_list),
		cmocka_unit_test(test_changes),
		cmocka_unit_test(test_change_is_kept),
		cmocka_unit_test(test_hash),
		cmocka_unit_test(test_parts),
		cmocka_unit_test(test_objects),
		cmocka_unit_test(test_holds),
		cmocka_unit_test(test_no_memory),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
