/* SPDX-License-Identifier: MIT */
/* fs/files/files.h - the files that people save, in a backing directory */
#ifndef FS_FILES_FILES_H
#define FS_FILES_FILES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/queue.h>
#include <sys/stat.h>
#include <time.h>

#include <jansson.h>

/*
 * run/, jobs/new/, drafts, and the run/ of services and sessions are
 * directories under the state directory, and what is saved in them are files
 * under their own names. This room finds them for the kernel by inode number,
 * and passes on what is asked to the system call of the same name, as libfuse's
 * passthrough_ll does. It knows nothing of FUSE, of running, or of the network.
 *
 * It adds only hidden files (.settings), generations of content, and what a
 * commit has to make durable. All functions are for the loop unless they say
 * otherwise. They return 0 or -errno: the system call's, -ENOMEM, or -ESTALE if
 * the backing directory was changed from outside.
 */

struct files;

/*
 * A file, directory or symlink that the kernel, an open handle or a run knows.
 * Functions that return one hold it for the caller, until file_drop.
 */
struct file {
	uint64_t ino; /* as shown; the same after a remount, never that of a row
		       */
	uint64_t number; /* st_ino of the backing file; 0: it has none */
	mode_t type;	 /* S_IFREG, S_IFDIR or S_IFLNK */

	/* A write, a truncation that changes the size, and an O_TRUNC of a file
	 * that was not empty start a new generation of its content. The other
	 * members belong to the caller: the generations that were saved and
	 * that the log has mentioned, the writable handles, the run that waits.
	 */
	uint64_t generation, sent, noted;
	unsigned writers;
	void *run;
};

/* A descriptor of a file's content, owned by the caller's handle. */
struct file_opened {
	LIST_ENTRY(file_opened) link;
	struct file *file;
	int fd;
};

struct files_options {
	uid_t uid; /* of top directories */
	gid_t gid;
	bool has_uid, has_gid; /* of all files */
	mode_t fmask, dmask; /* bits that are hidden in files, in directories */
	mode_t top_mode;     /* permission bits of top directories */
	struct timespec epoch; /* their time until they exist on disk */
	/* The last name of a backing file was removed. file is NULL if it is
	 * not known. */
	void (*gone)(void *ctx, uint64_t number, struct file *file);
	/* Called when files_sweep has something to do. */
	void (*sweep)(void *ctx);
	/* Closes a descriptor, which may take long. */
	void (*close_slowly)(void *ctx, int fd);
	void *ctx;
};

/*
 * state_fd: the account's state directory, whose path is `path`; borrowed.
 * Sets the process's umask to 0, since the kernel has applied the caller's.
 */
int files_open(int state_fd, const char *path,
	const struct files_options *options, struct files **out);
void files_close(struct files *files);

/* A file that files_walk finds; borrowed. */
struct file_found {
	uint64_t number;
	int dir; /* it is `name` in it */
	const char *name;
};

/* Sets the mode of all existing top directories, and calls `each` with each
 * file in them. Reads directories only. 0; 1: some cannot be read; -ENOMEM. */
int files_walk(struct files *files,
	void (*each)(void *ctx, const struct file_found *found), void *ctx);

/* When it was created, by the clock of the disk, in ns; 0: not known. Tells
 * apart two files that had the same number, one after the other. */
uint64_t file_born(struct file *file);
uint64_t file_found_born(const struct file_found *found);

/* Deletes the trees that file_remove_tree has moved aside, also those of a
 * mount that was killed. For the worker. */
void files_sweep(int state_fd);

/* The top directory of this key: "run", "jobs/new", "services/ID/run",
 * "drafts/NUMBER", ... It is created on disk when something is saved in it.
 * NULL: out of memory. */
struct file *files_top(struct files *files, const char *key);

/* The inode number shown for a backing inode number, for listings. */
uint64_t files_ino(const struct files *files, uint64_t number);

/* NULL: unknown. Not held. */
struct file *file_by_number(struct files *files, uint64_t number);
struct file *file_by_ino(struct files *files, uint64_t ino);
void file_hold(struct file *file);
void file_drop(struct file *file);
/* Call these when the kernel has got a reference, and has dropped count of
 * them. */
void file_known(struct file *file);
void file_forget(struct file *file, uint64_t count);

/* The parent of a directory; NULL: none. Not held. */
struct file *file_parent(const struct file *dir);
/* The key of the top directory it is in; NULL: it has been removed. */
const char *file_top_key(const struct file *dir);
/* The i-th known name of a file, in the order in which they became known. */
bool file_place(const struct file *file, size_t i, struct file **dir,
	const char **name);
/* Searches the directories of the known names for more names. */
int file_find_places(struct file *file);

/* The owner of a new file, if the daemon is root. */
struct file_caller {
	uid_t uid;
	gid_t gid;
};

/* Holds the file for the caller; *out is NULL on error. */
int file_lookup(struct file *dir, const char *name, struct file **out);
/* Creates a file; fills opened unless it is NULL. */
int file_create(struct file *dir, const char *name, mode_t mode, int flags,
	const struct file_caller *caller, struct file_opened *opened,
	struct file **out);
int file_mkdir(struct file *dir, const char *name, mode_t mode,
	const struct file_caller *caller, struct file **out);
int file_symlink(struct file *dir, const char *name, const char *target,
	const struct file_caller *caller, struct file **out);
int file_link(struct file *file, struct file *dir, const char *name);
int file_unlink(struct file *dir, const char *name);
/* A directory with only hidden settings in it is empty. */
int file_rmdir(struct file *dir, const char *name);
/* flags: RENAME_NOREPLACE, RENAME_EXCHANGE. */
int file_rename(struct file *dir, const char *name, struct file *new_dir,
	const char *new_name, unsigned flags);
/* Removes a directory, top directories too, with all that is in it. */
int file_remove_tree(struct file *dir);

/* Entries of a directory but for "." and "..", in no order. each returns 0, or
 * an error that ends it. */
int file_each(struct file *dir,
	int (*each)(void *ctx, const char *name, uint64_t number, mode_t type),
	void *ctx);

/* Attributes as shown. */
int file_stat(struct file *file, struct stat *st);
/* opened may be NULL. which says which members of st to apply; the bits are
 * those of FUSE, others are ignored. */
enum {
	FILE_SET_MODE = 1,
	FILE_SET_UID = 2,
	FILE_SET_GID = 4,
	FILE_SET_SIZE = 8,
	FILE_SET_ATIME = 16,
	FILE_SET_MTIME = 32,
	FILE_SET_ATIME_NOW = 128, /* takes precedence over FILE_SET_ATIME */
	FILE_SET_MTIME_NOW = 256,
};
int file_setattr(struct file *file, struct file_opened *opened, int which,
	const struct stat *st);
/* The directory has changed now, but only what is shown in it: there is nothing
 * to commit. */
void file_touch(struct file *dir);
/* Owned by the caller, free(). */
int file_readlink(struct file *file, char **target);

/* Only user.*: -ENOTSUP. */
int file_setxattr(struct file *file, const char *name, const void *value,
	size_t size, int flags);
ssize_t file_getxattr(
	struct file *file, const char *name, void *value, size_t size);
ssize_t file_listxattr(struct file *file, char *list, size_t size);
int file_removexattr(struct file *file, const char *name);

/* Content. Of the flags of open(2) only the access mode, O_TRUNC and O_NOATIME
 * are used. The caller reads by opened->fd. */
int file_open(struct file *file, int flags, struct file_opened *opened);
void file_close(struct file_opened *opened);
ssize_t file_write(struct file_opened *opened, const void *bytes, size_t len,
	off_t offset);
int file_allocate(
	struct file_opened *opened, int mode, off_t offset, off_t len);
/* If a truncation to size would free so much that the worker should do it:
 * starts a new generation and returns a descriptor for it, which the caller
 * closes. Else -ENOENT. */
int file_open_cut(struct file *file, off_t size);

/* Descriptors for the worker to read; the caller closes them. */
int file_open_read(struct file *file);
int file_open_dir(struct file *dir);

/* While a directory is frozen, the caller must not change anything in it or
 * below it. */
void file_freeze(struct file *dir);
void file_thaw(struct file *dir);
/* Whether it, or a directory that it is in, is frozen. */
bool file_is_frozen(const struct file *file);

/*
 * A commit makes content, and the names that lead to it, durable: begin on the
 * loop (NULL with *err 0: nothing to do), work in the worker, end on the loop.
 * What could not be committed stays dirty. opened may be NULL.
 */
struct file_commit;
bool file_is_dirty(const struct file *file);
struct file_commit *file_commit_begin(
	struct file *file, struct file_opened *opened, int *err);
int file_commit_work(struct file_commit *commit);
/* The error of the work, or of another commit that it has left a part to. */
int file_commit_end(struct file_commit *commit);

/* The settings of a directory: an object name -> value, borrowed; NULL: none.
 */
json_t *file_settings(struct file *dir);
/* value NULL: removes it. Takes value. The next commit writes it, or takes it
 * back. */
int file_settings_set(struct file *dir, const char *name, json_t *value);

#endif
