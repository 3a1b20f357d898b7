/* SPDX-License-Identifier: MIT */
/* fs/resources/resource.h - collections of the API as directories of the tree
 */
#ifndef FS_RESOURCES_RESOURCE_H
#define FS_RESOURCES_RESOURCE_H

#include "fs/base/key_value.h"
#include "fs/base/setting.h"
#include "fs/core/row.h"
#include "fs/resources/resource_index.h"

/*
 * A collection is a list, one request whoever asks for it, and the details of
 * each resource, asked for only where a value is wanted that no known answer
 * has. A node in a collection has the API's id of the resource as its id,
 * whatever it is shown as.
 */
struct collection {
	const char *path; /* of its directory's row: "/services" */
	const char *row;  /* of an entry's row: "/services/{service}" */
	const char *link; /* of a link to one: by its id, or by a name that it
			     was given here; NULL: none */
	enum api_endpoint list, detail, remove;
	struct resource_list form;
	/* Members that a detail has, by which a list's item is known to be
	 * whole; NULL ends. */
	const char *const *whole;
	/* Other collections that show the same, and are untrue when it is. */
	const struct collection *const *views;
	bool is_constant; /* a detail never changes */
	bool has_others;  /* ids that are in no list may be asked for */
	bool has_aliases; /* a draft's name stays as a link */
};

extern const struct collection sessions, services, snapshots, images;
extern const struct collection images_owned, images_shared, images_public;

/* The collection in which a row stands; NULL: none. */
const struct collection *collection_of(const struct row *row);

/* What is remembered between operations. */
struct resources;
/*
 * Reads the aliases of the state directory. collections: all that there are,
 * NULL ends; kept. gone is called when a resource has been deleted, before its
 * answers are dropped; NULL: nobody. NULL if out of memory.
 */
struct resources *resources_new(struct core *core,
	const struct collection *const *collections,
	void (*gone)(struct core *core, const struct collection *collection,
		const char *id));
void resources_free(struct resources *resources);

/* ---- what a collection holds ---- */

/* The list as it is now: 0 (borrowed until the next call), or as op_get. */
int collection_index(struct op *op, const struct collection *collection,
	const struct resource_index **index);
/* When that was asked for, and how long it holds (0: it does not). */
void collection_times(struct core *core, const struct collection *collection,
	struct cache_answer *answer);
/* The list is not true any more; lists_forget: none is. */
void collection_forget(struct core *core, const struct collection *collection);
void lists_forget(struct core *core);
/* How many resources are known, and the bytes that their lists take. */
void lists_measure(struct core *core, uint64_t *count, uint64_t *bytes);
/* What is known of it without asking, however old; NULL: nothing. */
const struct resource_index *collection_known(
	struct core *core, const struct collection *collection);
/* What is shown under a name: a resource's id (borrowed), -ENOENT, ... */
int collection_lookup(struct op *op, const struct collection *collection,
	const char *name, const char **id);

/* Something of it, or of one resource (id NULL: not of one), is not as the
 * answers say any more. */
void collection_drop(
	struct core *core, const struct collection *collection, const char *id);

/* Ends a resource: DELETE, in slot 0. */
int collection_delete(
	struct op *op, const struct collection *collection, const char *id);

/* The name that a draft had stays as a link to what became of it. */
int collection_set_alias(struct core *core, const struct collection *collection,
	const char *alias, const char *id);
/* Whether a name may be given to a draft that is moved here: 0, -EEXIST. */
int collection_name_is_free(
	struct op *op, const struct collection *collection, const char *name);

/* ---- functions of rows ---- */

int collection_list(
	struct op *op, const struct node *node, struct listing *listing);
int collection_find(struct op *op, const struct node *node, const char *name,
	struct found *found);
int collection_attr(struct op *op, const struct node *node, struct stat *attr,
	double *timeout_s);
/* rmdir of a resource: EPERM, unless the mount allows it. rm of a link. */
int collection_remove(
	struct op *op, const struct node *node, const char *name, bool is_dir);
/* A link to a resource of this collection. */
int collection_link(struct op *op, const struct node *node, FILE *out);

int resource_attr(struct op *op, const struct node *node, struct stat *attr,
	double *timeout_s);
/* The same for what other answers than the collection's list tell. */
int resource_moving_attr(struct op *op, const struct node *node,
	struct stat *attr, double *timeout_s);
int resource_exists(struct op *op, const struct node *node);
int resource_source(struct op *op, const struct node *node, json_t **answer);
int resource_id_render(struct op *op, const struct node *node, FILE *out);
/* All that is known of it. */
int resource_json_render(struct op *op, const struct node *node, FILE *out);
/* A member's value, or nothing where the API does not tell it. */
int resource_value_render(struct op *op, const struct node *node, FILE *out);

/* The freshest value of one of these members. 0 (borrowed until the operation
 * waits), -ENOENT, -EINPROGRESS, ... */
int resource_value(struct op *op, const struct node *node, const char *members,
	const json_t **value);
/* Its object in the list, or its detail where it is in none. */
int resource_item(struct op *op, const struct node *node, json_t **item);

/* ---- changing, fs/resources/resource_write.c ---- */

/* Sends a request about the node's resource, as op_call, with an empty object,
 * or nothing at all for DELETE. */
int resource_call(struct op *op, unsigned slot, enum api_endpoint endpoint,
	const struct node *node, json_t **answer);
/* The same with a body, which is taken; NULL: -ENOMEM. */
int resource_send(struct op *op, unsigned slot, enum api_endpoint endpoint,
	const struct node *node, json_t *body, json_t **answer);
/* What was written, as a setting's value, which is owned by the caller;
 * -EINVAL is told in .unsandboxfs/errors. */
int resource_parse(struct op *op, const struct node *node,
	const struct setting *setting, const char *text, size_t len,
	json_t **value);
/* A refusal of our own, with its reason. Returns err. */
int resource_refuse(
	struct op *op, const struct node *node, int err, const char *why);
/* The node's resource is not as the answers say any more. */
void resource_drop(struct op *op, const struct node *node);

/* state: by freeze and unfreeze, or sleep and wake. */
int resource_state_write(
	struct op *op, const struct node *node, const char *text, size_t len);
int resource_locked_write(
	struct op *op, const struct node *node, const char *text, size_t len);
/* A session is boosted, a service resized. */
int resource_vcpu_write(
	struct op *op, const struct node *node, const char *text, size_t len);
/* A service's member of the row's name, 0 or 1. */
int resource_flag_write(
	struct op *op, const struct node *node, const char *text, size_t len);
/* The whole resource goes. */
int resource_destroy(
	struct op *op, const struct node *node, const char *text, size_t len);

/* ---- actions that take words ---- */

struct action {
	const char *path; /* of its row */
	const char *help; /* what reading says before anything came of it */
	enum api_endpoint endpoint;
	const struct setting *words; /* that it takes; NULL: none */
	const char *needed;	     /* one of them; NULL: none is */
	/* Of its answer: the id of what came of it. */
	const char *ids;
	/* What there is more of, or less, when it is done; NULL ends. */
	const struct collection *const *changes;
};

/* Writing sends it, reading gives its help or the id that came last. */
int action_write(
	struct op *op, const struct node *node, const char *text, size_t len);
int action_render(struct op *op, const struct node *node, FILE *out);
/* The table of fs/resources/resource_action.c. */
const struct action *action_of(const struct row *row);

/* What reading an action file says from now on. */
void action_told(struct core *core, const struct node *node, const char *id);

#endif
