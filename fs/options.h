/* SPDX-License-Identifier: MIT */
/* fs/options.h - what the command line asks for */
#ifndef FS_OPTIONS_H
#define FS_OPTIONS_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

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
	const char *mountpoint; /* absolute */
	const char *source;     /* of mount(8), shown by findmnt; or NULL */
	char *url;
	char *cacert;
	char *accounts_file;
	char *state_dir;        /* as given, or NULL: XDG_STATE_HOME */
	int account;            /* -1: not given */
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
	uint64_t ttl_ms[8];     /* by enum cache_kind; 0: the default */
	uint64_t stale_ttl_ms;
	uint64_t negative_ttl_ms;
	uint64_t cache_size;    /* bytes */
};

#endif
