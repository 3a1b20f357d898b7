/* SPDX-License-Identifier: MIT */
/* tests/fuzz/settings.c - writes to .settings, mainly dotenv */
#include <string.h>

#include "fs/base/setting.h"
#include "fs/tree/tables.h"
#include "tests/fuzz/fuzz.h"

/* Writing the text that is read sets the same value. */
static void check_setting(
	const struct setting *setting, const char *text, size_t len)
{
	json_t *value, *again;
	char why[256] = "", *shown;
	size_t virtual_len;

	if (setting_parse(setting, text, len, &value, why, sizeof(why))) {
		HOLDS(why[0]);
		return;
	}
	shown = setting_text(setting, value, &virtual_len);
	HOLDS(shown);
	HOLDS(setting_parse(setting, shown, virtual_len, &again, why,
		      sizeof(why)) == 0);
	HOLDS(json_equal(value, again));
	json_decref(again);
	json_decref(value);
	free(shown);
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len)
{
	const struct setting *setting;

	for (setting = settings_run; setting->name; setting++)
		check_setting(setting, (const char *)bytes, len);
	return 0;
}
