/* SPDX-License-Identifier: MIT */
/* fs/tree/setting_make.c - settings of what is made, and of commands */
#include "fs/base/setting.h"

#define VCPU                                                                   \
	{                                                                      \
		.name = "vcpu", .type = SETTING_NUMBER, .min = 1, .max = 8,    \
		.preset = "1", .help = "virtual CPUs, with 2 GB each, 1 to 8"  \
	}
#define NETWORK                                                                \
	{                                                                      \
		.name = "network_mode", .type = SETTING_CHOICE,                \
		.choices = "zerotrust semitrusted", .preset = "zerotrust",     \
		.help = "zerotrust: no network; semitrusted: through a proxy"  \
	}

const struct setting settings_command[] = {
	{ .name = "timeout",
		.type = SETTING_NUMBER,
		.min = 0,
		.max = 86400,
		.preset = "30",
		.help = "seconds that a command may take; 0: no limit" },
	{ .name = NULL },
};

const struct setting settings_snapshot[] = {
	{ .name = "hot",
		.type = SETTING_BOOL,
		.preset = "0",
		.help = "1: taken while its source runs on" },
	{ .name = "ttl",
		.type = SETTING_NUMBER,
		.min = 0,
		.max = 315360000,
		.preset = "0",
		.help = "seconds after which it goes by itself; 0: it stays" },
	{ .name = NULL },
};

const struct setting settings_service[] = {
	{ .name = "ports",
		.type = SETTING_NUMBERS,
		.min = 1,
		.max = 65535,
		.preset = "",
		.help = "ports that it listens on, one a line" },
	{ .name = "domains",
		.type = SETTING_LIST,
		.preset = "",
		.field = "custom_domains",
		.help = "domains that it is served under, one a line" },
	{ .name = "bootstrap",
		.type = SETTING_TEXT,
		.preset = "",
		.help = "the command, or the URL of the script, that starts "
			"it; a file bootstrap in the draft goes first" },
	{ .name = "service_type",
		.type = SETTING_WORD,
		.preset = "",
		.help = "minecraft, mumble, teamspeak, source, tcp or udp; "
			"empty: web" },
	NETWORK,
	VCPU,
	{ .name = "unfreeze_on_demand",
		.type = SETTING_BOOL,
		.preset = "1",
		.help = "1: a request to its URL wakes it" },
	{ .name = "golden_image",
		.type = SETTING_WORD,
		.preset = "",
		.help = "the image that it is made of; empty: the API's" },
	{ .name = "env",
		.type = SETTING_ENV,
		.is_secret = true,
		.preset = "",
		.help = "what its vault holds, NAME=value lines; a file env in "
			"the draft goes first; gone with the mount" },
	{ .name = NULL },
};

const struct setting settings_session[] = {
	{ .name = "shell",
		.type = SETTING_WORD,
		.preset = "bash",
		.help = "its shell, one of the file shells" },
	NETWORK,
	{ .name = "ttl",
		.type = SETTING_NUMBER,
		.min = 0,
		.max = 315360000,
		.preset = "3600",
		.help = "seconds after which it ends; 0: no limit" },
	VCPU,
	{ .name = "multiplexer",
		.type = SETTING_WORD,
		.preset = "",
		.help = "tmux or screen: it outlives its terminal" },
	{ .name = NULL },
};

const struct setting settings_image[] = {
	{ .name = "source_type",
		.type = SETTING_CHOICE,
		.choices = "service snapshot session",
		.preset = "service",
		.help = "what it is made of: service or snapshot" },
	{ .name = "source_id",
		.type = SETTING_WORD,
		.preset = "",
		.help = "the id of that" },
	{ .name = "name",
		.type = SETTING_TEXT,
		.preset = "",
		.help = "its name; empty: the draft's" },
	{ .name = "description",
		.type = SETTING_TEXT,
		.preset = "",
		.help = "what it is" },
	{ .name = NULL },
};
