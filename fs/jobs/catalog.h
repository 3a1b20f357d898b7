/* SPDX-License-Identifier: MIT */
/* fs/jobs/catalog.h - the records of ended jobs in one file, for the start */
#ifndef FS_JOBS_CATALOG_H
#define FS_JOBS_CATALOG_H

#include <sys/stat.h>

#include "fs/base/base.h"
#include "fs/jobs/job.h"

/*
 * A start looks at the record of each job, but need not open and parse those
 * that the catalog has: that takes longer than all else. Only the records
 * count. A row of the catalog is used while the record is the same file, of the
 * same size, and was last changed at the same time, before the catalog was
 * written. So the catalog need not be durable, may be stale, damaged, of
 * another directory or of another machine, and may be removed at any time.
 *
 * It has only jobs that have ended, and no artifacts and nothing else that few
 * jobs have.
 */
struct catalog {
	char *text;
	size_t len, at; /* rows before `at` have smaller numbers */
	struct timespec written;
};

/* What a record was when it was read. ino 0: not known. */
struct stamp {
	uint64_t number, ino, size;
	struct timespec changed;
};

/* The number is set by the caller. Not known: there is no such record. */
void stamp_take(struct stamp *stamp, const struct state *state);

/* Without a good file, it is empty. */
void catalog_open(struct catalog *catalog, const struct state *state);
void catalog_close(struct catalog *catalog);

/* Creates the job of a record; *out is NULL if the catalog has none that is
 * still true. Numbers must come in ascending order. 0 or -ENOMEM. */
int catalog_job(struct catalog *catalog, struct core *core,
	const struct stamp *stamp, struct job **out);

/* Whether catalog_write would store it. */
bool catalog_takes(const struct job *job);
/* Replaces the file by one of those jobs of these records that have not changed
 * since they were read. An error is no loss. */
void catalog_write(struct core *core, const struct stamp *stamps, size_t count);

#endif
