/* SPDX-License-Identifier: MIT */
/* fs/program/options.h - the command line, as settings */
#ifndef FS_PROGRAM_OPTIONS_H
#define FS_PROGRAM_OPTIONS_H

#include "fs/base/options.h"

struct fuse_args;

/*
 * Reads a command line: [options] MOUNTPOINT, or SOURCE MOUNTPOINT as mount(8)
 * gives it, and fills in defaults. Call options_clear whatever it returns.
 * -EINVAL, with one line that names the option, or -ENOMEM.
 */
int options_parse(struct options *options, int argc, char **argv, char *why,
	size_t why_len);

/* One option of a -o list: "ro", "url=https://..."; errors as above. */
int options_set(
	struct options *options, const char *word, char *why, size_t why_len);

/* The --help text of the -o options, a line each, from their table.
 * Owned by the caller, free(); NULL: no memory. */
char *options_help(size_t *len);

/* Sets options->text. -ENOMEM. */
int options_describe(struct options *options);

/* Appends to args, which libfuse frees, what fuse_session_new is to be told.
 * -ENOMEM. */
int options_fuse_args(const struct options *options, struct fuse_args *args);

#endif
