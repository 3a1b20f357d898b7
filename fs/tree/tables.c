/* SPDX-License-Identifier: MIT */
/* fs/tree/tables.c - which tables make the tree */
#include "fs/tree/tables.h"

#include <stddef.h>

const struct row *const tree_tables[] = {
	tree_root_rows,
	tree_settings_rows,
	tree_jobs_rows,
	tree_job_rows,
	tree_sessions_rows,
	tree_services_rows,
	tree_snapshots_rows,
	tree_images_rows,
	tree_system_rows,
	tree_mount_rows,
	NULL,
};

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
