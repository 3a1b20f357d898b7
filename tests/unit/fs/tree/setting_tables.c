/* SPDX-License-Identifier: MIT */
/* tests/unit/fs/tree/setting_tables.c - every setting has help and a valid
 * preset */
#include "fs/tree/tables.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

/* The text that is read can be written. A value of a wrong type is read as the
 * preset. */
static void check_setting(const struct setting *table, const char *name)
{
	const struct setting *setting = setting_find(table, name);
	json_t *wrong = json_null(), *value;
	char why[256], *text, *again;
	size_t len;

	assert_non_null(setting);
	if (!setting->help || !*setting->help || strchr(setting->help, '\n'))
		fail_msg("%s: help", name);
	text = setting_text(setting, NULL, &len);
	assert_int_equal(len, strlen(text));
	assert_int_equal(
		setting_parse(setting, text, len, &value, why, sizeof(why)), 0);
	json_decref(value);
	again = setting_text(setting, wrong, &len);
	assert_string_equal(again, text);
	free(again);
	free(text);
}

static void every_setting_can_be_written_as_read(void **state)
{
	static const struct setting *const tables[] = { settings_run,
		settings_command, settings_snapshot, settings_image };

	(void)state;
	for (size_t i = 0; i < sizeof(tables) / sizeof(*tables); i++)
		for (size_t k = 0; tables[i][k].name; k++) {
			const char *name = tables[i][k].name;

			if (setting_find(tables[i], name) != &tables[i][k])
				fail_msg("%s: twice", name);
			check_setting(tables[i], name);
		}
}

static void presets_of_a_run(void **state)
{
	static const struct {
		const char *name, *text;
	} rows[] = {
		{ "ttl", "60\n" },
		{ "vcpu", "1\n" },
		{ "network_mode", "zerotrust\n" },
		{ "language", "\n" },
		{ "return_artifact", "0\n" },
		{ "return_wasm_artifact", "0\n" },
		{ "main", "\n" },
		{ "env", "" },
	};
	size_t count = 0, len;

	(void)state;
	for (; settings_run[count].name; count++) {
		char *text = setting_text(&settings_run[count], NULL, &len);

		assert_string_equal(settings_run[count].name, rows[count].name);
		assert_string_equal(text, rows[count].text);
		free(text);
	}
	assert_int_equal(count, sizeof(rows) / sizeof(*rows));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_setting_can_be_written_as_read),
		cmocka_unit_test(presets_of_a_run),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
