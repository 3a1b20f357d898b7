/* SPDX-License-Identifier: MIT */
/* fs/files/files_private.h - what the units of this room share */
#ifndef FS_FILES_FILES_PRIVATE_H
#define FS_FILES_FILES_PRIVATE_H

#include <fcntl.h>

/* An element that could not be added has no table. */
#define HASH_NONFATAL_OOM 1
#include <uthash.h>

#include "fs/base/base.h"
#include "fs/files/files.h"

/* Freeing this much takes more than a turn of the loop should. */
enum { LARGE_BLOCKS = 16384 }; /* of 512 bytes */
/* A file of this name has the settings. A directory of this name is an ordinary
 * one, and its parent has no settings. */
#define SETTINGS_NAME ".settings"
#define REMOVED_NAME "removed" /* trees, until they are swept */

struct inode;

/* A name under which an inode is known. It holds its directory. */
struct place {
	TAILQ_ENTRY(place) link; /* of the inode's */
	struct inode *inode, *dir;
	char name[];
};
TAILQ_HEAD(place_list, place);
LIST_HEAD(opened_list, file_opened);

struct directory {
	char *key; /* of a top directory; NULL: below one */
	unsigned freezes;
	json_t *settings;
	bool is_read;		/* the settings */
	bool is_settings_dirty; /* not written yet */
	bool is_new; /* the parents of a top directory are not synced yet */
};

struct inode {
	struct file file; /* first: the public part */
	struct files *files;
	dev_t dev;
	uint64_t lookups; /* references of the kernel */
	unsigned holds;	  /* references of ours */
	unsigned commits; /* under way */
	/*
	 * Of a directory: an O_PATH descriptor in the cache. Of a pinned inode:
	 * an O_PATH descriptor, since it has no name. -1: none.
	 */
	int fd;
	bool is_pinned;
	bool is_dirty; /* changed since its last commit */
	TAILQ_ENTRY(inode) cached;
	struct opened_list opened;
	struct place_list places;
	struct directory *dir;
	UT_hash_handle hh;
};

TAILQ_HEAD(inode_list, inode);

struct files {
	int state_fd;
	struct files_options options;
	dev_t dev;
	uint64_t salt; /* keeps the inode numbers of two mounts apart */
	uint64_t serial;
	bool is_root;
	struct inode *table;	 /* by ino */
	struct inode_list cache; /* most recently used first */
	unsigned cached;
	uint64_t failed_commits;
	int commit_err; /* of the last of them */
};

static inline struct inode *inode_of(const struct file *file)
{
	return (struct inode *)file;
}

/* ---- inode.c ---- */

/* The file that was found under a name, held. */
int inode_adopt(struct inode *dir, const char *name, const struct stat *st,
	struct file **out);
/* NULL: unknown. Not held. */
struct inode *inode_find(struct files *files, const struct stat *st);
void inode_release(struct inode *inode);
void inode_free(struct inode *inode);
struct place *place_find(
	const struct inode *inode, const struct inode *dir, const char *name);
/* Belongs to no inode yet. NULL: out of memory. */
struct place *place_new(struct inode *dir, const char *name);
void place_insert(struct place *place, struct inode *inode);
int place_add(struct inode *inode, struct inode *dir, const char *name);
/* Frees it; NULL does nothing. */
void place_remove(struct place *place);
/* Forgets the settings. */
void directory_clear(struct directory *dir);
struct inode *dir_parent(const struct inode *dir);
/* False for a directory that was removed, or is in one. */
bool dir_is_alive(const struct inode *dir);

/* ---- reach.c ---- */

/* Room for a path below /proc/self/fd. */
enum { REACH_MAX = 32 + NAME_MAX };

/* The cached O_PATH descriptor of a directory; valid until many others have
 * been used. -ENOTDIR; -ENOENT: it was removed, or is a top directory that does
 * not exist on disk yet. */
int dir_fd(struct inode *dir);
/* The same, to create something in it; creates a top directory. -ENOENT: it was
 * removed. */
int dir_fd_make(struct inode *dir);
/* Descriptor and name for an *at call with AT_EMPTY_PATH. */
int inode_reach(struct inode *inode, int *fd, const char **name);
/* A path for calls that have no *at form. */
int inode_path(struct inode *inode, char path[REACH_MAX]);
/* The backing file, opened anew. */
int inode_open(struct inode *inode, int flags);
/* Keeps it reachable by an O_PATH descriptor, which is taken; a directory has
 * its own. */
void inode_pin(struct inode *inode, int fd);
void inode_close_fd(struct inode *inode);
void fd_close(struct files *files, int fd);
/* Where a top directory is, below the state directory. */
void top_path(const char *key, char path[PATH_MAX]);

/* ---- names.c ---- */

/* fstatat(2); -ENOENT for what is hidden, and for types of files that are not
 * shown. */
int name_stat(int fd, const char *name, struct stat *st);
/* Call it when a name in dir (NULL: unknown) is removed with its tree. */
void name_leave(
	struct files *files, struct inode *dir, int fd, const char *name);
/* Call it when a backing file with these attributes has lost a name. */
void name_gone(struct files *files, const struct stat *st);

/* ---- settings.c ---- */

/* Whether a file of this name and type holds hidden settings. */
bool is_settings(const char *name, mode_t type);

/* Replaces the settings of a directory. For the worker. */
int settings_write(int state_fd, int dir_fd, const char *text, size_t len);

/* ---- list.c ---- */

/* Sets its permission bits, where the daemon may. */
void mode_try(int fd, const char *name, mode_t mode);
/* Removes the hidden settings of a directory that is about to be removed, if
 * there is nothing else in it; else -ENOTEMPTY. 0 if it cannot be read, since
 * it may be empty. */
int dir_clear(int fd, const char *name);

/* ---- content.c ---- */

/* Takes fd. */
void opened_add(struct file_opened *opened, struct file *file, int fd);

/* ---- attributes.c ---- */

/* Makes the caller the owner of what was created. */
int owner_set(struct inode *dir, int fd, const char *name, mode_t mode,
	const struct file_caller *caller);

#endif
