/* SPDX-License-Identifier: MIT */
/* fs/resources/resources.h - collections of the API as directories of the tree
 */
#ifndef FS_RESOURCES_RESOURCES_H
#define FS_RESOURCES_RESOURCES_H

#include "fs/base/base.h"
#include "fs/core/core.h"
#include "fs/resources/key_self.h"
#include "fs/resources/resource_index.h"

/*
 * A collection is a list, which takes one request, and the details of each
 * resource, which are requested only for a value that no known answer has.
 * The id of a node in a collection is the API's id of the resource, whatever
 * its name is.
 */
struct collection {
	const char *path; /* of its directory's row: "/services" */
	const char *row;  /* of an entry's row: "/services/{service}" */
	const char *link; /* of a link to an entry: by its id, or by an alias;
			     NULL: none */
	enum api_endpoint list, detail, create, remove;
	enum api_endpoint lock, unlock; /* where `locked` can be written */
	/* Each by the name that most clients use, else by the other. */
	enum api_endpoint freeze[2], unfreeze[2];
	struct resource_list form;
	/* Members of a detail; a list's item that has them all is complete.
	 * NULL ends. */
	const char *const *whole;
	/* Other collections that show the same resources. */
	const struct collection *const *views;
	bool is_constant; /* a detail never changes */
	bool has_others;  /* there are resources that are in no list */
	bool has_aliases; /* a draft's name stays as a link */
};

extern const struct collection sessions, services, snapshots, images;
extern const struct collection images_owned, images_shared, images_public;

/* The collection of the row, or of the nearest directory above it that has one;
 * NULL: none. */
const struct collection *collection_of(const struct row *row);

/* Functions of the rooms above; each may be NULL. */
struct resources_calls {
	/* A resource has been deleted; its answers are dropped next. */
	void (*gone)(struct core *core, const struct collection *collection,
		const char *id);
	/* Adds what is in files/ of a service to the body (taken) of a
	 * redeploy. An operation's part: 0 (text is the caller's, free()),
	 * -EINPROGRESS, or an -errno that is explained. */
	int (*add_files)(struct op *op, const char *id, json_t *body,
		char **text, size_t *len);
	/* Ends a session and keeps its recording: recording_end of
	 * fs/jobs/recording.h. */
	int (*end)(struct op *op, const char *id, bool *is_gone);
};

/* The state that is kept between operations. */
struct resources;
/*
 * Reads what the state directory has of the collections of these tables, as
 * tree_init takes them; borrowed. NULL: out of memory.
 */
struct resources *resources_new(struct core *core,
	const struct row *const *tables, const struct resources_calls *calls);
void resources_free(struct resources *resources);
/* Cancels the requests. Call it before api_free. */
void resources_stop(struct core *core);
/* Writes what the next mount needs to show the same times as this one. */
void resources_save(struct core *core);

/* ---- the resources of a collection ---- */

/* The current list: 0 (borrowed until the next call), or as op_get. */
int collection_index(struct op *op, const struct collection *collection,
	const struct resource_index **index);
/* The last list, however old, unless it was invalidated; NULL: none. */
const struct resource_index *collection_known(
	struct core *core, const struct collection *collection);
/* Invalidates all lists. */
void lists_forget(struct core *core);
/* How many resources are known, and the bytes that their lists take. */
void lists_measure(struct core *core, uint64_t *count, uint64_t *bytes);

/* Invalidates a collection's list, and the answers about one resource (id NULL:
 * none), in the kernel, too. */
void collection_drop(
	struct core *core, const struct collection *collection, const char *id);

/* Notes that this mount made the resource from another one, whose resource_key
 * is key. Some lists do not tell the source (api/API.md 16.9). */
void collection_note_source(struct core *core,
	const struct collection *collection, const char *id, const char *key);
/* Keeps the name of a draft as a link to the resource. */
int collection_set_alias(struct core *core, const struct collection *collection,
	const char *alias, const char *id);
/* The id that an alias leads to, borrowed; NULL: there is no such alias. */
const char *collection_alias(struct core *core,
	const struct collection *collection, const char *name);
/* Removes the aliases of a resource of which nothing is left. */
void collection_unname(
	struct core *core, const struct collection *collection, const char *id);
/* Whether the recording of a session is wanted when it ends. session_record
 * sets it when the session is created; it is kept for the next mount. */
bool session_is_recorded(struct core *core, const char *id);
int session_record(struct core *core, const char *id, bool is_wanted);
/* Whether a draft may be moved here under this name: 0, -EEXIST. */
int collection_name_is_free(
	struct op *op, const struct collection *collection, const char *name);

/* Each adds the tail of a listing, at most once a listing. index is held.
 * -ENOMEM. */

/* All resources of the index, each as row. */
int listing_add_index(struct listing *listing,
	const struct resource_index *index, const struct row *row);
/* The resources with this key in the index, as rows in the directory of id. */
int listing_add_parts(struct listing *listing,
	const struct resource_index *index, const char *key,
	const struct row *row, const char *id);

/* The key, in the list of all snapshots or images, of those made from one
 * resource. Owned by the caller, free(); NULL if out of memory. */
char *resource_key(const struct collection *collection, const char *id);
/* Keys of one snapshot, or image, as `keys` of struct resource_list. */
int snapshot_keys(const json_t *item, char **keys, unsigned *count);
int image_keys(const json_t *item, char **keys, unsigned *count);
/* All sessions have this one key, and their container's name as name. */
#define OTHER_NAMES "container"
int session_keys(const json_t *item, char **keys, unsigned *count);
/* The API may also list shells of services, which are not sessions. */
bool session_is_of_service(const json_t *item);

/* ---- functions of rows: a collection ---- */

int collection_list(
	struct op *op, const struct node *node, struct listing *listing);
int collection_find(struct op *op, const struct node *node, const char *name,
	struct lookup_result *found);
void collection_about(
	struct core *core, const struct node *node, struct about *about);
int collection_attr(struct op *op, const struct node *node, struct stat *attr,
	double *timeout_s);
/* rmdir of a resource: EPERM, unless the mount allows it. rm of a link. */
int collection_remove(
	struct op *op, const struct node *node, const char *name, bool is_dir);
/* A link to a resource of this collection. */
int collection_link(struct op *op, const struct node *node, FILE *out);

/* ---- functions of rows: a live shell, fs/resources/console_file.c ---- */

/* An open for writing attaches it first: -ENOENT, -EBUSY and so on, with the
 * reason in .unsandboxfs/errors. */
int console_open(struct op *op, const struct node *node, struct handle *handle);
int console_attr(struct op *op, const struct node *node, struct stat *attr,
	double *timeout_s);
/* The exit status of the last shell, if it is known. */
int console_status_exists(struct op *op, const struct node *node);
int console_status_render(struct op *op, const struct node *node, FILE *out);
int console_size_render(struct op *op, const struct node *node, FILE *out);
int console_size_write(
	struct op *op, const struct node *node, const char *text, size_t len);

/* ---- functions of rows: a resource ---- */

int resource_attr(struct op *op, const struct node *node, struct stat *attr,
	double *timeout_s);
/* The same for values that are not in the collection's list. */
int resource_moving_attr(struct op *op, const struct node *node,
	struct stat *attr, double *timeout_s);
void resource_about(
	struct core *core, const struct node *node, struct about *about);
int resource_exists(struct op *op, const struct node *node);
/* Prints its path, with its name if a list is known. */
void resource_locate(struct core *core, const struct node *node, FILE *out);
int resource_source(struct op *op, const struct node *node, json_t **answer);
/* Whether its row's value would have to be requested. */
bool resource_value_is_unknown(struct op *op, const struct node *node);
int resource_id_render(struct op *op, const struct node *node, FILE *out);
/* All that is known of it. */
int resource_json_render(struct op *op, const struct node *node, FILE *out);
/* A member's value, or nothing if the API does not give it. */
int resource_value_render(struct op *op, const struct node *node, FILE *out);

/* How long waking took is in a list, a detail, or the answer to state_send. */
#define WAKE_TIME "wake_time|unfreeze_time_ms"
int wake_time_exists(struct op *op, const struct node *node);

/* Writes a value by its row's `setting` and `send`, unless it has this value
 * already. */
int resource_value_write(
	struct op *op, const struct node *node, const char *text, size_t len);
/* For `send`. state: by freeze and unfreeze, or sleep and wake. */
int state_send(struct op *op, const struct node *node, json_t *value);
int locked_send(struct op *op, const struct node *node, json_t *value);
/* A session has one vcpu without a boost; a service is resized. */
int session_vcpu_send(struct op *op, const struct node *node, json_t *value);
int service_vcpu_send(struct op *op, const struct node *node, json_t *value);
/* The member of the row's name. */
int service_flag_send(struct op *op, const struct node *node, json_t *value);
int domains_send(struct op *op, const struct node *node, json_t *value);
int visibility_send(struct op *op, const struct node *node, json_t *value);
/* The seconds that a session has left. Writing a number, or +SECONDS, can only
 * extend it; writing back what was read changes nothing. */
int session_ttl_render(struct op *op, const struct node *node, FILE *out);
int session_ttl_write(
	struct op *op, const struct node *node, const char *text, size_t len);
/* Whether a session is recorded; it is sent only when the session ends. */
int audit_render(struct op *op, const struct node *node, FILE *out);
int audit_write(
	struct op *op, const struct node *node, const char *text, size_t len);
/* Deletes it. */
int resource_destroy(
	struct op *op, const struct node *node, const char *text, size_t len);

/* The script that starts a service. Reading gives it from an answer of the API
 * that has it, else from the service itself, or, if that is frozen, as it was
 * read or saved last (-EBUSY if it was not). Saving another redeploys with it.
 */
int bootstrap_attr(struct op *op, const struct node *node, struct stat *attr,
	double *timeout_s);
int bootstrap_render(struct op *op, const struct node *node, FILE *out);
bool bootstrap_is_hidden(struct op *op, const struct node *node);
int bootstrap_write(
	struct op *op, const struct node *node, const char *text, size_t len);
/* Adds a script to a request, or the URL of one. -ENOMEM. */
int bootstrap_put(json_t *body, const json_t *script);
/* The service has been created with this script. */
void bootstrap_keep(struct core *core, const char *id, const json_t *script);

/* A service's vault, which is read with one request each time and kept nowhere:
 * no cache, no state directory, no page of the kernel's. Saving it replaces it,
 * saving it empty deletes it. */
int vault_status_render(struct op *op, const struct node *node, FILE *out);
int vault_render(struct op *op, const struct node *node, FILE *out);
int vault_write(
	struct op *op, const struct node *node, const char *text, size_t len);

/* listening/ of a service: a file for each port, requested at each read. Its
 * known ports are listed; any other can be looked up. */
int ports_list(struct op *op, const struct node *node, struct listing *listing);
int ports_find(struct op *op, const struct node *node, const char *name,
	struct lookup_result *found);
int port_render(struct op *op, const struct node *node, FILE *out);

/* A further answer about the resource, from the row's endpoint. If the API has
 * none, its files do not exist. */
int resource_part_exists(struct op *op, const struct node *node);
int resource_part_source(
	struct op *op, const struct node *node, json_t **answer);

/* A log of a service or of the API, as a file that grows; by the row's
 * endpoint. */
int service_log_attr(struct op *op, const struct node *node, struct stat *attr,
	double *timeout_s);
int service_log_open(
	struct op *op, const struct node *node, struct handle *handle);

/* trusted/ of an image: a file, which is empty, grants the key of its name. */
int trusted_list(
	struct op *op, const struct node *node, struct listing *listing);
int trusted_find(struct op *op, const struct node *node, const char *name,
	struct lookup_result *found);
int trusted_make(struct op *op, const struct node *node, const char *name,
	struct lookup_result *found);
int trusted_remove(
	struct op *op, const struct node *node, const char *name, bool is_dir);

/* ---- for functions of rows elsewhere ---- */

/* The freshest value of one of these members. 0 (borrowed until the operation
 * waits), -ENOENT, -EINPROGRESS, ... */
int resource_value(struct op *op, const struct node *node, const char *members,
	const json_t **value);
/* The same for the row's member, else the value from the last answer to a
 * write; NULL: neither. */
int resource_told_value(
	struct op *op, const struct node *node, const json_t **value);
/* Its object in the list, or its detail if it is in no list. */
int resource_item(struct op *op, const struct node *node, json_t **item);

/* Prints a string as its bytes, and wipes its copy. -EPROTO: it is not a
 * string; -ENOMEM. */
int resource_text_print(const json_t *text, FILE *out);

/* Sends a request about the node's resource, as op_call. body is taken; NULL:
 * -ENOMEM. */
int resource_send(struct op *op, unsigned slot, enum api_endpoint endpoint,
	const struct node *node, json_t *body, json_t **answer);
/* The same with an empty object. */
int resource_call(struct op *op, unsigned slot, enum api_endpoint endpoint,
	const struct node *node, json_t **answer);
/* Parses what was written as a setting's value, which is owned by the caller;
 * -EINVAL is explained in .unsandboxfs/errors. */
int resource_parse(struct op *op, const struct node *node,
	const struct setting *setting, const char *text, size_t len,
	json_t **value);
/* Explains in .unsandboxfs/errors why a write is refused. Returns err. */
int resource_refuse(
	struct op *op, const struct node *node, int err, const char *why);
/* collection_drop for the node's resource. */
void resource_drop(struct op *op, const struct node *node);

/* ---- actions ---- */

struct action {
	const char *path; /* of its row */
	const char *help; /* what reading gives until it was used */
	enum api_endpoint endpoint;
	const struct setting *words; /* the words that it takes; NULL: none */
	const char *needed; /* the word that must be given; NULL: none */
	const struct setting *word; /* not NULL: it takes this one alone, the id
				       of a snapshot, or its name in snapshots/
				       of the resource */
	const char *ids; /* members of its answer: the id of what it made */
	/* Collections that it changes; NULL ends. */
	const struct collection *const *changes;
};

/* Writing sends it; reading gives its help, or the last id. */
int action_write(
	struct op *op, const struct node *node, const char *text, size_t len);
int action_render(struct op *op, const struct node *node, FILE *out);
/* The table of fs/resources/resource_action.c. */
const struct action *action_of(const struct row *row);

#endif
