/* SPDX-License-Identifier: MIT */
/* fs/jobs/locate.h - paths of saved files and jobs, as users see them */
#ifndef FS_JOBS_LOCATE_H
#define FS_JOBS_LOCATE_H

#include <stdio.h>

#include "fs/files/files.h"

struct core;
struct job;

/* Prints the path in the mount of a saved directory, or of this name in it
 * (NULL: none). */
void dir_locate(
	struct core *core, struct file *dir, const char *name, FILE *out);
/* As row_refuse: explains why something is refused that was done to this name
 * in a saved directory, or to the directory (NULL). Returns err. */
int file_refuse(struct core *core, const char *method, struct file *dir,
	const char *name, int err, const char *why);

/* Prints the path of a job's directory. */
void job_locate(const struct job *job, FILE *out);
/* As row_refuse, of a job. */
int job_refuse(
	const struct job *job, const char *method, int err, const char *why);

#endif
