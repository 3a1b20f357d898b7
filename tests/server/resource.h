/* SPDX-License-Identifier: MIT */
/* tests/server/resource.h - sessions, services, snapshots and images */
#ifndef TESTS_SERVER_RESOURCE_H
#define TESTS_SERVER_RESOURCE_H

#include <pthread.h>

#include "child.h"
#include "identity.h"
#include "request.h"

enum kind {
	KIND_SESSION,
	KIND_SERVICE,
	KIND_SNAPSHOT,
	KIND_IMAGE,
	KIND_COUNT,
};

/*
 * One struct for all four, because each is created from another: a snapshot or
 * an image keeps the fields of its session or service, to become one again.
 * Strings are owned and never NULL once resource_add has been called; lists are
 * JSON arrays or NULL.  resources.lock guards all members, except shell_lock
 * and the members that it guards.
 */
struct resource {
	enum kind kind;
	int references;
	bool is_gone;
	/* Seeded: it has no directory until one is needed. */
	char *id;
	char *owner;
	char *name;
	char *container;
	/* running, frozen, sleeping; completed for snapshots */
	char *state;
	char *source_id;
	enum kind source_kind;
	long long created_s;
	long long active_s;
	/* 0: never. */
	long long expires_s;
	long long size_bytes;
	int vcpu;
	bool is_locked;
	bool is_boosted;
	bool is_hot;
	bool has_network;
	/* Of sessions. */
	char *shell;
	char *multiplexer;
	bool is_audited;
	/* Of services. */
	char *service_type;
	char *bootstrap;
	json_t *ports;
	json_t *domains;
	bool unfreezes_on_demand;
	bool shows_freeze_page;
	/* The dotenv text, if there is a vault. */
	bool has_vault;
	char *vault;
	long long vault_s;
	/* Of images. */
	char *description;
	char *visibility;
	json_t *trusted;

	/* Running: a session's shell, a service's bootstrap. */
	struct child child;
	/* One command at a time; guards the two pipes and the number. */
	pthread_mutex_t shell_lock;
	int shell_in;
	int shell_out;
	unsigned int command_number;
};

/* All resources of one kind. */
struct shelf {
	struct resource **list;
	size_t count;
	size_t size;
};

struct resources {
	pthread_mutex_t lock;
	struct shelf shelves[KIND_COUNT];
};

void resources_init(struct resources *resources);
void resources_clear(struct resources *resources);

/* Ends everything that runs in them. */
void resources_stop(struct server *server);

const char *kind_name(enum kind kind);

/* -1 if it is not session, service, snapshot or image. */
int kind_of(const char *word);

/*
 * A new one with an id, a container and defaults, not on a shelf yet; NULL if
 * out of memory.  Copies the fields of the source, if there is one.
 */
struct resource *resource_new(struct server *server, enum kind kind,
	const char *owner, const struct resource *source);
void resource_release(struct resource *resource);

/* Replaces a string; false if out of memory, with the old one kept. */
bool resource_set(char **place, const char *value);

/* Puts it on its shelf and stores it; the lock is held. */
bool resource_add(struct server *server, struct resource *resource);

/* Takes it off its shelf, ends it, removes its directory; lock held. */
void resource_remove(struct server *server, struct resource *resource);

/*
 * By id, container or name of a service, for its owner; images also for
 * accounts that may see them.  NULL if there is none.  The lock is held; takes
 * no reference.
 */
struct resource *resource_find(struct server *server, enum kind kind,
	const char *owner, const char *id);

/* Whether the account owns the image, may use it, or it is public. */
const char *image_access(const struct resource *image, const char *account);

/*
 * Locks, and finds parts[1] of the path; NULL, unlocked and with a reply, if
 * there is none.  Call resource_put afterwards, or resource_drop if nothing
 * has changed.
 */
struct resource *resource_take(struct server *server, struct request *request,
	enum kind kind, struct reply *reply);
void resource_put(struct server *server, struct resource *resource);
void resource_drop(struct server *server);

/* The directory that is its /tmp; buf holds 400. */
void resource_dir(const struct server *server, const struct resource *resource,
	char *buf, size_t size);

/* The number of the account's running sessions. */
int resources_active(struct server *server, const char *owner);

/* Writes the files of --data; resources_load reads them. */
void resource_store(struct server *server, const struct resource *resource);
void resource_unstore(struct server *server, const struct resource *resource);
void resources_load(struct server *server);

/* Writes its fields into an open object: all, or those of a list. */
void resource_emit(struct server *server, const struct request *request,
	const struct resource *resource, struct text *text, bool is_listed);

/* {"KINDs":[...],"count":N} of the account's resources. */
void resource_list(struct server *server, struct request *request,
	struct reply *reply, enum kind kind);

#endif
