/* SPDX-License-Identifier: MIT */
/* fs/core/handle.h - an open file or directory */
#ifndef FS_CORE_HANDLE_H
#define FS_CORE_HANDLE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/queue.h>
#include <sys/types.h>

#include "fs/core/fuse.h"
#include "fs/core/listing.h"
#include "fs/files/files.h"

struct core;
struct handle;
struct job;
struct node;
struct op;
struct service_log;
struct terminal;

/* What reading a kind of handle does. A kind is a static struct of the room
 * that opens it. */
struct handle_kind {
	/* An operation (op->handle is the handle); replies. */
	int (*read)(struct op *op);
	/* The same for a write, which takes its bytes as they come: in
	 * op->extra, op->size. NULL: a value, see fs/ops/writing.c. */
	int (*write)(struct op *op);
	/* The events that are ready now; takes poll, which may be NULL, and
	 * notifies it when that changes. NULL: always ready. */
	unsigned (*poll)(struct core *core, struct handle *handle,
		struct fuse_pollhandle *poll);
	/* Releases what the kind holds. NULL: nothing. */
	void (*close)(struct core *core, struct handle *handle);
};

/* A file on disk that does not change, in `fd`. */
extern const struct handle_kind handle_file;
/* An open directory of rows or of saved files: `listing`. */
extern const struct handle_kind handle_directory;

struct handle {
	TAILQ_ENTRY(handle) link; /* in core->open */
	const struct handle_kind *kind;
	struct node *node;	   /* held; NULL for a saved file */
	struct file *file;	   /* held; NULL for a row */
	struct file_opened opened; /* of that, if it is no directory */
	bool is_writable;
	bool appends; /* O_APPEND: the kernel may not know where the end is */
	bool is_user; /* of pages that the kernel keeps: counted in the node */
	pid_t opener; /* the process that opened it, 0: unknown */
	pid_t thread; /* the thread that opened it */

	/* For reads that bypass the page cache: the size that the process was
	 * told which opened it; see fs/ops/nodes.c. */
	bool is_reader;
	off_t told;
	bool was_told, was_told_since_read;
	bool follows; /* it wants to know how the file grows */

	char *text;
	size_t len;
	uint32_t digest; /* of a user's text */
	int fd;
	struct job *job;	  /* of fs/jobs/job_reader.c; held */
	struct task *task;	  /* of fs/jobs/job_json_read.c; held */
	int output;		  /* of that: which of the job's */
	uint64_t read_to;	  /* of the output: how far it was read */
	struct service_log *log;  /* of fs/resources/service_log.c */
	struct terminal *console; /* of fs/resources/console_file.c */
	struct listing listing;
	bool was_listed;
};

TAILQ_HEAD(handle_list, handle);

/* A handle for the file that op opens, as flags of op->fi say. node, which may
 * be NULL, is held. NULL if out of memory. */
struct handle *handle_new(
	struct op *op, const struct handle_kind *kind, struct node *node);
void handle_free(struct core *core, struct handle *handle);

/* Frees the handles that the kernel has not released when the mount ends. */
void handles_clear(struct core *core);

/* Fills fi for the reply. is_final: its content never changes, so the kernel
 * may keep it. */
void handle_fill(
	const struct handle *handle, struct fuse_file_info *fi, bool is_final);
struct handle *handle_of(const struct fuse_file_info *fi);

/* Replies with the part of a text that op asks for. */
int handle_reply_text(struct op *op, const char *text, size_t len);

/* Events of what can always be read and written. */
unsigned handle_poll_ready(struct fuse_pollhandle *poll);

#endif
