/* SPDX-License-Identifier: MIT */
/* fs/tree/dir_kinds.c - the directories in which people save, and what that does
 */
#include "fs/drafts/create.h"
#include "fs/tree/tables.h"

const struct dir_kind tree_dir_kinds[] = {
	{
		.root = "run",
		.saves = SAVES_RUN_PROGRAMS,
		.settings = settings_run,
		.build = run_build_execute,
	},
	{
		.root = "jobs/new",
		.saves = SAVES_RUN_PROGRAMS,
		.has_drafts = true,
		.is_async = true,
		.settings = settings_run,
		.build = run_build_execute,
	},
	{
		.root = "services/*/run",
		.saves = SAVES_RUN_COMMANDS,
		.settings = settings_command,
		.build = run_build_service_command,
	},
	{
		.root = "sessions/*/run",
		.saves = SAVES_RUN_COMMANDS,
		.settings = settings_command,
		.build = run_build_session_command,
	},
	{
		.root = "services/*/snapshots",
		.saves = SAVES_RUN_NOTHING,
		.settings = settings_snapshot,
	},
	{
		.root = "sessions/*/snapshots",
		.saves = SAVES_RUN_NOTHING,
		.settings = settings_snapshot,
	},
	{
		.root = "services/new",
		.saves = SAVES_CREATE,
		.has_drafts = true,
		.settings = settings_service,
		.build = make_build_service,
		.made = make_made,
	},
	{
		.root = "sessions/new",
		.saves = SAVES_CREATE,
		.has_drafts = true,
		.settings = settings_session,
		.build = make_build_session,
		.made = make_made,
	},
	{
		.root = "images/new",
		.saves = SAVES_RUN_NOTHING,
		.has_drafts = true,
		.settings = settings_image,
		.build = make_build_image,
		.made = make_made,
	},
	{ 0 },
};
