/* SPDX-License-Identifier: MIT */
/* fs/base/options.h - the settings of a mount, as the command line gives them
 */
#ifndef FS_BASE_OPTIONS_H
#define FS_BASE_OPTIONS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "api/api.h"

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
	char *mountpoint;    /* absolute once the program has checked it */
	bool is_passed;	     /* it is /dev/fd/N: the caller has mounted */
	char *source;	     /* as mount(8) and findmnt show it, or NULL */
	char *url;	     /* never NULL */
	char *cacert;	     /* absolute, or NULL: the system's own */
	char *accounts_file; /* absolute, or NULL: ~/.unsandbox/... */
	char *run;	     /* a command for sh, or NULL */
	char *shell[4];	     /* that, as arguments */
	char **command;	 /* to run while it is mounted, or NULL; not owned */
	char *log_file;	 /* absolute, or NULL: syslog */
	char *state_dir; /* absolute, or NULL: XDG_STATE_HOME */
	int account;	 /* -1: not given */
	uint64_t run_wait_ms;
	uint64_t timeout_ms;
	uint64_t idle_exit_ms; /* 0: never */
	unsigned keep_jobs;
	uid_t uid;
	gid_t gid;
	mode_t umask;
	mode_t fmask, dmask; /* of files and of directories: umask, if not
				given */
	bool has_uid, has_gid, has_umask, has_fmask,
		has_dmask; /* given: saved files show them, too */
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
	uint64_t cache_size;		       /* bytes */
	uint64_t answer_max[API_ANSWER_KINDS]; /* bytes */

	char *text;	   /* for people: a line `name value` for each setting,
			      no secrets; NULL: no command line was parsed */
	char *kernel;	   /* passed to mount(2): "noexec,noatime"; or NULL */
	bool show_help;	   /* -h: print the usage and exit */
	bool show_all;	   /* --help all: every option */
	bool show_version; /* -V */
	bool is_check;	   /* --check: report what a mount would find */
	bool remount;	   /* change the flags of an existing mount */
	bool fake;	   /* mount -f: check the command line, mount nothing */
};

/* Sets the default settings. Call options_clear whatever it returns. -ENOMEM.
 */
int options_init(struct options *options);
void options_clear(struct options *options);

#endif
