/* SPDX-License-Identifier: MIT */
/* fs/tree/tables.h - which tables make the tree */
#ifndef FS_TREE_TABLES_H
#define FS_TREE_TABLES_H

#include "fs/core/row.h"

/* One table a file, each ending with an empty row. */
extern const struct row tree_root_rows[];
extern const struct row tree_settings_rows[];
extern const struct row tree_jobs_rows[];
extern const struct row tree_job_rows[];
extern const struct row tree_sessions_rows[];
extern const struct row tree_services_rows[];
extern const struct row tree_snapshots_rows[];
extern const struct row tree_images_rows[];
extern const struct row tree_system_rows[];
extern const struct row tree_mount_rows[];

#endif
