/* SPDX-License-Identifier: MIT */
/* fs/drafts/create.h - services, sessions and images from drafts and saved
 * files */
#ifndef FS_DRAFTS_CREATE_H
#define FS_DRAFTS_CREATE_H

#include "fs/core/op.h"
#include "fs/core/row.h"
#include "fs/files/files.h"
#include "fs/jobs/jobs.h"

/*
 * mv COLLECTION/new/DRAFT COLLECTION/NAME makes what the draft says: one
 * request, and a second one for a service's vault. An operation; the draft
 * stays as it was where the API refuses it.
 *
 * A file saved straight into services/new/ or sessions/new/ is a run whose
 * request makes something (SAVES_CREATE), and stays.
 */
int make_move_in(struct op *op, const struct node *node, struct file *draft,
	const char *name);

/* new/ of a collection, where drafts are filled. */
int make_saves(struct op *op, const struct node *dir, struct found *found);

/* Builders of requests: of a draft, and of a saved file, whose content is the
 * bootstrap or a shell's name. */
int make_build_service(struct run *run, const char *content, size_t len);
int make_build_session(struct run *run, const char *content, size_t len);
int make_build_image(struct run *run, const char *content, size_t len);

/* What a saved file made. */
void make_made(struct run *run, const json_t *answer);

#endif
