/* SPDX-License-Identifier: MIT */
/* tests/unit/fs/resources/collection_state.c - what is remembered of
 * collections, and which part of it is stored for the next mount */
#include "fs/resources/collection_state.h"

#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "api/api.h"
#include "api/json.h"
#include "fs/core/core.h"

static const struct row rows[] = {
	{ .path = "/" },
	{ .path = "/services", .collection = &services },
	{ .path = "/services/{service}" },
	{ .path = "/services/{service}/locked" },
	{ .path = "/services/{service}/redeploy" },
	{ .path = "/images", .collection = &images },
	{ .path = "/images/{image}" },
	{ .path = "/images/{image}/locked" },
	{ 0 },
};
static const struct row *const service_row = &rows[3],
			       *const other_row = &rows[4],
			       *const image_row = &rows[7];
static const struct row *const tables[] = { rows, NULL };
static struct core core;
static char dir[32];

static void start(void)
{
	core.resources = resources_new(&core, tables, NULL);
	assert_non_null(core.resources);
}

static void end(void)
{
	resources_save(&core);
	resources_free(core.resources);
	core.resources = NULL;
}

static int setup(void **state)
{
	(void)state;
	memset(&core, 0, sizeof(core));
	strcpy(dir, "/tmp/fs_collection.XXXXXX");
	assert_non_null(mkdtemp(dir));
	core.state.fd = open(dir, O_RDONLY | O_DIRECTORY);
	core.epoch.tv_sec = 1000;
	assert_int_equal(tree_init(tables), 0);
	assert_int_equal(nodes_init(&core.nodes), 0);
	start();
	return 0;
}

static int teardown(void **state)
{
	(void)state;
	resources_free(core.resources);
	nodes_clear(&core.nodes);
	unlinkat(core.state.fd, "collections.json", 0);
	unlinkat(core.state.fd, "times.json", 0);
	unlinkat(core.state.fd, "collections.json.last", 0);
	unlinkat(core.state.fd, "times.json.last", 0);
	close(core.state.fd);
	assert_int_equal(rmdir(dir), 0);
	return 0;
}

/* ---- last answers ---- */

static const char *answer_to(const struct row *row, const char *id)
{
	struct node node = { .row = row, .id = (char *)id };

	return json_string_value(last_answer(&core, &node));
}

static void set_answer(const struct row *row, const char *id, const char *value)
{
	struct node node = { .row = row, .id = (char *)id };

	last_answer_set(&core, &node, value ? json_string(value) : NULL);
}

static void an_answer_is_kept_until_it_is_forgotten(void **state)
{
	(void)state;
	assert_null(answer_to(service_row, "a"));
	set_answer(service_row, "a", NULL);
	set_answer(service_row, "a", "1");
	set_answer(other_row, "a", "2");
	set_answer(service_row, "b", "3");
	set_answer(service_row, "a", "4");
	assert_string_equal(answer_to(service_row, "a"), "4");
	assert_string_equal(answer_to(other_row, "a"), "2");
	assert_string_equal(answer_to(service_row, "b"), "3");
	assert_null(answer_to(image_row, "a"));
	set_answer(service_row, "a", NULL);
	assert_null(answer_to(service_row, "a"));
	assert_string_equal(answer_to(other_row, "a"), "2");
}

static void the_oldest_answer_goes_first(void **state)
{
	char id[16];

	(void)state;
	for (int i = 0; i < LAST_ANSWERS_MAX; i++) {
		snprintf(id, sizeof(id), "%d", i);
		set_answer(service_row, id, id);
	}
	set_answer(other_row, "0", "again");
	set_answer(service_row, "more", "more");
	assert_string_equal(answer_to(service_row, "0"), "0");
	assert_null(answer_to(service_row, "1"));
	assert_string_equal(answer_to(service_row, "2"), "2");
	assert_string_equal(answer_to(service_row, "more"), "more");
}

static struct resource_index *index_of(
	const struct collection *collection, const char *text)
{
	struct resource_index *index;
	json_t *json;

	assert_int_equal(json_parse_list(text, strlen(text), &json), 0);
	assert_int_equal(resource_index_new(&collection->form, json, 1, NULL,
				 NULL, &core.epoch, &index),
		0);
	json_decref(json);
	return index;
}

/* Answers of images are kept: an image may not be in any list. */
static void answers_go_with_their_resources(void **state)
{
	(void)state;
	set_answer(service_row, "a", "1");
	set_answer(service_row, "b", "2");
	set_answer(image_row, "a", "3");
	collection_state(&core, &services)->index =
		index_of(&services, "[{\"id\":\"b\"}]");
	collection_state(&core, &images)->index = index_of(&images, "[]");
	last_answers_prune(collection_state(&core, &services));
	last_answers_prune(collection_state(&core, &images));
	assert_null(answer_to(service_row, "a"));
	assert_string_equal(answer_to(service_row, "b"), "2");
	assert_string_equal(answer_to(image_row, "a"), "3");
}

/* ---- the next mount ---- */

static const json_t *kept_change(const char *id)
{
	return json_object_get(
		collection_state(&core, &services)->kept_changes, id);
}

static void nothing_is_written_before_the_end(void **state)
{
	(void)state;
	assert_int_equal(
		faccessat(core.state.fd, "times.json.last", F_OK, 0), -1);
	assert_int_equal(
		faccessat(core.state.fd, "collections.json.last", F_OK, 0), -1);
	assert_int_equal(
		collection_state(&core, &services)->names_changed.tv_sec, 1000);
	end();
	assert_int_equal(
		faccessat(core.state.fd, "times.json.last", F_OK, 0), 0);
	start();
}

static void the_next_mount_reads_it(void **state)
{
	struct collection_state *first = collection_state(&core, &services);

	(void)state;
	first->names_hash = 0xfedcba9876543210;
	first->names_changed = (struct timespec){ 2000, 5 };
	first->index = index_of(&services, "[{\"id\":\"a\"},{\"id\":\"b\"}]");
	assert_int_equal(collection_set_alias(&core, &images, "n\xff", "i"), 0);
	/* The second mount does not list anything. */
	for (int mount = 0; mount < 2; mount++) {
		struct collection_state *next;

		end();
		start();
		next = collection_state(&core, &services);
		assert_true(next->names_hash == 0xfedcba9876543210);
		assert_int_equal(next->names_changed.tv_sec, 2000);
		assert_int_equal(next->names_changed.tv_nsec, 5);
		assert_true(json_is_string(kept_change("a")));
		assert_true(json_is_string(kept_change("b")));
		assert_int_equal(
			json_object_size(
				collection_state(&core, &images)->aliases),
			1);
	}
}

static void a_damaged_file_is_ignored(void **state)
{
	static const char *const texts[] = { "", "[", "[]", "{\"/services\":1}",
		"{\"/services\":{\"changed\":[1],\"aliases\":{\"a\":1}}}" };

	(void)state;
	for (size_t i = 0; i < sizeof(texts) / sizeof(*texts); i++) {
		struct collection_state *next;

		resources_free(core.resources);
		state_write(core.state.fd, "collections.json", texts[i],
			strlen(texts[i]));
		state_write(core.state.fd, "times.json", texts[i],
			strlen(texts[i]));
		start();
		next = collection_state(&core, &services);
		assert_int_equal(next->names_changed.tv_sec, 1000);
		assert_int_equal(json_object_size(next->aliases), 0);
	}
}

int main(void)
{
#define CASE(test) cmocka_unit_test_setup_teardown(test, setup, teardown)
	const struct CMUnitTest tests[] = {
		CASE(an_answer_is_kept_until_it_is_forgotten),
		CASE(the_oldest_answer_goes_first),
		CASE(answers_go_with_their_resources),
		CASE(nothing_is_written_before_the_end),
		CASE(the_next_mount_reads_it),
		CASE(a_damaged_file_is_ignored),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
