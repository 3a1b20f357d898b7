/* SPDX-License-Identifier: MIT */
/* tests/unit/fs/core/node.c - nodes are found by their inode numbers */
#include "fs/core/node.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "fs/core/row.h"

/* All allocations fail, or only realloc. */
static bool has_no_memory, has_no_room;

void *__real_malloc(size_t size);
void *__real_calloc(size_t count, size_t size);
void *__real_realloc(void *old, size_t size);
void *__wrap_malloc(size_t size);
void *__wrap_calloc(size_t count, size_t size);
void *__wrap_realloc(void *old, size_t size);

void *__wrap_malloc(size_t size)
{
	return has_no_memory ? NULL : __real_malloc(size);
}

void *__wrap_calloc(size_t count, size_t size)
{
	return has_no_memory ? NULL : __real_calloc(count, size);
}

void *__wrap_realloc(void *old, size_t size)
{
	return has_no_memory || has_no_room ? NULL : __real_realloc(old, size);
}

enum { MANY = 20000 };

static const struct row row = { .path = "/jobs/{job}" };
static const struct row other = { .path = "/jobs/{job}/status" };
static struct node *made[MANY];

static const char *id_of(int i)
{
	static char id[32];

	snprintf(id, sizeof(id), "job-%d", i);
	return id;
}

static size_t longest(const struct nodes *nodes)
{
	size_t most = 0;

	for (size_t i = 0; i < nodes->bucket_count; i++) {
		size_t count = 0;
		for (struct node *n = nodes->buckets[i]; n; n = n->next)
			count++;
		most = count > most ? count : most;
	}
	return most;
}

static void check_all(const struct nodes *nodes, int from, int to)
{
	for (int i = from; i < to; i++) {
		assert_ptr_equal(
			node_find(nodes, node_ino(&row, id_of(i), NULL)),
			made[i]);
		assert_string_equal(made[i]->id, id_of(i));
		assert_string_equal(made[i]->name, "");
	}
}

static void test_many(void **state)
{
	struct nodes nodes;

	(void)state;
	assert_int_equal(nodes_init(&nodes), 0);
	for (int i = 0; i < MANY; i++) {
		made[i] = node_hold(&nodes, &row, id_of(i), NULL);
		assert_non_null(made[i]);
		/* Also while the table is being doubled. */
		if (i % 777 == 0)
			check_all(&nodes, 0, i + 1);
	}
	check_all(&nodes, 0, MANY);
	assert_int_equal(nodes.count, MANY);
	assert_true(longest(&nodes) < 16);
	for (int i = 0; i < MANY / 2; i++)
		node_drop(&nodes, made[i]);
	check_all(&nodes, MANY / 2, MANY);
	assert_int_equal(nodes.count, MANY - MANY / 2);
	for (int i = 0; i < MANY / 2; i++)
		assert_null(node_find(&nodes, node_ino(&row, id_of(i), NULL)));
	nodes_clear(&nodes);
}

/* A node is kept, with one number, while we or the kernel hold it. */
static void test_holds(void **state)
{
	struct nodes nodes;
	struct node *node, *second;

	(void)state;
	assert_int_equal(nodes_init(&nodes), 0);
	node = node_hold(&nodes, &row, "a", "b");
	assert_ptr_equal(node_hold(&nodes, &row, "a", "b"), node);
	second = node_hold(&nodes, &row, "ab", "");
	assert_ptr_not_equal(second, node);
	assert_ptr_not_equal(node_hold(&nodes, &other, "a", "b"), node);
	assert_string_equal(node->id, "a");
	assert_string_equal(node->name, "b");
	node->lookups = 3;
	node_drop(&nodes, node);
	node_drop(&nodes, node);
	node_forget(&nodes, node, 2);
	assert_ptr_equal(node_find(&nodes, node->ino), node);
	node_forget(&nodes, node, 5);
	assert_int_equal(nodes.count, 2);
	node_drop(&nodes, NULL);
	nodes_clear(&nodes);
}

/* A node whose number is in use gets the next one. */
static void test_same_number(void **state)
{
	struct nodes nodes;
	struct node *node, *second;

	(void)state;
	assert_int_equal(nodes_init(&nodes), 0);
	node = node_hold(&nodes, &other, "first", NULL);
	/* As if both had the same hash. */
	nodes.buckets[node->ino & nodes.mask] = NULL;
	node->ino = node_ino(&row, "second", NULL);
	nodes.buckets[node->ino & nodes.mask] = node;
	second = node_hold(&nodes, &row, "second", NULL);
	assert_int_equal(second->ino, node->ino + 1);
	assert_ptr_equal(node_hold(&nodes, &row, "second", NULL), second);
	nodes_clear(&nodes);
}

/* Without memory for a larger table it works, more slowly. */
static void test_no_memory(void **state)
{
	struct nodes nodes;

	(void)state;
	has_no_memory = true;
	assert_int_not_equal(nodes_init(&nodes), 0);
	has_no_memory = false;
	nodes_clear(&nodes);
	assert_int_equal(nodes_init(&nodes), 0);
	has_no_room = true;
	for (int i = 0; i < MANY; i++)
		made[i] = node_hold(&nodes, &row, id_of(i), NULL);
	has_no_room = false;
	assert_int_equal(nodes.room, nodes.bucket_count);
	has_no_memory = true;
	assert_null(node_hold(&nodes, &other, "a", NULL));
	has_no_memory = false;
	assert_int_equal(nodes.count, MANY);
	check_all(&nodes, 0, MANY);
	nodes_clear(&nodes);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_many),
		cmocka_unit_test(test_holds),
		cmocka_unit_test(test_same_number),
		cmocka_unit_test(test_no_memory),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
