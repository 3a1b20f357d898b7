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
 * One struct for all four, because each is made of another: a snapshot keeps
 * what its session or service had, to become one again, and an image too.
 * Strings are owned and never NULL once resource_add has been called; the
 * lists are JSON arrays or NULL.  All of it is guarded by resources.lock, but
 * for shell_lock and what says that it is guarded by that.
 */
struct resource {
	enum kind kind;
	int references;
	bool is_gone;
	/* Seeded: it has no directory until something wants one. */
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
	/* The dotenv text, where there is a vault. */
	bool has_vault;
	char *vault;
	long long vault_s;
	/* Of images. */
	char *description;
	char *visibility;
	json_t *trusted;

	/* What runs: a session's shell, a service's bootstrap. */
	struct child child;
	/* One command at a time; guards the two pipes and the number. */
	pthread_mutex_t shell_lock;
	int shell_in;
	int shell_out;
	unsigned int command_number;
};

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

/* Ends all that runs in them, for good. */
void resources_stop(struct server *server);

const char *kind_name(enum kind kind);

/* -1 for a word that is neither session, service, snapshot nor image. */
int kind_of(const char *word);

/*
 * A new one in no shelf, with an id, a container and defaults; NULL without
 * memory.  What the source has of its own is copied, where there is one.
 */
struct resource *resource_new(struct server *server, enum kind kind,
	const char *owner, const struct resource *source);
void resource_release(struct resource *resource);

/* Replaces a string; false without memory, with the old one kept. */
bool resource_set(char **place, const char *value);

/* Puts it on its shelf and stores it; the lock is held. */
bool resource_add(struct server *server, struct resource *resource);

/* Takes it off, ends it, removes its directory; the lock is held. */
void resource_remove(struct server *server, struct resource *resource);

/*
 * By id, container or a service's name, for an owner; images also for who may
 * see them.  NULL when there is none.  The lock is held; it is not referenced.
 */
struct resource *resource_find(struct server *server, enum kind kind,
	const char *owner, const char *id);

/* Whether the account owns the image, may use it, or sees it in public. */
const char *image_access(const struct resource *image, const char *account);

/*
 * Locks and finds parts[1] of the path; NULL with a reply and unlocked.  Each
 * is followed by resource_put, or by resource_drop when nothing has changed.
 */
struct resource *resource_take(struct server *server, struct request *request,
	enum kind kind, struct reply *reply);
void resource_put(struct server *server, struct resource *resource);
void resource_drop(struct server *server);

/* The directory that is its /tmp; buf holds 400. */
void resource_dir(const struct server *server, const struct resource *resource,
	char *buf, size_t size);

/* How many sessions of the account run. */
int resources_active(struct server *server, const char *owner);

/* Writes what --data keeps; resources_load reads it all back. */
void resource_store(struct server *server, const struct resource *resource);
void resource_unstore(struct server *server, const struct resource *resource);
void resources_load(struct server *server);

/* All of its fields into an open object, and for a list those that fit. */
void resource_emit(struct server *server, const struct request *request,
	const struct resource *resource, struct text *text, bool is_listed);

/* {"KINDs":[...],"count":N} of those that the account owns. */
void resource_list(struct server *server, struct request *request,
	struct reply *reply, enum kind kind);

#endif
