/* SPDX-License-Identifier: MIT */
/* api/endpoints.c - the requests of the API, one row each */
#include "api/endpoints.h"

#include <string.h>

#define MIB ((size_t)1 << 20)
#define SMALL (1 * MIB)	    /* a few values */
#define ONE (8 * MIB)	    /* one resource */
#define LIST (256 * MIB)    /* all of them */
#define OUTPUT (1024 * MIB) /* what programs print, and their artifacts */

/* What most of the API's own clients wait for an execution (part 3). */
#define PROGRAM_TIMEOUT_MS 120000

#define GET(path, max)                                                         \
	{                                                                      \
		"GET", path, max, .has_answer = true                           \
	}
#define LISTED(path)                                                           \
	{                                                                      \
		"GET", path, LIST, .has_answer = true, .is_list = true         \
	}
#define POST(path)                                                             \
	{                                                                      \
		"POST", path, ONE                                              \
	}
#define RUN(path)                                                              \
	{                                                                      \
		"POST", path, OUTPUT, .has_answer = true, .is_program = true   \
	}
#define SUBMIT(path)                                                           \
	{                                                                      \
		"POST", path, ONE, .has_answer = true                          \
	}
#define DELETE(path, max)                                                      \
	{                                                                      \
		"DELETE", path, max                                            \
	}

/* clang-format off */
static const struct endpoint endpoints[API_ENDPOINTS] = {
	[API_KEYS_VALIDATE] = { "POST", "/keys/validate", SMALL,
			.has_answer = true },
	[API_HEALTH] = { "GET", "/health", SMALL, .is_unsigned = true },
	[API_EXECUTE] = RUN("/execute"),
	[API_EXECUTE_ASYNC] = SUBMIT("/execute/async"),
	[API_RUN] = { "POST", "/run", OUTPUT, .has_answer = true,
			.is_text = true, .is_program = true },
	[API_RUN_ASYNC] = { "POST", "/run/async", ONE, .has_answer = true,
			.is_text = true },
	[API_JOBS] = GET("/jobs", OUTPUT),
	[API_JOB] = GET("/jobs/{id}", OUTPUT),
	[API_JOB_CANCEL] = DELETE("/jobs/{id}", OUTPUT),
	[API_LANGUAGES] = GET("/languages", SMALL),
	[API_SHELLS] = GET("/shells", SMALL),
	[API_CLUSTER] = GET("/cluster", ONE),
	[API_POOLS] = GET("/pools", ONE),
	[API_LOGS] = { "GET", "/logs", OUTPUT,
			.has_answer = true, .signs_query = true },
	[API_STATS] = GET("/stats", ONE),

	[API_SESSIONS] = LISTED("/sessions"),
	[API_SESSION] = GET("/sessions/{id}", ONE),
	[API_SESSION_CREATE] = SUBMIT("/sessions"),
	[API_SESSION_DELETE] = DELETE("/sessions/{id}", OUTPUT),
	[API_SESSION_FREEZE] = POST("/sessions/{id}/freeze"),
	[API_SESSION_UNFREEZE] = POST("/sessions/{id}/unfreeze"),
	[API_SESSION_SLEEP] = POST("/sessions/{id}/sleep"),
	[API_SESSION_WAKE] = POST("/sessions/{id}/wake"),
	[API_SESSION_BOOST] = POST("/sessions/{id}/boost"),
	[API_SESSION_UNBOOST] = POST("/sessions/{id}/unboost"),
	[API_SESSION_LOCK] = POST("/sessions/{id}/lock"),
	[API_SESSION_UNLOCK] = POST("/sessions/{id}/unlock"),
	[API_SESSION_SNAPSHOT] = POST("/sessions/{id}/snapshot"),
	[API_SESSION_EXECUTE] = RUN("/sessions/{id}/execute"),
	[API_SESSION_SHELL] = RUN("/sessions/{id}/shell"),

	[API_SERVICES] = LISTED("/services"),
	[API_SERVICE] = GET("/services/{id}", ONE),
	[API_SERVICE_CREATE] = SUBMIT("/services"),
	[API_SERVICE_DELETE] = DELETE("/services/{id}", ONE),
	[API_SERVICE_PATCH] = { "PATCH", "/services/{id}", ONE },
	[API_SERVICE_RESIZE] = POST("/services/{id}/resize"),
	[API_SERVICE_FREEZE] = POST("/services/{id}/freeze"),
	[API_SERVICE_UNFREEZE] = POST("/services/{id}/unfreeze"),
	[API_SERVICE_SLEEP] = POST("/services/{id}/sleep"),
	[API_SERVICE_WAKE] = POST("/services/{id}/wake"),
	[API_SERVICE_LOCK] = POST("/services/{id}/lock"),
	[API_SERVICE_UNLOCK] = POST("/services/{id}/unlock"),
	[API_SERVICE_LOGS] = { "GET", "/services/{id}/logs", OUTPUT,
			.has_answer = true, .signs_query = true },
	[API_SERVICE_DOMAINS] = { "PUT", "/services/{id}/domains", ONE },
	[API_SERVICE_ENV] = GET("/services/{id}/env", ONE),
	[API_SERVICE_ENV_SET] = { "PUT", "/services/{id}/env", ONE,
			.is_text = true },
	[API_SERVICE_ENV_DELETE] = DELETE("/services/{id}/env", ONE),
	[API_SERVICE_ENV_EXPORT] = SUBMIT("/services/{id}/env/export"),
	[API_SERVICE_REDEPLOY] = POST("/services/{id}/redeploy"),
	[API_SERVICE_EXECUTE] = RUN("/services/{id}/execute"),
	[API_SERVICE_SNAPSHOT] = POST("/services/{id}/snapshot"),

	[API_SNAPSHOTS] = LISTED("/snapshots"),
	[API_SNAPSHOT] = GET("/snapshots/{id}", ONE),
	[API_SNAPSHOT_DELETE] = DELETE("/snapshots/{id}", ONE),
	[API_SNAPSHOT_CLONE] = SUBMIT("/snapshots/{id}/clone"),
	[API_SNAPSHOT_RESTORE] = POST("/snapshots/{id}/restore"),
	[API_SNAPSHOT_LOCK] = POST("/snapshots/{id}/lock"),
	[API_SNAPSHOT_UNLOCK] = POST("/snapshots/{id}/unlock"),

	[API_IMAGES] = LISTED("/images"),
	[API_IMAGES_OWNED] = LISTED("/images/owned"),
	[API_IMAGES_SHARED] = LISTED("/images/shared"),
	[API_IMAGES_PUBLIC] = LISTED("/images/public"),
	[API_IMAGE] = GET("/images/{id}", ONE),
	[API_IMAGE_PUBLISH] = SUBMIT("/images"),
	[API_IMAGE_DELETE] = DELETE("/images/{id}", ONE),
	[API_IMAGE_LOCK] = POST("/images/{id}/lock"),
	[API_IMAGE_UNLOCK] = POST("/images/{id}/unlock"),
	[API_IMAGE_VISIBILITY] = POST("/images/{id}/visibility"),
	[API_IMAGE_GRANT] = POST("/images/{id}/grant"),
	[API_IMAGE_REVOKE] = POST("/images/{id}/revoke"),
	[API_IMAGE_TRUSTED] = GET("/images/{id}/trusted", ONE),
	[API_IMAGE_TRANSFER] = POST("/images/{id}/transfer"),
	[API_IMAGE_SPAWN] = SUBMIT("/images/{id}/spawn"),
	[API_IMAGE_CLONE] = SUBMIT("/images/{id}/clone"),
};
/* clang-format on */

const struct endpoint *endpoint_row(enum api_endpoint endpoint)
{
	if ((unsigned)endpoint >= API_ENDPOINTS)
		return NULL;
	return &endpoints[endpoint];
}

bool endpoint_is_safe(const struct endpoint *row)
{
	return strcmp(row->method, "GET") == 0;
}

uint64_t endpoint_timeout_ms(const struct endpoint *row, uint64_t configured_ms)
{
	if (row->is_program && configured_ms < PROGRAM_TIMEOUT_MS)
		return PROGRAM_TIMEOUT_MS;
	return configured_ms;
}

const char *api_endpoint_method(enum api_endpoint endpoint)
{
	const struct endpoint *row = endpoint_row(endpoint);

	return row ? row->method : NULL;
}

const char *api_endpoint_path(enum api_endpoint endpoint)
{
	const struct endpoint *row = endpoint_row(endpoint);

	return row ? row->path : NULL;
}
