/* SPDX-License-Identifier: MIT */
/* fs/base/options.h - what the command line asks for */
#ifndef FS_BASE_OPTIONS_H
#define FS_BASE_OPTIONS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

struct fuse_args;

/* Exit statuses of the program; the man page lists them. */
enum exit_status {
	EXIT_OK = 0,
	EXIT_OTHER = 1,
	EXIT_USAGE = 2,
	EXIT_CREDENTIALS = 3, /* none found, unsafe file, or rejected key */
	EXIT_MOUNTPOINT = 4,
	EXIT_STATE = 5, /* the state directory is missing, held or read-only */
	EXIT_FUSE = 6,
};

struct options {
	char *mountpoint; /* as given; absolute once mountpoint_prepare ran */
	char *source;	  /* of mount(8), shown by findmnt; or NULL */
	char *url;	  /* never NULL */
	char *cacert;	  /* absolute, or NULL: the system's */
	char *accounts_file;
	char *state_dir; /* absolute, or NULL: XDG_STATE_HOME */
	int account;	 /* -1: not given */
	uint64_t run_wait_ms;
	uint64_t timeout_ms;
	uid_t uid;
	gid_t gid;
	mode_t umask;
	bool allow_other;
	bool allow_root;
	bool auto_unmount;
	bool allow_delete;
	bool read_only;
	bool foreground;
	bool debug;
	uint64_t ttl_ms[8]; /* by enum cache_kind; 0: the default */
	uint64_t stale_ttl_ms;
	uint64_t negative_ttl_ms;
	uint64_t cache_size; /* bytes */

	char *kernel;	   /* what mount(2) is told besides: "noexec,noatime" */
	bool has_url;	   /* -o url= was given, so SOURCE is a label */
	bool show_help;	   /* -h: print the usage and end */
	bool show_version; /* -V */
	bool fake;	   /* mount -f: check the command line, mount nothing */
};

/*
 * Reads a command line: [options] MOUNTPOINT, or SOURCE MOUNTPOINT as mount(8)
 * gives it, and fills in defaults. Call options_clear whatever it returns.
 * -EINVAL, with one line that names the option, or -ENOMEM.
 */
int options_parse(struct options *options, int argc, char **argv, char *why,
	size_t why_len);
void options_clear(struct options *options);

/* One option of a -o list: "ro", "url=https://..."; errors as above. */
int options_set(
	struct options *options, const char *word, char *why, size_t why_len);

/* Values for everything, before any option. -ENOMEM. */
int options_init(struct options *options);

/* The --help text of the -o options, a line each, from their table.
 * Owned by the caller, free(); NULL: no memory. */
char *options_help(size_t *len);

/* The settings in force, `name value` a line, from the same table; none of
 * them is a secret. Owned by the caller, free(); NULL: no memory. */
char *options_text(const struct options *options, size_t *len);

/* Appends to args, which libfuse frees, what fuse_session_new is to be told.
 * -ENOMEM. */
int options_fuse_args(const struct options *options, struct fuse_args *args);

#endif
