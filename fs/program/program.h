/* SPDX-License-Identifier: MIT */
/* fs/program/program.h - what main() is made of: options, checks, the daemon */
#ifndef FS_PROGRAM_PROGRAM_H
#define FS_PROGRAM_PROGRAM_H

#include <limits.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <sys/types.h>

#include "fs/base/base.h"

struct fuse_args;

/* A function that takes `why` writes one line there when it fails: what is
 * wrong, and what to do. This holds a line with two paths. */
#define WHY_LEN (2 * PATH_MAX + 256)

/* Writes that line and returns result. */
__attribute__((format(printf, 4, 5))) int refuse(
	int result, char *why, size_t why_len, const char *format, ...);

/*
 * The options, one row each. The command line is parsed by them, --help and
 * `.unsandboxfs/config` print them, and the man page is checked against them.
 */
enum option_type {
	OPTION_ON,	/* bool: the name sets it */
	OPTION_OFF,	/* bool: the name clears it */
	OPTION_TEXT,	/* char * */
	OPTION_PATH,	/* char *, made absolute */
	OPTION_URL,	/* char * */
	OPTION_NUMBER,	/* 32 bits; a value above max means: not given */
	OPTION_OCTAL,	/* 32 bits */
	OPTION_SECONDS, /* uint64_t, milliseconds */
	OPTION_BYTES,	/* uint64_t */
	OPTION_KERNEL,	/* no member: passed to mount(2) by its name */
	OPTION_LABEL,	/* the same with its value, where SELinux is in use */
	OPTION_IGNORED, /* no member: accepted, with a value or without */
	OPTION_HELPER,	/* the same, but only if mount(8) calls us */
};

struct option_row {
	const char *name; /* "-x", or for -o; several are separated by commas;
			     one that ends in '*' stands for a prefix */
	enum option_type type;
	size_t offset;	   /* of the member of struct options */
	const char *value; /* what --help calls the value; NULL: takes none */
	const char *help;  /* NULL: not in --help */
	uint64_t min, max; /* of a number */
	bool is_rare;	   /* only in `--help all` */
};

extern const struct option_row option_rows[]; /* the last has no name */

/* The row of this name, or NULL. */
const struct option_row *option_find(const char *name, size_t name_len);

/* Stores the value, "" if there is none. Returns -EINVAL if it is not what
 * option_must_be says, -ENOMEM, or the error of getcwd(3). */
int option_store(const struct option_row *row, struct options *options,
	const char *value);
void option_must_be(const struct option_row *row, char *text, size_t len);

/* The value in force, "" if there is none: a number is printed into number,
 * other values are borrowed from options. */
enum { OPTION_NUMBER_LEN = 24 };
const char *option_text(const struct option_row *row,
	const struct options *options, char number[OPTION_NUMBER_LEN]);

/*
 * Parses a command line: [options] [SOURCE] MOUNTPOINT. What it does not set
 * has its default. Call options_clear whatever it returns. Returns -EINVAL if
 * the command line is wrong, -ENOMEM; both with why.
 */
int options_parse(struct options *options, int argc, char **argv, char *why,
	size_t why_len);

/* Prints a line for each option, for --help; not the rare ones, unless all.
 * -ENOMEM. */
int options_help(FILE *out, bool all);

/* Sets *text, which the caller frees even on error: the -o options in force, a
 * line `name value` each. -ENOMEM. */
int options_describe(const struct options *options, char **text);

/* Appends to args the arguments of fuse_session_new. The caller frees args with
 * fuse_opt_free_args. -ENOMEM. */
int options_fuse_args(const struct options *options, struct fuse_args *args);

/*
 * Prepares the process to hold a key for a long time: descriptors 0 to 2 are
 * open, no core file, no debugger of the same user, as many descriptors as
 * allowed, no SIGPIPE.
 */
void process_harden(void);

/* Undoes that for a command that is to be run. */
void process_soften(void);

/*
 * If the command line is `unsandboxfs run WORD... -- COMMAND...`, returns the
 * command, and removes it and the words `run` and `--`; else NULL.
 */
char **command_cut(int *argc, char **argv);

/* Runs the command, then ends the daemon and waits for it. Returns the exit
 * status: the command's, or 128 and its signal. */
int command_run(char **command, pid_t daemon);

/* Wipes the keys from the environment, where /proc and children see them. */
void process_wipe_keys(void);

/*
 * Checks before the mount is tried what would make it fail: /dev/fuse,
 * fusermount3, user_allow_other in /etc/fuse.conf, the file of cacert. Returns
 * EXIT_OK, or the exit status with why.
 */
enum exit_status system_check(
	const struct options *options, char *why, size_t why_len);

/* May this user give allow_other? */
bool others_are_allowed(void);

/* --check: prints a line for each thing that a mount needs, and returns the
 * exit status of the first that fails. */
enum exit_status check_run(const struct options *options);

#define MOUNTPOINT_FSTYPE "fuse.unsandboxfs"

/* What is mounted on a directory; long names are truncated. */
struct mountpoint_mount {
	char fstype[64];
	char source[256];
};

/* Finds the topmost mount on path in a table like /proc/self/mounts. -ENOENT:
 * nothing is mounted there. */
int mountpoint_find(
	FILE *mounts, const char *path, struct mountpoint_mount *mount);

/*
 * Checks that path can be mounted on, and resolves it into out, absolute and
 * without symbolic links. A dead mount of ours (its daemon was killed) is
 * unmounted. Returns, with why: -ENOENT, -ENOTDIR, -EBUSY for a live mount of
 * ours, -ENOTCONN for a dead mount that is not ours or cannot be unmounted, or
 * the error of open(2) or stat(2).
 */
int mountpoint_prepare(
	const char *path, char out[PATH_MAX], char *why, size_t why_len);

/* The descriptor N if the mountpoint is "/dev/fd/N": /dev/fuse, which the
 * caller has opened and mounted, as in libfuse and mount.fuse3(8). -1: any
 * other path. */
int mountpoint_passed(const char *path);

/* Checks that it is /dev/fuse, and makes it close-on-exec. -EBADF, with why. */
int mountpoint_take(const char *path, char *why, size_t why_len);

/* Says in one line what is at path; changes nothing. Errors as
 * mountpoint_prepare, but a live mount of ours is not an error. */
int mountpoint_look(const char *path, char *text, size_t text_len);

/*
 * Changes the flags of the mount on options->mountpoint as options say: ro,
 * noexec and so on. Returns -ENOENT if no unsandboxfs is mounted there, or the
 * error of mount(2), with why.
 */
int mountpoint_remount(
	const struct options *options, char *why, size_t why_len);

/*
 * The command ends when the mount answers, not when the daemon has started: its
 * process waits on a pipe for the daemon's report and exits with that status.
 * Until then the daemon stays in the command's process group and on its
 * terminal, so that Ctrl-C ends both.
 */
struct daemon {
	bool foreground;
	bool reported;
	int report_fd;		 /* of the pipe; -1: none, in the foreground */
	enum exit_status status; /* of a start that failed in the loop */
	char message[1024];	 /* and why it failed */
};

/* Forks, unless foreground; only the daemon returns. command: what the other
 * process runs when the mount answers, or NULL. -errno of pipe or fork. */
int daemon_start(struct daemon *daemon, bool foreground, char **command);

/*
 * For mount_loop; ctx is the struct daemon. EXIT_OK is reported at once, with
 * message as a warning if it is not "", and the daemon leaves the terminal. A
 * failure is kept for daemon_end, which is called after the unmount.
 */
void daemon_ready(void *ctx, enum exit_status status, const char *message);

/* Reports a failed start, with what daemon_ready was given, else with status
 * and why. Returns the exit status. */
enum exit_status daemon_end(
	struct daemon *daemon, enum exit_status status, const char *why);

/*
 * Forks a process that waits until the caller has ended, however it ends, and
 * then unmounts path if a dead mount of ours is on it. The process holds no key
 * and no descriptor of the caller's. Call it before keys are read and threads
 * are made. (fusermount3 of libfuse 3.14 can do this for root only.) -errno of
 * pipe or fork.
 */
int watchdog_start(const char *path);

/* Serves a mount by these options until it is unmounted. Returns the exit
 * status; what went wrong is logged. */
enum exit_status serve(struct options *options);

/* `unsandboxfs shell ...`, whose words are argv. Returns the exit status: that
 * of the shell, if it is known. */
int shell_main(int argc, char **argv);

#endif
