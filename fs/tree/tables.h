/* SPDX-License-Identifier: MIT */
/* fs/tree/tables.h - which tables make the tree */
#ifndef FS_TREE_TABLES_H
#define FS_TREE_TABLES_H

#include "fs/core/core.h"
#include "fs/jobs/jobs.h"
#include "fs/resources/resources.h"

/* What a mount is made with: tree_init and resources_new take the tables,
 * dir_kinds_init the kinds. Each ends with NULL, or an empty row. */
extern const struct row *const tree_tables[];
extern const struct dir_kind tree_dir_kinds[];

/* The settings of run/, its directories, jobs/new/ and its drafts. */
extern const struct setting settings_run[];
/* Settings of run/ of a service or a session; of their snapshots/ and images/.
 */
extern const struct setting settings_command[];
extern const struct setting settings_snapshot[];
extern const struct setting settings_image[];
/* Settings of the input files of a draft: none. */
extern const struct setting settings_none[];

/* One table a file, tree_root_rows and so on, each ending with an empty row. */
#define TREE_TABLES(TABLE)                                                     \
	TABLE(root)                                                            \
	TABLE(key)                                                             \
	TABLE(key_self)                                                        \
	TABLE(settings)                                                        \
	TABLE(jobs)                                                            \
	TABLE(job)                                                             \
	TABLE(sessions)                                                        \
	TABLE(services)                                                        \
	TABLE(snapshots)                                                       \
	TABLE(images)                                                          \
	TABLE(system)                                                          \
	TABLE(pools)                                                           \
	TABLE(mount)

#define TREE_TABLE(name) extern const struct row tree_##name##_rows[];
TREE_TABLES(TREE_TABLE)
#undef TREE_TABLE

/* For resources_new. */
extern const struct resources_calls tree_resources_calls;

#endif
