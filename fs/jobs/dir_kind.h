/* SPDX-License-Identifier: MIT */
/* fs/jobs/dir_kind.h - what a save means, by where it is made */
#ifndef FS_JOBS_DIR_KIND_H
#define FS_JOBS_DIR_KIND_H

#include <stdbool.h>

#include "fs/base/setting.h"
#include "fs/files/files.h"

struct run;

enum dir_kind_saves {
	SAVES_RUN_PROGRAMS, /* names that run do, others are their input files
			     */
	SAVES_RUN_COMMANDS, /* every file is a command */
	SAVES_CREATE, /* every file makes something; directories are drafts */
	SAVES_RUN_NOTHING, /* files run nothing */
};

/*
 * One row of the table in fs/tree/dir_kinds.c. root is the key of the top
 * directory; a `*` in it is the id of a resource.
 */
struct dir_kind {
	const char *root;
	enum dir_kind_saves saves;
	bool has_drafts; /* directories are drafts: a save in one runs nothing
			  */
	bool is_async;	 /* jobs go to jobs/, NAME.job is a link */
	const struct setting *settings;

	/* Makes endpoint, query and body of the request, in the worker: sees
	 * nothing but the run. 0 or -errno. */
	int (*build)(struct run *run, const char *content, size_t len);

	/* Of what makes something: it was made, the API says. */
	void (*made)(struct run *run, const json_t *answer);
};

/* The table, kept: one row a kind; the first without a root ends it. Once,
 * before anything else. */
void dir_kinds_init(const struct dir_kind *table);

/* The kind of a directory; never NULL. */
const struct dir_kind *dir_kind_of(const struct file *dir);
/* The id that stands for `*` in the root of this kind; "" for none. Owned by
 * the caller, free(). NULL: no memory. */
char *dir_kind_id(const struct dir_kind *kind, const struct file *dir);

/* Whether this file, under this name in this directory, is run by a save. */
bool dir_kind_runs(const struct file *dir, const char *name, struct file *file);
/* Whether its run waits a moment: a name without an ending may be a temporary
 * file that is about to be renamed. */
bool dir_kind_settles(const struct file *dir, const char *name);
/* Whether it is a program, wherever it is. */
bool dir_kind_is_program(const char *name, struct file *file);

/* What goes with a program of its directory as input files: all files that are
 * not ignored (a draft's), or those whose name may be an input file's and that
 * have an ending, or no #! line. The last two are for the worker, too. */
bool dir_kind_takes_all(const struct file *dir);
bool dir_kind_takes_name(const char *name);
bool fd_has_shebang(int fd);

/* Whether what stands under this name is kept on no disk: a vault's text, and
 * what editors make of it. */
bool dir_kind_is_secret(const struct file *dir, const char *name);
/* The settings in force in a directory, in a new object: the nearest that has
 * set one decides. -ENOMEM. */
int dir_kind_settings(struct file *dir, json_t **settings);

#endif
