/* SPDX-License-Identifier: MIT */
/* fs/ops/handle.h - an open file or directory */
#ifndef FS_OPS_HANDLE_H
#define FS_OPS_HANDLE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "fs/jobs/job.h"
#include "fs/core/listing.h"
#include "fs/core/node.h"
#include "fs/files/spool.h"

/*
 * What is written to a row's file, until it is closed. It belongs to the node,
 * not to the handle: a shell's `{ a; b; } > f` writes through many.
 */
struct edit {
	char *bytes;
	size_t len;
	off_t base; /* file offset of bytes[0]; -1: nothing written yet */
	uint64_t generation, sent;
	unsigned writers;
};

/* The most that one value may take. */
enum { EDIT_MAX = 16 << 20 };

enum handle_kind {
	HANDLE_TEXT,   /* a snapshot: text */
	HANDLE_FILE,   /* a file of the state directory: fd */
	HANDLE_OUTPUT, /* a job's output, which may still grow */
	HANDLE_WAIT,   /* a row whose content is there when its job has ended */
	HANDLE_LOG,    /* a service's log, which may still grow */
	HANDLE_SPOOL,  /* a saved file */
	HANDLE_DIR,
};

struct handle {
	TAILQ_ENTRY(handle) link; /* in fs->open */
	enum handle_kind kind;
	struct node *node;	   /* held; NULL for a saved file */
	struct spool_inode *inode; /* held; NULL for a row */
	bool is_writable;
	bool appends; /* O_APPEND: the kernel may not know where the end is */
	bool is_unsized; /* direct_io, size 0 */
	bool is_user;	 /* of what the kernel keeps: counted in the node */
	pid_t opener;	 /* the process that opened it, 0: unknown */

	char *text;
	size_t len;
	uint32_t digest; /* of a user's text */
	int fd;
	struct job *job; /* held */
	enum job_output output;
	uint64_t read_to;	 /* of the output: how far it was read */
	struct service_log *log; /* counted as its user */
	struct listing listing;
	bool was_listed;
};

/* A handle on a node (held) or on an inode (held). NULL: no memory. */
struct handle *handle_new(
	struct op *op, struct node *node, struct spool_inode *inode);
void handle_free(struct fs *fs, struct handle *handle);

/* What the kernel did not release: the mount has ended first. */
void handles_clear(struct fs *fs);

/* Makes fi of it: flags by what it is. */
void handle_fill(
	const struct handle *handle, struct fuse_file_info *fi, bool is_final);
struct handle *handle_of(const struct fuse_file_info *fi);

/* Opens a job's output, shared by all who read it. 0 or -errno. */
int handle_open_output(
	struct handle *handle, struct job *job, enum job_output output);

/* Reading of every kind but HANDLE_SPOOL and HANDLE_DIR; replies. */
int handle_read(struct op *op);

/* What poll(2) is told of it; the handle is told when that changes. */
unsigned handle_poll(
	struct fs *fs, struct handle *handle, struct fuse_pollhandle *poll);

/* Collects written bytes: -EFBIG, -ENOMEM. `appends`: the offset counts. */
int edit_write(struct edit *edit, const char *bytes, size_t len, off_t offset);
void edit_truncate(struct edit *edit, size_t size);

#endif
