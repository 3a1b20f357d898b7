/* SPDX-License-Identifier: MIT */
/* fs/core/core.h - what every part of a mount needs: clock, API, nodes */
#ifndef FS_CORE_CORE_H
#define FS_CORE_CORE_H

#include <stdbool.h>
#include <stdint.h>
#include <time.h>

#include "cache/cache.h"
#include "fs/base/base.h"
#include "fs/core/commit.h"
#include "fs/core/disk.h"
#include "fs/core/edit.h"
#include "fs/core/fuse.h"
#include "fs/core/handle.h"
#include "fs/core/keep.h"
#include "fs/core/key.h"
#include "fs/core/listing.h"
#include "fs/core/node.h"
#include "fs/core/notifier.h"
#include "fs/core/op.h"
#include "fs/core/row.h"
#include "fs/core/task.h"
#include "fs/core/timer.h"

struct drafts;
struct files;
struct jobs;
struct resources;
struct scratches;

/* The last version of an answer that was shown, and when it was new. */
struct seen {
	uint64_t version;
	struct timespec at;
};

/* A thread that was answered ESTALE about a job, or has looked it up since; see
 * fs/ops/stale.h. */
struct told_stale {
	pid_t thread;	 /* 0: none */
	uint64_t job;	 /* hash */
	uint64_t expiry; /* of what it has looked up; 0: nothing yet */
	bool is_used;	 /* it has gone on from the job's directory */
};

enum { TOLD_STALE = 256 }; /* one of which a thread has by its number */

/*
 * Made and ended by fs/mount/; the userdata of the FUSE session. An operation
 * has one (op->core), and finds everything from there.
 */
struct core {
	const struct options *options;
	const struct api_credentials *credentials;
	struct state state;
	struct worker *worker;	 /* writes to disk, builds requests */
	struct worker *recorder; /* stores results and small records */
	struct worker *reader;	 /* parses and frees long answers */
	struct worker *spooler;	 /* writes long answers as they arrive */
	struct worker *prober;	 /* reads /proc; see fs/ops/proc_probe.h */
	struct disk disk;
	struct keep keeps[KEEPS_MAX];
	struct notifier notifier;
	struct api *api;
	struct cache *cache;
	struct fuse_session *session;
	struct nodes nodes;
	struct errors *errors;

	struct files *files;

	/* The rooms above, which nothing in this one looks into. */
	struct jobs *jobs;
	struct resources *resources;
	struct drafts *drafts;
	struct scratches *scratches;

	/* The clocks, read once a turn of the loop. */
	uint64_t now_ms;
	struct timespec now;   /* wall clock */
	struct timespec epoch; /* when the state directory was created: the time
				  of all that has no time of its own */

	struct seen seen[API_ENDPOINTS];
	struct key_refusal key_refusal;

	struct timers timers;
	struct op_list ready, parked;
	struct op_list frozen; /* wait for what the worker is reading */
	struct handle_list open;
	unsigned handles;
	struct told_stale told_stale[TOLD_STALE];
	bool is_initialised;	  /* the kernel has sent INIT */
	uint64_t operations;	  /* requests of the kernel so far */
	uint64_t longest_turn_us; /* of the loop, in which nobody is answered */
};

/* Time-outs of what never changes, in seconds. */
#define FOREVER_S 3600.0

#endif
