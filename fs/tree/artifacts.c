/* SPDX-License-Identifier: MIT */
/* fs/tree/artifacts.c - what a job left behind */
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>

#include "fs/core/core.h"
#include "fs/jobs/jobs.h"
#include "fs/tree/job.h"
#include "fs/tree/tables.h"

/* A listing asks for one after the other. */
static const struct job_artifact *artifact_of(
	struct job *job, const char *name, size_t *index)
{
	for (size_t n = 0; job && n < job->artifact_count; n++) {
		size_t i = (job->artifact_found + n) % job->artifact_count;
		if (strcmp(job->artifacts[i].name, name))
			continue;
		*index = job->artifact_found = i;
		return &job->artifacts[i];
	}
	return NULL;
}

int artifacts_list(
	struct op *op, const struct node *node, struct listing *listing)
{
	struct job *job = node_job(op, node);
	const struct row *row = tree_below(node->row, "{artifact}");
	int err = job ? recording_settle(op, job) : -ENOENT;

	for (size_t i = 0; !err && i < job->artifact_count; i++) {
		const char *name = job->artifacts[i].name;
		err = listing_add_row(listing, name, row, node->id, name);
	}
	return err;
}

int artifacts_find(struct op *op, const struct node *node, const char *name,
	struct lookup_result *found)
{
	size_t index;

	if (!artifact_of(node_job(op, node), name, &index))
		return -ENOENT;
	return lookup_row(
		found, tree_below(node->row, "{artifact}"), node->id, name);
}

int artifact_attr(struct op *op, const struct node *node, struct stat *attr,
	double *timeout_s)
{
	int err = job_attr(op, node, attr, timeout_s);
	size_t index;
	const struct job_artifact *artifact =
		artifact_of(node_job(op, node), node->name, &index);

	if (!err && artifact)
		attr_size(attr, artifact->size);
	if (!err && artifact && artifact->is_program)
		attr->st_mode |= 0755;
	return err ? err : artifact ? 0 : -ENOENT;
}

int artifact_open(struct op *op, const struct node *node, struct handle *handle)
{
	struct job *job = node_job(op, node);
	char suffix[40];
	size_t index;

	if (!artifact_of(job, node->name, &index))
		return -ENOENT;
	snprintf(suffix, sizeof(suffix), "artifact.%zu", index);
	return job_file_open(op, job, handle, suffix);
}

int artifact_remove(
	struct op *op, const struct node *node, const char *name, bool is_dir)
{
	struct job *job = node_job(op, node);
	size_t index;

	(void)is_dir;
	if (!artifact_of(job, name, &index))
		return -ENOENT;
	int err = job_may_remove(op, node, name);
	if (err)
		return err;
	/* The last one takes its number. */
	job_store_swap_artifacts(
		&op->core->state, job->number, index, job->artifact_count - 1);
	free(job->artifacts[index].name);
	job->artifacts[index] = job->artifacts[--job->artifact_count];
	return job_store_record(job);
}
