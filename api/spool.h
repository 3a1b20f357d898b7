/* SPDX-License-Identifier: MIT */
/* api/spool.h - long strings of an answer, written to files as they arrive */
#ifndef API_SPOOL_H
#define API_SPOOL_H

#include "api/api.h"

/*
 * The bytes of an answer go in chunks to a thread, which keeps them as text,
 * but for a string that is longer than SPOOL_MIN, is a member of the outermost
 * object, and has one of some names: of that, it keeps the beginning, and
 * writes what the string stands for to a file without a name. If another such
 * string begins like the one before it, as members that mean the same do
 * (api/API.md part 13), nothing is written until it differs.
 */
enum { SPOOL_MIN = 256 * 1024 };

/* worker: the thread. dir_fd: where the files are; borrowed. names: as for
 * json_member; static. NULL: out of memory. spool_drop it. */
struct spool *spool_new(struct worker *worker, int dir_fd, const char *names);

/* The next bytes of the answer. -ENOMEM. */
int spool_add(struct spool *spool, const char *bytes, size_t len);

/* True if much was added that the thread has not looked at. `resume` is called
 * by worker_collect as soon as that is no longer so; NULL: nothing is. */
bool spool_is_behind(const struct spool *spool);
void spool_set_resume(
	struct spool *spool, void (*resume)(void *ctx), void *ctx);

/* Nobody wants what has not been looked at. */
void spool_abandon(struct spool *spool);

/* All was added; `resume` is not called any more. -ENOMEM. */
int spool_end(struct spool *spool);

/* Parses the answer, in the thread, after spool_end: the errors of json_parse,
 * and -ENOMEM if memory ran out before. */
int spool_parse(struct spool *spool, json_t **out);

#endif
