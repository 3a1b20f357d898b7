/* SPDX-License-Identifier: MIT */
/* fs/drafts/draft.h - one draft of a service or a session */
#ifndef FS_DRAFTS_DRAFT_H
#define FS_DRAFTS_DRAFT_H

#include <sys/queue.h>

#include "fs/drafts/drafts.h"
#include "fs/resources/resources.h"

struct draft {
	TAILQ_ENTRY(draft) link;
	const struct collection *collection;
	uint64_t number;
	char *name;
	json_t *values; /* of rows, by their names: what was set */
	char *secret;	/* the text of the row that is ROW_SECRET; NULL: none */
	size_t secret_len;
	bool had_secret; /* it was set, perhaps in an earlier mount */
	char *made;	 /* the id of what a commit has created, and */
	char *made_name; /* its name: the commit goes on from there; or NULL */
	struct timespec changed;
	bool is_committing;
};

TAILQ_HEAD(draft_list, draft);

struct drafts {
	struct draft_list all;
	uint64_t next;		 /* the next number; none is ever reused */
	struct timespec changed; /* when a draft came or went */
};

struct draft *draft_by_number(const struct core *core, uint64_t number);
/* The draft of a node. NULL: it was removed. */
struct draft *draft_of(const struct core *core, const struct node *node);
struct draft *draft_by_name(const struct core *core,
	const struct collection *collection, const char *name);

/* Adds a new draft and stores it. name is copied. */
int draft_add(struct core *core, const struct collection *collection,
	const char *name, struct draft **out);
/* Removes it and its files. */
void draft_drop(struct core *core, struct draft *draft);
/* Sets a value and stores it; NULL unsets it. value is taken. On error the old
 * one stays. */
int draft_set(struct core *core, struct draft *draft, const char *name,
	json_t *value);
/* text NULL: unsets it. */
int draft_set_secret(
	struct core *core, struct draft *draft, const char *text, size_t len);
int drafts_save(struct core *core);
/* The directory of its input files. Held for the caller; NULL: out of memory.
 */
struct file *draft_files(const struct core *core, const struct draft *draft);

/* The row of a draft: the directory of its values. */
const struct row *draft_row(const struct collection *collection);

/* Creates what the draft describes under this name. An operation; draft NULL:
 * there is none, or it is gone when the operation is run again. If it is
 * refused, the draft is unchanged. If a step fails after the first request, the
 * draft remembers what was created, and the next commit goes on from there. */
int draft_commit(struct op *op, struct draft *draft, const char *name);

#endif
