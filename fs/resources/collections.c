/* SPDX-License-Identifier: MIT */
/* fs/resources/collections.c - which lists of the API are collections */
#include "fs/resources/resources.h"

#include <stddef.h>

#define ENDPOINTS(word)                                                        \
	.list = API_##word##S, .detail = API_##word,                           \
	.remove = API_##word##_DELETE, .lock = API_##word##_LOCK,              \
	.unlock = API_##word##_UNLOCK
#define STATE_ENDPOINTS(word)                                                  \
	.freeze = { API_##word##_FREEZE, API_##word##_SLEEP },                 \
	.unfreeze = { API_##word##_UNFREEZE, API_##word##_WAKE }

static const char *const only_new[] = { "new", NULL };
static const char *const sessions_whole[] = { "status|state", "network_mode",
	"created_at", NULL };

const struct collection sessions = {
	.path = "/sessions",
	.row = "/sessions/{session}",
	.link = "/sessions/{alias}",
	ENDPOINTS(SESSION),
	.create = API_SESSION_CREATE,
	STATE_ENDPOINTS(SESSION),
	.form = { .member = "sessions",
		.ids = "session_id|id",
		.keys = session_keys,
		.part_names = "container_name",
		.is_other = session_is_of_service,
		.reserved = only_new },
	.whole = sessions_whole,
	.has_aliases = true,
};

static const char *const services_whole[] = { "state|status", "ports",
	"network_mode", "created_at", "url", NULL };

const struct collection services = {
	.path = "/services",
	.row = "/services/{service}",
	.link = "/services/{id}",
	ENDPOINTS(SERVICE),
	.create = API_SERVICE_CREATE,
	STATE_ENDPOINTS(SERVICE),
	.form = { .member = "services",
		.ids = "service_id|id",
		.names = "name",
		.reserved = only_new },
	.whole = services_whole,
};

const struct collection snapshots = {
	.path = "/snapshots",
	.row = "/snapshots/{snapshot}",
	ENDPOINTS(SNAPSHOT),
	.form = { .member = "snapshots",
		.ids = "snapshot_id|id",
		.keys = snapshot_keys,
		.part_names = "name" },
	.is_constant = true,
};

static const char *const images_reserved[] = { "owned", "shared", "public",
	NULL };
static const struct collection *const views[] = { &images_owned, &images_shared,
	&images_public, NULL };

#define FORM                                                                   \
	{                                                                      \
		.member = "images", .ids = "image_id|id", .keys = image_keys,  \
		.part_names = "name", .reserved = images_reserved              \
	}

const struct collection images = {
	.path = "/images",
	.row = "/images/{image}",
	ENDPOINTS(IMAGE),
	.form = FORM,
	.views = views,
	.has_others = true,
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
