/* SPDX-License-Identifier: MIT */
/* fs/tree/setting_tables.c - the settings of runs, commands, snapshots and
 * images */
#include "fs/tree/rows.h"
#include "fs/tree/tables.h"

#define SETTING(kind, word, value, says, ...)                                  \
	{                                                                      \
		.name = word, .type = SETTING_##kind, .preset = value,         \
		.help = says, __VA_ARGS__                                      \
	}
#define NUMBER(word, from, to, value, says)                                    \
	SETTING(NUMBER, word, value, says, .min = from, .max = to)
#define CHOICE(word, words, value, says)                                       \
	SETTING(CHOICE, word, value, says, .choices = words)

#define VCPU NUMBER("vcpu", 1, 8, "1", "virtual CPUs, with 2 GB each, 1 to 8")
#define NETWORK                                                                \
	CHOICE("network_mode", "zerotrust semitrusted", "zerotrust",           \
		"zerotrust: no network; semitrusted: through a proxy")

const struct setting settings_run[] = {
	NUMBER("ttl", 1, 900, "60", "seconds that a run may take, 1 to 900"),
	VCPU,
	NETWORK,
	SETTING(WORD, "language", "",
		"the language of every program here; empty: by ending or #! "
		"line"),
	SETTING(BOOL, "return_artifact", "0",
		"1: collect the compiled program and /tmp/artifacts"),
	SETTING(BOOL, "return_wasm_artifact", "0",
		"1: compile to WebAssembly and collect it"),
	SETTING(PATH, "main", "",
		"the file that runs in a directory; empty: main.*; *: every "
		"program directly in it, each on its own"),
	SETTING(ENV, "env", "", "environment variables, NAME=value lines"),
	{ 0 },
};

const struct setting settings_command[] = {
	NUMBER("timeout", 0, 86400, "30",
		"seconds that a command may take; 0: no limit"),
	SETTING(ENV, "env", "",
		"environment variables of its commands, NAME=value lines"),
	{ 0 },
};

const struct setting settings_snapshot[] = {
	SETTING(BOOL, "hot", "0", "1: taken while its source runs on"),
	NUMBER("ttl", 0, TEN_YEARS_S, "0",
		"seconds after which it is deleted; 0: it stays"),
	{ 0 },
};

const struct setting settings_image[] = {
	SETTING(TEXT, "description", "", "what a new image is"),
	{ 0 },
};

const struct setting settings_none[1];
