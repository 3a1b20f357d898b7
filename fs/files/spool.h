/* SPDX-License-Identifier: MIT */
/* fs/files/spool.h - the files that people save: names, attributes, content */
#ifndef FS_FILES_SPOOL_H
#define FS_FILES_SPOOL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/stat.h>
#include <time.h>

#include <jansson.h>

#include "fs/base/state.h"

/*
 * A spool is a directory in which people save: run/, jobs/new/, a draft, a
 * service's run/. Its files behave like those of any disk (hard links, rename
 * over an open file, xattrs, symlinks), and are kept in the state directory.
 * This module knows nothing of running them, of FUSE, or of the network: it is
 * called by fs/ops/saved_files.c and fs/ops/save.c.
 *
 * Everything is held in memory but the content. Every change is on disk (not
 * fsynced) when the function returns; content when it was committed.
 */

struct spool;

struct spool_inode {
	uint64_t number; /* serial, never used again; the file names on disk */
	uint64_t ino;	 /* inode number: a 63-bit mix of number, > 2^32, so
			    that no other filesystem has the same by chance */
	mode_t mode;	 /* with S_IFREG, S_IFDIR or S_IFLNK */
	uid_t uid;
	gid_t gid;
	unsigned nlink;
	struct timespec atime, mtime, ctime, btime;
	uint64_t size;	  /* of what a read gives now */
	json_t *xattrs;	  /* object name -> json_from_bytes, or NULL */
	char *target;	  /* of a symlink */
	json_t *settings; /* of a directory: object name -> value, or NULL */
	json_t *secrets;  /* the same, of what is kept in memory alone */
	char *root;	  /* of the top directory of a spool: its key */
	struct spool_inode *top; /* of a directory: the spool's top directory */
	struct spool_inode *parent; /* of a directory below the top */

	/* Content has a generation (tree.md): a write, a truncation that
	 * changes the size, an O_TRUNC of a file that was not empty make a new
	 * one. sent is kept by fs/ops/save.c; both are 0 after a start. */
	uint64_t generation, sent;
	unsigned handles; /* open handles, kept by the caller: spool_hold */
	unsigned writers; /* of them writable, kept by the caller */
	void *job;	  /* of fs/ops/save.c */
	void *timer;	  /* of fs/ops/save.c */

	struct spool_content *content; /* of spool_content.c */
	struct spool_names *names;     /* of a directory: its entries */
	struct spool_links *links;     /* of a file: where it stands */
};

/* Called when an inode has neither name nor handle any more, and no commit is
 * under way, before it is freed and its files are removed. Not by
 * spool_close. */
typedef void spool_gone(void *ctx, struct spool_inode *inode);

/* Reads all records. Damaged ones are told to `complain` (one line each), kept
 * on disk aside as *.damaged, and passed over; what is whole is kept; where two
 * inodes claim one name (a kill between two writes of a rename) the newer
 * record has it. state is borrowed. */
int spool_open(struct state *state, void (*complain)(const char *line),
	spool_gone *gone, void *ctx, struct spool **out);
/* Every commit has ended before; what was not committed is lost. */
void spool_close(struct spool *spool);

/*
 * Files whose content, as their record, is in memory alone, up to 1 MiB
 * (-EFBIG), and gone with the mount: those with a name that is_secret says so
 * of. Their mode is the owner's alone. What was on disk before it got such a
 * name is removed there, and what has one gets no other (-EPERM).
 */
typedef bool spool_secret(const struct spool_inode *dir, const char *name);
void spool_keep_secret(struct spool *spool, spool_secret *is_secret);
bool spool_is_secret(const struct spool_inode *inode);

/* The top directory with this key ("run", "jobs/new", "services/ID/run"), made
 * with mode 0755 if it is not there. NULL: no memory or no room (errno is
 * set). */
struct spool_inode *spool_top(struct spool *spool, const char *root, uid_t uid,
	gid_t gid, const struct timespec *now);
/* Whose the top directories are in this mount, and their permission bits. */
void spool_lend(struct spool *spool, uid_t uid, gid_t gid, mode_t mode);
/* Top directories that exist, for restoring; NULL ends. */
struct spool_inode *spool_next_top(
	struct spool *spool, const struct spool_inode *after);
/* Removes a top directory and all in it (its resource is gone). What is held
 * open of it has no top and no parent any more, like every removed directory.
 */
void spool_drop_top(struct spool *spool, struct spool_inode *top);

/* NULL: none such. Borrowed. */
struct spool_inode *spool_by_ino(struct spool *spool, uint64_t ino);
struct spool_inode *spool_by_number(struct spool *spool, uint64_t number);
struct spool_inode *spool_find(const struct spool_inode *dir, const char *name);

/* Entry number index of a directory, in a stable order (of creation); false
 * past the end. */
bool spool_entry(const struct spool_inode *dir, size_t index, const char **name,
	struct spool_inode **inode);
size_t spool_count(const struct spool_inode *dir);
/* The first entry behind a cookie: for listings that go on while entries come
 * and go, where an index would skip or repeat one. 0 is before the first;
 * cookies are over 15, grow along the list, and outlive a restart. What a
 * rename puts in the place of another has its cookie. */
bool spool_entry_after(const struct spool_inode *dir, uint64_t cookie,
	uint64_t *next, const char **name, struct spool_inode **inode);
/* The i-th place where a file stands. */
bool spool_link_at(const struct spool_inode *inode, size_t index,
	struct spool_inode **dir, const char **name);

/*
 * As the system calls of the same names; -EEXIST -ENOENT -ENOTEMPTY -EISDIR
 * -ENOTDIR -ENAMETOOLONG (over 255 bytes) -EINVAL (a directory into itself)
 * -EPERM (hard link to a directory, a device) -EMLINK (over 1000 names)
 * -ENOSPC -EIO -ENOMEM. A directory's mtime and ctime move with its entries.
 * Names are any bytes but / and NUL. What fails has changed nothing. What
 * succeeds outlives a kill at once, and a power cut after the next commit of
 * the inode.
 */
int spool_create(struct spool *spool, struct spool_inode *dir, const char *name,
	mode_t mode, uid_t uid, gid_t gid, const struct timespec *now,
	struct spool_inode **out);
int spool_symlink(struct spool *spool, struct spool_inode *dir,
	const char *name, const char *target, uid_t uid, gid_t gid,
	const struct timespec *now, struct spool_inode **out);
int spool_link(struct spool *spool, struct spool_inode *inode,
	struct spool_inode *dir, const char *name, const struct timespec *now);
int spool_unlink(struct spool *spool, struct spool_inode *dir, const char *name,
	const struct timespec *now);
int spool_rmdir(struct spool *spool, struct spool_inode *dir, const char *name,
	const struct timespec *now);
/* flags: RENAME_NOREPLACE, RENAME_EXCHANGE. */
int spool_rename(struct spool *spool, struct spool_inode *dir, const char *name,
	struct spool_inode *new_dir, const char *new_name, unsigned flags,
	const struct timespec *now);

/* Of stat only st_mode (permission bits), st_uid, st_gid, st_atim, st_mtim are
 * taken, by which (SPOOL_SET_*). ctime becomes now. */
enum {
	SPOOL_SET_MODE = 1,
	SPOOL_SET_UID = 2,
	SPOOL_SET_GID = 4,
	SPOOL_SET_ATIME = 8,
	SPOOL_SET_MTIME = 16,
};
int spool_setattr(struct spool *spool, struct spool_inode *inode, int which,
	const struct stat *stat, const struct timespec *now);
/* Writes the record again after a change of settings, xattrs or times made by
 * the caller. */
int spool_record(struct spool *spool, struct spool_inode *inode);

/* Only user.*; others -ENOTSUP. flags: XATTR_CREATE, XATTR_REPLACE. Values up
 * to 64 KiB (-E2BIG), 1 MiB of them in all (-ENOSPC). get and list: the needed
 * size with size 0, -ERANGE, -ENODATA. */
int spool_setxattr(struct spool *spool, struct spool_inode *inode,
	const char *name, const void *value, size_t size, int flags,
	const struct timespec *now);
ssize_t spool_getxattr(const struct spool_inode *inode, const char *name,
	void *value, size_t size);
ssize_t spool_listxattr(
	const struct spool_inode *inode, char *list, size_t size);
int spool_removexattr(struct spool *spool, struct spool_inode *inode,
	const char *name, const struct timespec *now);

/* An open handle keeps the inode and its content alive after unlink. */
void spool_hold(struct spool_inode *inode);
void spool_drop(struct spool *spool, struct spool_inode *inode);

/*
 * Content. The first change after a commit goes to a working copy (N.work:
 * copied unless truncated to nothing), so that what was committed stays whole
 * until the next commit. Reads give the working copy where there is one.
 * Writes are pwrite to the page cache; -ENOSPC, -EFBIG, -EIO, -EDQUOT. A limit
 * of file sizes gives -EFBIG only where SIGXFSZ is ignored. The descriptor is
 * closed when nobody has the inode open.
 */
ssize_t spool_read(
	struct spool_inode *inode, void *bytes, size_t len, off_t offset);
ssize_t spool_write(struct spool *spool, struct spool_inode *inode,
	const void *bytes, size_t len, off_t offset,
	const struct timespec *now);
int spool_truncate(struct spool *spool, struct spool_inode *inode, off_t size,
	const struct timespec *now);
int spool_allocate(struct spool *spool, struct spool_inode *inode, int mode,
	off_t offset, off_t len, const struct timespec *now);

/* Whether something was written that no commit has begun to keep. */
bool spool_is_dirty(const struct spool_inode *inode);

/*
 * A commit makes the working copy the content, durably, in three steps:
 * spool_commit_begin on the loop (NULL with *err 0: nothing to commit),
 * spool_commit_work in the worker (fsync, rename, fsync of the directory,
 * record), spool_commit_end on the loop (frees it). Writes that come in between
 * go to a new working copy. After begin, reads already give the new content.
 * Several commits of one inode may be under way; they end in order. One that is
 * ended without its work, or whose work failed, has changed nothing: what was
 * written is still to be committed.
 *
 * There is something to commit, too, where the content is durable and its
 * names, attributes or settings are not; directories and symlinks can be
 * committed for that. A commit makes durable the directories above.
 *
 * A commit keeps its inode, but spool_commit_end may free it if it has lost its
 * last name meanwhile: who needs it afterwards holds it.
 */
struct spool_commit;
struct spool_commit *spool_commit_begin(
	struct spool *spool, struct spool_inode *inode, int *err);
int spool_commit_work(struct spool_commit *commit);
void spool_commit_end(struct spool *spool, struct spool_commit *commit);

/* Makes a hard link to (or a copy of) the committed content of an inode as
 * dir_fd/name: the program as it was sent. For the worker, after
 * spool_commit_work; number is the inode's, so that the inode itself is not
 * touched there. 0 size content has no file: an empty one is made. */
int spool_content_link(const struct state *state, uint64_t number, int dir_fd,
	const char *name);
/* The whole committed content, for the worker. Owned by the caller, free(). */
int spool_content_read(const struct state *state, uint64_t number, size_t limit,
	char **out, size_t *len);

#endif
