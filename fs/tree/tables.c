/* SPDX-License-Identifier: MIT */
/* fs/tree/tables.c - which tables make the tree, and where people save */
#include "fs/tree/tables.h"

#include "fs/drafts/drafts.h"

#define TABLE(name) tree_##name##_rows,
const struct row *const tree_tables[] = { TREE_TABLES(TABLE) NULL };

#define DIR_KIND(key, at, saved, gets, ...)                                    \
	{                                                                      \
		.root = key, .row = at, .saves = saved, .settings = gets,      \
		__VA_ARGS__                                                    \
	}
#define SETTINGS_OF(key, at, gets) DIR_KIND(key, at, SAVES_RUN_NOTHING, gets, )

const struct dir_kind tree_dir_kinds[] = {
	DIR_KIND("run", "/run", SAVES_RUN_PROGRAMS, settings_run,
		.build = run_build_execute),
	DIR_KIND("jobs/new", "/jobs/new", SAVES_RUN_PROGRAMS, settings_run,
		.build = run_build_execute, .has_drafts = true,
		.is_async = true),
	DIR_KIND("services/*/run", "/services/{service}/run",
		SAVES_RUN_COMMANDS, settings_command,
		.build = run_build_service_command),
	DIR_KIND("sessions/*/run", "/sessions/{session}/run",
		SAVES_RUN_COMMANDS, settings_command,
		.build = run_build_session_command),
	SETTINGS_OF("services/*/snapshots", "/services/{service}/snapshots",
		settings_snapshot),
	SETTINGS_OF("sessions/*/snapshots", "/sessions/{session}/snapshots",
		settings_snapshot),
	SETTINGS_OF("services/*/images", "/services/{service}/images",
		settings_image),
	SETTINGS_OF("snapshots/*/images", "/snapshots/{snapshot}/images",
		settings_image),
	SETTINGS_OF(
		"services/*/files", "/services/{service}/files", settings_none),
	/* Also for a session's draft: its row's locate() prints the right path.
	 */
	SETTINGS_OF("drafts/*", "/services/new/{draft}/files", settings_none),
	{ 0 },
};
