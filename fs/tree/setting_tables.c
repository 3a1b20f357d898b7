/* SPDX-License-Identifier: MIT */
/* fs/tree/setting_tables.c - the settings of runs, commands and drafts */
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

#define TEN_YEARS_S 315360000
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
	{ 0 },
};

const struct setting settings_snapshot[] = {
	SETTING(BOOL, "hot", "0", "1: taken while its source runs on"),
	NUMBER("ttl", 0, TEN_YEARS_S, "0",
		"seconds after which it is deleted; 0: it stays"),
	{ 0 },
};

const struct setting settings_service[] = {
	SETTING(NUMBERS, "ports", "", "ports that it listens on, one a line",
		.min = 1, .max = 65535),
	SETTING(LIST, "domains", "",
		"domains that it is served under, one a line",
		.field = "custom_domains"),
	SETTING(TEXT, "bootstrap", "",
		"the command, or the URL of the script, that starts it; a file "
		"bootstrap in the draft goes first"),
	SETTING(WORD, "service_type", "",
		"minecraft, mumble, teamspeak, source, tcp or udp; empty: web"),
	NETWORK,
	VCPU,
	SETTING(BOOL, "unfreeze_on_demand", "1",
		"1: a request to its URL wakes it"),
	SETTING(WORD, "golden_image", "",
		"the image that it is created from; empty: the API's"),
	SETTING(ENV, "env", "",
		"what its vault holds, NAME=value lines; a file env in the "
		"draft goes first; gone with the mount",
		.is_secret = true),
	{ 0 },
};

const struct setting settings_session[] = {
	SETTING(WORD, "shell", "bash", "its shell, one of the file shells"),
	NETWORK,
	NUMBER("ttl", 0, TEN_YEARS_S, "3600",
		"seconds after which it ends; 0: no limit"),
	VCPU,
	SETTING(WORD, "multiplexer", "",
		"tmux or screen: it outlives its terminal"),
	{ 0 },
};

const struct setting settings_image[] = {
	CHOICE("source_type", "service snapshot session", "service",
		"what it is created from: service or snapshot"),
	SETTING(WORD, "source_id", "", "the id of that"),
	SETTING(TEXT, "name", "", "its name; empty: the draft's"),
	SETTING(TEXT, "description", "", "what it is"),
	{ 0 },
};
