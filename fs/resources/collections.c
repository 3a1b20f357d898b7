/* SPDX-License-Identifier: MIT */
/* fs/resources/collections.c - which lists of the API are collections */
#include "fs/resources/resources.h"

#include <stddef.h>

static const char *const sessions_reserved[] = { "new", NULL };
static const char *const sessions_whole[] = { "status|state", "network_mode",
	"created_at", NULL };

const struct collection sessions = {
	.path = "/sessions",
	.row = "/sessions/{session}",
	.link = "/sessions/{alias}",
	.list = API_SESSIONS,
	.detail = API_SESSION,
	.remove = API_SESSION_DELETE,
	.lock = API_SESSION_LOCK,
	.unlock = API_SESSION_UNLOCK,
	.freeze = { API_SESSION_FREEZE, API_SESSION_SLEEP },
	.unfreeze = { API_SESSION_UNFREEZE, API_SESSION_WAKE },
	.form = { .member = "sessions",
		.ids = "session_id|id",
		.reserved = sessions_reserved },
	.whole = sessions_whole,
	.has_aliases = true,
};

static const char *const services_reserved[] = { "new", NULL };
static const char *const services_whole[] = { "state|status", "ports",
	"network_mode", "created_at", "url", NULL };

const struct collection services = {
	.path = "/services",
	.row = "/services/{service}",
	.link = "/services/{id}",
	.list = API_SERVICES,
	.detail = API_SERVICE,
	.remove = API_SERVICE_DELETE,
	.lock = API_SERVICE_LOCK,
	.unlock = API_SERVICE_UNLOCK,
	.freeze = { API_SERVICE_FREEZE, API_SERVICE_SLEEP },
	.unfreeze = { API_SERVICE_UNFREEZE, API_SERVICE_WAKE },
	.form = { .member = "services",
		.ids = "service_id|id",
		.names = "name",
		.reserved = services_reserved },
	.whole = services_whole,
};

const struct collection snapshots = {
	.path = "/snapshots",
	.row = "/snapshots/{snapshot}",
	.list = API_SNAPSHOTS,
	.detail = API_SNAPSHOT,
	.remove = API_SNAPSHOT_DELETE,
	.lock = API_SNAPSHOT_LOCK,
	.unlock = API_SNAPSHOT_UNLOCK,
	.form = { .member = "snapshots",
		.ids = "snapshot_id|id",
		.keys = snapshot_keys,
		.part_names = "name" },
	.is_constant = true,
};

static const char *const images_reserved[] = { "new", "owned", "shared",
	"public", NULL };
static const struct collection *const views[] = { &images_owned, &images_shared,
	&images_public, NULL };

#define FORM                                                                   \
	{                                                                      \
		.member = "images", .ids = "image_id|id",                      \
		.reserved = images_reserved                                    \
	}

const struct collection images = {
	.path = "/images",
	.row = "/images/{image}",
	.link = "/images/{alias}",
	.list = API_IMAGES,
	.detail = API_IMAGE,
	.remove = API_IMAGE_DELETE,
	.lock = API_IMAGE_LOCK,
	.unlock = API_IMAGE_UNLOCK,
	.form = FORM,
	.views = views,
	.has_others = true,
	.has_aliases = true,
};

#define VIEW(which, endpoint)                                                  \
	const struct collection images_##which = {                             \
		.path = "/images/" #which,                                     \
		.row = "/images/" #which "/{image}",                           \
		.list = endpoint,                                              \
		.detail = API_IMAGE,                                           \
		.form = FORM,                                                  \
	}
VIEW(owned, API_IMAGES_OWNED);
VIEW(shared, API_IMAGES_SHARED);
VIEW(public, API_IMAGES_PUBLIC);
