/* SPDX-License-Identifier: MIT */
/* fs/tree/tables.c - which tables make the tree, and where people save */
#include "fs/tree/tables.h"

#include "fs/drafts/drafts.h"

#define TABLE(name) tree_##name##_rows,
const struct row *const tree_tables[] = { TREE_TABLES(TABLE) NULL };

#define DIR_KIND(key, saved, gets, ...)                                        \
	{                                                                      \
		.root = key, .saves = saved, .settings = gets, __VA_ARGS__     \
	}

const struct dir_kind tree_dir_kinds[] = {
	DIR_KIND("run", SAVES_RUN_PROGRAMS, settings_run,
		.build = run_build_execute),
	DIR_KIND("jobs/new", SAVES_RUN_PROGRAMS, settings_run,
		.build = run_build_execute, .has_drafts = true,
		.is_async = true),
	DIR_KIND("services/*/run", SAVES_RUN_COMMANDS, settings_command,
		.build = run_build_service_command),
	DIR_KIND("sessions/*/run", SAVES_RUN_COMMANDS, settings_command,
		.build = run_build_session_command),
	DIR_KIND("services/*/snapshots", SAVES_RUN_NOTHING, settings_snapshot),
	DIR_KIND("sessions/*/snapshots", SAVES_RUN_NOTHING, settings_snapshot),
	DIR_KIND("services/*/images", SAVES_RUN_NOTHING, settings_image),
	DIR_KIND("snapshots/*/images", SAVES_RUN_NOTHING, settings_image),
	{ 0 },
};
