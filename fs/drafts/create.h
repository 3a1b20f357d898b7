/* SPDX-License-Identifier: MIT */
/* fs/drafts/create.h - what is made of drafts and of saved files */
#ifndef FS_DRAFTS_CREATE_H
#define FS_DRAFTS_CREATE_H

#include "fs/core/core.h"
#include "fs/files/files.h"
#include "fs/jobs/jobs.h"

/*
 * mv COLLECTION/new/DRAFT COLLECTION/NAME creates the resource: one request,
 * and a second one for a service's vault. An operation; if the API refuses it,
 * the draft is unchanged.
 *
 * A file saved directly in services/new/ or sessions/new/ is a run whose
 * request creates a resource (SAVES_CREATE), and stays.
 */
int create_move_in(struct op *op, const struct node *node, struct file *draft,
	const char *name);

/* new/ of a collection, where drafts are made. */
int create_saves(
	struct op *op, const struct node *dir, struct lookup_result *found);

/* Build the request of a draft, or of a saved file, whose content is the
 * bootstrap or a shell's name. */
int create_build_service(struct run *run, const char *content, size_t len);
int create_build_session(struct run *run, const char *content, size_t len);
int create_build_image(struct run *run, const char *content, size_t len);

/* A saved file has created something; answer is the API's. */
void create_made(struct run *run, const json_t *answer);

/* Submits the draft's program with its input files as an asynchronous job, and
 * leaves the name as a link to it. An operation; if the API refuses it, the
 * draft is unchanged. -EINVAL: no program, or several and none is main.*.
 */
int draft_submit_job(struct op *op, struct file *draft, const char *name);

/* A directory that was made where drafts are filled. */
bool file_is_draft(const struct file *file);

#endif
