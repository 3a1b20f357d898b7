/* SPDX-License-Identifier: MIT */
/* fs/jobs/jobs_tie.c - the files that the loaded jobs belong to */
#include <errno.h>
#include <syslog.h>

#include "fs/base/base.h"
#include "fs/core/core.h"
#include "fs/files/files.h"
#include "fs/jobs/jobs.h"

/* Inode numbers are reused. A daemon that was killed may have had no time to
 * forget the number of a file that was deleted while its program ran. */
static void file_found(void *ctx, const struct file_found *found)
{
	struct job *job = job_of_file(ctx, found->number);

	if (job && job->born == file_found_born(found))
		job->has_file = true;
}

/* Nobody can say which files the results belonged to. */
static int jobs_untie(struct core *core)
{
	struct job *job, *next;
	int err = 0;

	log_line(LOG_NOTICE,
		"%s is a copy: results of programs in run/ are removed, as its "
		"files have other inode numbers",
		core->state.path);
	for (job = TAILQ_FIRST(&core->jobs->all); job && !err; job = next) {
		next = TAILQ_NEXT(job, link);
		bool is_tied = job->file;
		job->file = 0;
		if (!job->is_async && !job->session)
			job_remove(job);
		else if (is_tied)
			err = job_store_record(job);
	}
	return err;
}

/* The older of two jobs of a file is removed, unless jobs/ shows it. */
int jobs_tie(struct core *core)
{
	struct job *job, *next, *before;
	int err = 0;

	if (core->state.is_copy)
		err = jobs_untie(core);
	for (job = TAILQ_FIRST(&core->jobs->all); job && !err; job = next) {
		next = TAILQ_NEXT(job, link);
		if (!job->file)
			continue;
		before = job_of_file(core, job->file);
		err = job_set_file(job, job->file);
		if (before && !before->is_async)
			job_remove(before);
	}
	if (!err)
		err = files_walk(core->files, file_found, core);
	if (err == 1) /* a file may have been overlooked */
		return 0;
	for (job = TAILQ_FIRST(&core->jobs->all); job && !err; job = next) {
		next = TAILQ_NEXT(job, link);
		if (job->has_file || job->is_foreign || job->session)
			continue;
		if (!job->is_async)
			job_remove(job); /* its file has gone */
		else if (job->file)
			job_detach(job);
	}
	return err;
}
