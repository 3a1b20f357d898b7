/* SPDX-License-Identifier: MIT */
/* fs/ops/virtual_entries.c - what the mount shows among saved files */
#include "fs/ops/virtual_entries.h"

#include <errno.h>
#include <inttypes.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "fs/base/name_rule.h"
#include "fs/core/core.h"
#include "fs/core/listing.h"
#include "fs/core/row.h"
#include "fs/files/spool.h"
#include "fs/jobs/jobs.h"

static const char settings_name[] = ".settings";

int shown_find(struct spool_inode *dir, const char *name, struct found *found)
{
	char number[32];
	char program[NAME_MAX + 1];
	struct spool_inode *inode = NULL;

	if (!strcmp(name, settings_name)) {
		snprintf(number, sizeof(number), "%" PRIu64, dir->number);
		return found_row(
			found, tree_row("/run/.settings"), number, NULL);
	}
	if (name_of_job(name, program))
		inode = spool_find(dir, program);
	struct job *job = inode ? inode->job : NULL;
	if (!job)
		return -ENOENT;
	return found_row(found,
		tree_row(job->is_async && place_of(dir)->is_async
				? "/jobs/new/{name}.job"
				: "/jobs/{job}"),
		job->key, NULL);
}

int shown_lookup(struct spool_inode *dir, const char *name, struct found *found)
{
	memset(found, 0, sizeof(*found));
	found->inode = spool_find(dir, name);
	return found->inode ? 0 : shown_find(dir, name, found);
}

int shown_refuses(const char *name)
{
	char program[NAME_MAX + 1];

	return name_of_job(name, program) || !strcmp(name, settings_name)
		? -EPERM
		: 0;
}

/* A name that is too long for a file has nobody to ask for it. */
static int list_job(
	struct spool_inode *dir, const char *name, struct listing *listing)
{
	struct found found;
	char *job_name;
	int err;

	if (asprintf(&job_name, "%s.job", name) < 0)
		return -ENOMEM;
	err = shown_find(dir, job_name, &found);
	if (!err)
		err = listing_add(listing, job_name, &found);
	free(job_name);
	return err == -ENOENT ? 0 : err;
}

int shown_list(struct spool_inode *dir, struct listing *listing)
{
	struct found found;
	const char *name;
	struct spool_inode *inode;
	int err = shown_find(dir, settings_name, &found);

	if (!err)
		err = listing_add(listing, settings_name, &found);
	for (size_t i = 0; !err && spool_entry(dir, i, &name, &inode); i++) {
		/* The job first: rm -r removes in this order, and with the
		 * program goes its job. */
		if (inode->job)
			err = list_job(dir, name, listing);
		memset(&found, 0, sizeof(found));
		found.inode = inode;
		if (!err)
			err = listing_add(listing, name, &found);
	}
	return err;
}

int shown_remove(struct op *op, struct spool_inode *dir)
{
	struct found found;
	int err = shown_find(dir, op->name, &found);

	if (err)
		return err;
	struct job *job = job_by_key(op->core, found.id);
	found_clear(&found);
	/* Of a directory that may be removed: rm -r wants to do it first. */
	if (!strcmp(op->name, settings_name) && dir->parent)
		return op_reply_ok(op);
	if (!job || !strcmp(op->name, settings_name))
		return -EPERM;
	if (!job_is_final(job))
		return -EBUSY;
	if (job->is_async)
		job_detach(job);
	else
		job_remove(job);
	return op_reply_ok(op);
}
