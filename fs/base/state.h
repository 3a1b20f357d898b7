/* SPDX-License-Identifier: MIT */
/* fs/base/state.h - the state directory: what outlives the mount */
#ifndef FS_BASE_STATE_H
#define FS_BASE_STATE_H

#include <limits.h>
#include <stdbool.h>
#include <stddef.h>
#include <time.h>

#include <jansson.h>

#include "fs/base/parallel.h"

/*
 * DIR/unsandboxfs/PUBLIC_KEY/ holds one account's scripts and results:
 *
 *   born               its own inode number; its time: the first mount
 *   lock               held (flock) by the mount that uses it
 *   run/ ...           what people save: see fs/files/files.h
 *   jobs/N.json ...    one record per job, and what it printed
 *   catalog.last       see fs/jobs/catalog.h
 *   NAME.last          a newer version of NAME, not synced yet
 *
 * A small file is replaced by writing NAME.tmp, which becomes NAME.last, then
 * NAME when both it and the directory are synced. What a killed daemon left of
 * *.tmp in jobs/ is removed by jobs_load().
 */
struct state {
	int fd; /* the account's directory */
	int jobs_fd;
	int lock_fd;
	char path[PATH_MAX];
	/* When it was first mounted: the time of what has none of its own. */
	struct timespec epoch;
	/* The directory was copied or restored: files have other inode numbers
	 * than those that were noted. */
	bool is_copy;
};

/*
 * dir NULL: $XDG_STATE_HOME, else $HOME/.local/state, else the passwd entry's.
 * Made with mode 0700 where missing. On error `why` is one line that names the
 * directory: -EBUSY another mount holds it (its pid is told), -EACCES, -EROFS,
 * -ENOTDIR, -EINVAL for a public key that is not a safe name, -EPROTO if it is
 * of version 0.1.0, -EPERM if it belongs to another user or others can write to
 * it, ...
 */
int state_open(struct state *state, const char *dir, const char *public_key,
	char *why, size_t why_len);
void state_close(struct state *state);
/* Puts this process's id into the lock. state_open does; to be called again
 * after a fork, so that a second mount names the right process. */
int state_claim(struct state *state);

/* Call it after state_open if is_copy, when no wrong numbers are noted any
 * more. Waits until all is on disk. */
int state_accept_copy(struct state *state);

/*
 * Replaces the file NAME in a directory, with both fsyncs. What was written to
 * NAME.last before is replaced, too. Thread-safe for different names. Who reads
 * NAME reads NAME.last before: after a power cut it may be there instead.
 */
int state_write(int dir_fd, const char *name, const void *bytes, size_t len);
/* The same, and does count parts, at most PARTS_BESIDE, at the same time as the
 * fsyncs. If one of them fails, NAME is not replaced. A power cut before all
 * have ended may leave either version. */
enum { PARTS_BESIDE = PARTS_MAX - 2 };
int state_write_beside(int dir_fd, const char *name, const void *bytes,
	size_t len, struct part *parts, size_t count);
/* The same without an fsync, for the loop: as NAME.last. It outlives a kill; a
 * power cut only once it was kept. */
int state_write_last(
	int dir_fd, const char *name, const void *bytes, size_t len);
/* The same, for a caller that makes it durable itself, with dir_fd: returns a
 * descriptor of it, which the caller closes, or -errno. */
int state_open_last(
	int dir_fd, const char *name, const void *bytes, size_t len);
/* Makes NAME of NAME.last, which is durable; nothing if there is none. */
int state_name_last(int dir_fd, const char *name);
/* Makes durable, as NAME, what was written last, while the loop may write
 * again. For a thread. */
int state_keep_last(int dir_fd, const char *name);
/* -ENAMETOOLONG. */
int state_last_name(char last[NAME_MAX + 1], const char *name);
/* Reads NAME.last if it is whole, else NAME. -EPROTO, -EFBIG, -ENOMEM, ...;
 * *out is NULL then. */
int state_read_json(int dir_fd, const char *name, size_t limit, json_t **out);
/* Reads a whole file, at most limit bytes (-EFBIG). Owned by the caller,
 * free(); a NUL follows the bytes. */
int state_read(
	int dir_fd, const char *name, size_t limit, char **out, size_t *len);

#endif
