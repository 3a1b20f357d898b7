/* SPDX-License-Identifier: MIT */
/* fs/mount/mount.h - what the parts of a mount share: struct fs */
#ifndef FS_MOUNT_MOUNT_H
#define FS_MOUNT_MOUNT_H

#include <stdbool.h>
#include <stdint.h>
#include <time.h>

#include "cache/cache.h"
#include "fs/mount/fs.h"
#include "fs/jobs/job.h"
#include "fs/core/node.h"
#include "fs/core/notifier.h"
#include "fs/core/op.h"
#include "fs/jobs/poller.h"
#include "fs/jobs/run.h"
#include "fs/files/spool.h"
#include "fs/base/state.h"
#include "fs/core/timer.h"

struct handle;
TAILQ_HEAD(handle_list, handle);

/* The last version of an answer that was shown, and when it was new. */
struct seen {
	uint64_t version;
	struct timespec at;
};

struct fs {
	const struct options *options;
	const struct api_credentials *credentials;
	struct state state;
	struct worker *worker; /* writes to disk, makes what is sent */
	struct worker *reader; /* parses long answers, and frees them */
	struct worker *prober; /* reads /proc; see fs/ops/close_probe.h */
	struct notifier notifier;
	struct api *api;
	int signal_fd;
	struct cache_wait *key_wait;
	struct timer key_timer;
	bool is_keyed; /* the API has told what the key allows */
	struct cache *cache;
	struct spool *spool;
	struct fuse_session *session;
	struct fuse_buf request; /* the kernel's newest */
	struct nodes nodes;
	struct jobs jobs;
	struct resources *resources;
	struct poller poller;
	struct runs runs;
	struct errors *errors;

	/* The clocks, read once a turn of the loop. */
	uint64_t now_ms;
	struct timespec now;  /* wall clock */
	struct timespec born; /* when the state directory was made: the time of
				 what has none of its own */

	struct seen seen[API_ENDPOINTS];

	/* The move that was refused last, which mv tries twice. */
	struct {
		uint64_t ino;
		pid_t pid;
		uint64_t until_ms;
	} refused;

	struct timers timers;
	struct op_list ready, parked;
	uint64_t patience_ms; /* that the kernel has with a request; 0: any */
	struct timer patience_timer;
	struct handle_list open;
	unsigned handles;
	uint64_t operations;	  /* requests of the kernel so far */
	uint64_t longest_turn_us; /* of the loop, in which nobody is answered */

	/* What the start waits for; see fs/mount/loop.c. */
	bool is_initialised, is_key_tried, is_stopping, is_told;
	enum exit_status status;
	char status_message[1024];
	void (*ready_call)(
		void *ctx, enum exit_status status, const char *message);
	void *ready_ctx;
};

/* Time-outs of what never changes, in seconds. */
#define FOREVER_S 3600.0

#endif
