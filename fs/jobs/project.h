/* SPDX-License-Identifier: MIT */
/* fs/jobs/project.h - a directory that is one program with its files */
#ifndef FS_JOBS_PROJECT_H
#define FS_JOBS_PROJECT_H

#include <stdbool.h>

#include "fs/files/files.h"

/*
 * A directory directly in run/, in jobs/new/, or in the run/ of a service or a
 * session is a project: its main program runs, with all other files in it and
 * below as input files. `.settings/main` names the main program, else it is
 * main.*, or main with #!. If that setting is `*`, the directory is plain: each
 * program directly in it runs on its own.
 */

/* The project that a directory is, or is in; NULL: none. Not held. */
struct file *project_of(const struct file *dir);
bool project_is_plain(struct file *project);

/* Whether a file under this name in a directory of a project can be its main
 * program. */
bool project_is_main(struct file *dir, const char *name, struct file *file);

/* Whether this file of a project could run, but the project has no main
 * program. */
bool project_lacks_main(
	struct file *project, const char *name, struct file *file);

/* Why there is no main program, for people. */
struct project_reason {
	char text[512];
};

struct program {
	struct file *dir, *file; /* held */
	char *name;
};
void program_clear(struct program *program);

/* 0; -ENODATA with the reason: there is none, or there are several; -ENOMEM;
 * *program is all NULL then. */
int project_find_main(struct file *project, struct program *program,
	struct project_reason *reason);

/* The path of a name in dir below root, which is dir or above it. Owned by the
 * caller, free(); NULL: out of memory. */
char *project_path(
	const struct file *root, const struct file *dir, const char *name);

#endif
