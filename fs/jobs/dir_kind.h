/* SPDX-License-Identifier: MIT */
/* fs/jobs/dir_kind.h - what a save means, by where it is made */
#ifndef FS_JOBS_DIR_KIND_H
#define FS_JOBS_DIR_KIND_H

#include <stdbool.h>

#include "fs/base/base.h"
#include "fs/files/files.h"

struct run;

enum dir_kind_saves {
	SAVES_RUN_PROGRAMS, /* files that are not programs are input files */
	SAVES_RUN_COMMANDS, /* every file is a command */
	SAVES_RUN_NOTHING,
};

/* One row of the table in fs/tree/tables.c. */
struct dir_kind {
	const char *root; /* key of the top directory; `*` is a resource's id */
	const char *row;  /* of the directory, by its path */
	enum dir_kind_saves saves;
	bool has_drafts; /* directories are drafts: a save in one runs nothing
			  */
	bool is_async;	 /* jobs go to jobs/, NAME.job is a link */
	const struct setting *settings;

	/* Makes endpoint, query and body of the request. Runs in the worker and
	 * uses only the run. 0 or -errno. */
	int (*build)(struct run *run, const char *content, size_t len);
};

/* Sets the table (borrowed; the first row without a root ends it). Call it
 * before anything else. */
void dir_kinds_init(const struct dir_kind *table);

/* The kind of a directory; never NULL. */
const struct dir_kind *dir_kind_of(const struct file *dir);
/* The id that stands for `*` in the root of this kind; "" if it has none. Owned
 * by the caller, free(). NULL: out of memory. */
char *dir_kind_id(const struct dir_kind *kind, const struct file *dir);

/* Whether a save of this file, under this name in this directory, runs it. */
bool dir_kind_runs(struct file *dir, const char *name, struct file *file);
/* Whether its run is debounced: a name without an ending may be a temporary
 * file that is about to be renamed, and a project is still being copied. */
bool dir_kind_settles(struct file *dir, const char *name);
/* Whether it is kept as an input file where programs are expected. */
bool dir_kind_keeps(struct file *dir, const char *name, struct file *file);
/* Whether NAME.job would be longer than a file name can be. */
bool name_is_too_long(const char *name);
/* -ENAMETOOLONG if a file of this name would run, whatever is in it. */
int dir_kind_refuses(struct file *dir, const char *name);
/* Whether it is a program, or a command, in a directory of this kind. */
bool dir_kind_is_program(
	const struct dir_kind *kind, const char *name, struct file *file);
/* Thread-safe. */
bool fd_has_shebang(int fd);

/* The settings in force in a directory, in a new object: the nearest directory
 * that has set one decides. -ENOMEM. */
int dir_kind_settings(struct file *dir, json_t **settings);
/* One of them, borrowed; NULL: it was not set. */
const json_t *dir_kind_setting(struct file *dir, const char *name);

#endif
