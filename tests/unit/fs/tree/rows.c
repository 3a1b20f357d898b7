/* SPDX-License-Identifier: MIT */
/* tests/unit/fs/tree/rows.c - every row of every table is consistent */
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "fs/resources/resources.h"
#include "fs/core/row.h"
#include "fs/tree/resource_rows.h"
#include "fs/tree/tables.h"

static const struct row *row_now; /* named by failures */

#define holds(what)                                                            \
	do {                                                                   \
		if (!(what))                                                   \
			fail_msg("%s: %s", row_now->path, #what);              \
	} while (0)

static void each_row(void (*check)(const struct row *row))
{
	for (size_t t = 0; tree_tables[t]; t++)
		for (row_now = tree_tables[t]; row_now->path; row_now++)
			check(row_now);
}

static void check_words(const struct row *row)
{
	holds(row->path[0] == '/');
	holds(row->help && *row->help);
	holds(!row->help || !strpbrk(row->help, "\n\t"));
	holds(row->mode);
	holds(!(row->mode & ~0777));
	holds(!strstr(row->path, "//"));
	holds(strlen(row_name(row)) <= 255);
}

static void every_row_has_help_and_mode(void **state)
{
	(void)state;
	each_row(check_words);
}

static void check_kind(const struct row *row)
{
	int ways = !!row->source + !!row->render + !!row->text;
	bool has_content = ways || row->open;

	holds(ways <= 1);

	if (row->kind == ROW_DIR) {
		holds(!ways && !row->write && !row->member);
		holds(!row->list == !row->find || strstr(row->path, "{job}"));
		return;
	}
	holds(!row->list && !row->find && !row->saves && !row->make_dir);
	holds(!row->make_file && !row->remove && !row->move_in && !row->move);
	if (row->kind == ROW_LINK) {
		holds(row->render);
		holds(row->flags & ROW_VOLATILE);
		return;
	}
	holds(has_content || row->flags & ROW_EMPTY);
	holds(!row->source || row->member || strstr(row->path, ".json"));
}

/* Endpoint 0 is that of the key: only rows of the key may have it if they use
 * an answer. */
static void check_answer(const struct row *row)
{
	bool asks = row->attr == answer_attr || row->source == answer_source ||
		row->exists == answer_exists ||
		row->render == answer_list_render ||
		row->exists == key_self_exists ||
		row->open == service_log_open ||
		row->exists == resource_part_exists;
	const struct row *dated = row;
	bool tells = row->about == answer_about;

	/* A row without times has those of a directory, which asks for the
	 * row's own endpoint. */
	while (dated && !dated->attr)
		dated = tree_parent(dated);
	asks |= dated && dated->attr == answer_attr;
	holds(asks || tells || row->make_dir || !row->endpoint);
	holds(row->make_dir != part_make || row->endpoint);
	holds(!(asks || tells) || row->endpoint ||
		!strncmp(row->path, "/key", 4));
	holds(!row->about || row->kind == ROW_DIR);
}

static void every_answer_has_its_endpoint(void **state)
{
	(void)state;
	each_row(check_answer);
}

static void every_row_has_what_its_kind_needs(void **state)
{
	(void)state;
	each_row(check_kind);
}

static void check_writing(const struct row *row)
{
	if (row->kind != ROW_FILE)
		return;
	/* No file is executable, and others can only read. */
	holds(!(row->mode & 0111));
	holds(row->mode == 0644 || row->mode == 0444 || row->mode == 0600 ||
		row->mode == 0400);
	if (row->flags & ROW_EMPTY)
		return;
	holds(!(row->mode & 0222) == !(row->write || row->flags & ROW_STREAM));
	holds(!(row->flags & ROW_STREAM) || row->open);
	holds(!row->check || row->flags & ROW_APPENDS);
	if (row->flags & ROW_ACTION)
		holds(row->write && (row->render || row->text));
	if (row->flags & ROW_SECRET)
		holds(!(row->mode & 077) && row->flags & ROW_UNSIZED);
	holds(!(row->flags & ROW_FINAL) || !row->write);
}

static void modes_fit_the_functions(void **state)
{
	(void)state;
	each_row(check_writing);
}

static size_t rows_named(const struct row *dir, const char *name)
{
	const struct row *row;
	size_t count = 0;

	for (size_t i = 0; (row = tree_child(dir, i)); i++)
		count += !strcmp(row_name(row), name);
	return count;
}

static void check_place(const struct row *row)
{
	const struct row *dir = tree_parent(row);

	holds(tree_row(row->path) == row);
	if (row == tree_root())
		return;
	holds(dir && dir->kind == ROW_DIR);
	if (!row_is_placeholder(row)) {
		holds(rows_named(dir, row_name(row)) == 1);
		holds(!strchr(row_name(row), '{'));
		return;
	}
	/* A placeholder is bound by the functions that find and list its
	 * directory's entries, or by another function. */
	holds(row_name(row)[strlen(row_name(row)) - 1] == '}' ||
		!strcmp(row_name(row), "{name}.job"));
	holds(dir->find || dir->saves);
	holds(rows_named(dir, row_name(row)) == 0);
}

static void no_name_twice_and_every_placeholder_bound(void **state)
{
	(void)state;
	each_row(check_place);
}

static void check_exists(const struct row *row)
{
	/* A row of a resource needs `exists`: a resource may have been removed,
	 * and a value may be missing in the API's answer. */
	const struct collection *collection = collection_of(row);
	size_t len = collection ? strlen(collection->row) : 0;

	if (!collection || strncmp(row->path, collection->row, len) ||
		row->path[len] != '/' || row_is_placeholder(row) || row->saves)
		return;
	holds(row->exists);
}

static void check_collection(const struct row *row)
{
	const struct collection *collection = row->collection;

	if (!collection)
		return;
	holds(!strcmp(collection->path, row->path));
	holds(tree_row(collection->row));
	holds(!collection->link || tree_row(collection->link));
}

static void collections_name_their_rows(void **state)
{
	(void)state;
	each_row(check_collection);
}

static void rows_of_resources_have_exists(void **state)
{
	(void)state;
	each_row(check_exists);
}

static void check_action(const struct row *row)
{
	if (row->write == action_write)
		holds(action_of(row) && *action_of(row)->help);
}

/* A draft's file is named like its setting, whose default can be written. */
static void check_setting(const struct row *row)
{
	const struct setting *setting = row->setting;
	json_t *value;
	char why[256], *text;
	size_t len;

	if (row->write == draft_value_write && !setting)
		holds(row->flags & ROW_APPENDS && !row->check);
	/* Settings of the key, and audit, have other writers. */
	if (!setting || row->write == contact_write ||
		row->write == audit_write)
		return;
	holds(!strcmp(setting->name, row_name(row)));
	if (row->write == key_self_write)
		return;
	holds(!row->send == (row->write == draft_value_write));
	if (row->send) {
		holds(row->write == resource_value_write);
		return;
	}
	holds(!row->check == !(row->flags & ROW_APPENDS));
	text = setting_text(setting, NULL, &len);
	holds(!setting_parse(setting, text, len, &value, why, sizeof(why)));
	json_decref(value);
	free(text);
}

static void every_value_of_a_draft_has_its_default(void **state)
{
	(void)state;
	each_row(check_setting);
}

static void every_action_is_in_the_table(void **state)
{
	(void)state;
	each_row(check_action);
}

static int tree_start(void **state)
{
	(void)state;
	return tree_init(tree_tables);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_row_has_help_and_mode),
		cmocka_unit_test(every_row_has_what_its_kind_needs),
		cmocka_unit_test(every_answer_has_its_endpoint),
		cmocka_unit_test(modes_fit_the_functions),
		cmocka_unit_test(no_name_twice_and_every_placeholder_bound),
		cmocka_unit_test(collections_name_their_rows),
		cmocka_unit_test(rows_of_resources_have_exists),
		cmocka_unit_test(every_action_is_in_the_table),
		cmocka_unit_test(every_value_of_a_draft_has_its_default),
	};

	return cmocka_run_group_tests(tests, tree_start, NULL);
}
