/* SPDX-License-Identifier: MIT */
/* fs/tree/tables.c - which tables make the tree, and where people save */
#include "fs/tree/tables.h"

#include "fs/drafts/create.h"

#define TABLE(name) tree_##name##_rows,
const struct row *const tree_tables[] = { TREE_TABLES(TABLE) NULL };

const struct collection *const tree_collections[] = {
	&sessions,
	&services,
	&snapshots,
	&images,
	&images_owned,
	&images_shared,
	&images_public,
	NULL,
};

#define PLACE(key, saved, gets, ...)                                           \
	{                                                                      \
		.root = key, .saves = saved, .settings = gets, __VA_ARGS__     \
	}
#define DRAFTS(key, saved, gets, builder)                                      \
	PLACE(key, saved, gets, .build = builder, .made = make_made,           \
		.has_drafts = true)

const struct place tree_places[] = {
	PLACE("run", PLACE_PROGRAMS, settings_run, .build = run_build_execute),
	PLACE("jobs/new", PLACE_PROGRAMS, settings_run,
		.build = run_build_execute, .has_drafts = true,
		.is_async = true),
	PLACE("services/*/run", PLACE_COMMANDS, settings_command,
		.build = run_build_service_command),
	PLACE("sessions/*/run", PLACE_COMMANDS, settings_command,
		.build = run_build_session_command),
	PLACE("services/*/snapshots", PLACE_NOTHING, settings_snapshot),
	PLACE("sessions/*/snapshots", PLACE_NOTHING, settings_snapshot),
	DRAFTS("services/new", PLACE_MAKES, settings_service,
		make_build_service),
	DRAFTS("sessions/new", PLACE_MAKES, settings_session,
		make_build_session),
	DRAFTS("images/new", PLACE_NOTHING, settings_image, make_build_image),
	{ 0 },
};
