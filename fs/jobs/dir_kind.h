/* SPDX-License-Identifier: MIT */
/* fs/jobs/dir_kind.h - what a save means, by where it is made */
#ifndef FS_JOBS_DIR_KIND_H
#define FS_JOBS_DIR_KIND_H

#include <stdbool.h>

#include "fs/base/setting.h"
#include "fs/files/files.h"

struct run;

enum place_saves {
	PLACE_PROGRAMS, /* names that run do, others are their input files */
	PLACE_COMMANDS, /* every file is a command */
	PLACE_MAKES,	/* every file makes something; directories are drafts */
	PLACE_NOTHING,	/* files run nothing */
};

/*
 * One row of the table in fs/tree/tables.c. root is the key of the top
 * directory; a `*` in it is the id of a resource.
 */
struct place {
	const char *root;
	enum place_saves saves;
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

/* The table, kept: one row a place; the first without a root ends it. Once,
 * before anything else. */
void places_init(const struct place *places);

/* The place of a directory; never NULL. */
const struct place *place_of(const struct file *dir);
/* The id that stands for `*` in the root of this place; "" for none. Owned by
 * the caller, free(). NULL: no memory. */
char *place_id(const struct place *place, const struct file *dir);

/* Whether this file, under this name in this directory, is run by a save. */
bool place_runs(const struct file *dir, const char *name, struct file *file);
/* Whether its run waits a moment: a name without an ending may be a temporary
 * file that is about to be renamed. */
bool place_settles(const struct file *dir, const char *name);
/* Whether it is a program, wherever it is. */
bool place_is_program(const char *name, struct file *file);

/* What goes with a program of its directory as input files: all files that are
 * not ignored (a draft's), or those whose name may be an input file's and that
 * have an ending, or no #! line. The last two are for the worker, too. */
bool place_takes_all(const struct file *dir);
bool place_takes_name(const char *name);
bool fd_has_shebang(int fd);

/* Whether what stands under this name is kept on no disk: a vault's text, and
 * what editors make of it. */
bool place_is_secret(const struct file *dir, const char *name);
/* The settings in force in a directory, in a new object: the nearest that has
 * set one decides. -ENOMEM. */
int place_settings(struct file *dir, json_t **settings);

#endif
