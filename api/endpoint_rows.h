/* SPDX-License-Identifier: MIT */
/* api/endpoint_rows.h - the requests of the API, one row each */

/*
 * Included with ROW(name, ...) defined: in api.h for the names, in endpoints.c
 * for the rest, which has the macros that the rows use.
 */
#ifndef ROW
#define ROW(name, ...)
#endif

/* clang-format off */
ROW(API_KEYS_VALIDATE, { "POST", "/keys/validate", ONE, .has_answer = true })
ROW(API_KEY_SELF, GET("/keys/self", ONE))
ROW(API_KEY_PATCH, { "PATCH", "/keys/self", ONE })
ROW(API_KEY_CONTACTS, GET("/keys/self/contacts", ONE))
ROW(API_KEY_CONTACT_ADD, POST("/keys/self/contacts"))
ROW(API_KEY_CONTACT_PATCH, { "PATCH", "/keys/self/contacts/{id}", ONE })
ROW(API_KEY_CONTACT_DELETE, DELETE("/keys/self/contacts/{id}", ONE))
ROW(API_KEY_AUDIT, GET("/keys/self/audit-log", LIST))
ROW(API_KEY_THROTTLE, { "GET", "/keys/am-i-throttled", ONE,
	.has_answer = true, .is_portal = true })
ROW(API_TOKEN_MINT, SUBMIT("/mint-token"))
ROW(API_TOKEN_REVOKE, POST("/revoke-token"))
ROW(API_TOKEN_LIST, SUBMIT("/list-tokens"))
ROW(API_HEALTH, { "GET", "/health", ONE, .is_unsigned = true })
ROW(API_EXECUTE, RUN("/execute"))
ROW(API_EXECUTE_ASYNC, SUBMIT("/execute/async"))
ROW(API_RUN, { "POST", "/run", OUTPUT, .has_answer = true, .is_text = true,
	.is_program = true })
ROW(API_RUN_ASYNC,
	{ "POST", "/run/async", ONE, .has_answer = true, .is_text = true })
ROW(API_JOBS, GET("/jobs", LIST))
ROW(API_JOB, GET("/jobs/{id}", OUTPUT))
ROW(API_JOB_CANCEL, DELETE("/jobs/{id}", OUTPUT))
ROW(API_LANGUAGES, GET("/languages", ONE))
ROW(API_SHELLS, GET("/shells", ONE))
ROW(API_CLUSTER, GET("/cluster", ONE))
ROW(API_POOLS, GET("/pools", ONE))
ROW(API_POOL_STATS, GET("/pools/{id}/stats", ONE))
ROW(API_LOGS, LOGS("/logs"))
ROW(API_STATS, GET("/stats", ONE))

ROW(API_SESSIONS, LISTED("/sessions"))
ROW(API_SESSION, GET("/sessions/{id}", ONE))
ROW(API_SESSION_CREATE, SUBMIT("/sessions"))
ROW(API_SESSION_DELETE, DELETE("/sessions/{id}", OUTPUT))
ROW(API_SESSION_FREEZE, POST("/sessions/{id}/freeze"))
ROW(API_SESSION_UNFREEZE, POST("/sessions/{id}/unfreeze"))
ROW(API_SESSION_SLEEP, POST("/sessions/{id}/sleep"))
ROW(API_SESSION_WAKE, POST("/sessions/{id}/wake"))
ROW(API_SESSION_BOOST, POST("/sessions/{id}/boost"))
ROW(API_SESSION_UNBOOST, POST("/sessions/{id}/unboost"))
ROW(API_SESSION_LOCK, POST("/sessions/{id}/lock"))
ROW(API_SESSION_UNLOCK, POST("/sessions/{id}/unlock"))
ROW(API_SESSION_SNAPSHOT, POST("/sessions/{id}/snapshot"))
ROW(API_SESSION_RESTORE, POST("/sessions/{id}/restore"))
ROW(API_SESSION_EXTEND, POST("/sessions/{id}/extend"))
ROW(API_SESSION_EXECUTE, RUN("/sessions/{id}/execute"))
ROW(API_SESSION_SHELL, RUN("/sessions/{id}/shell"))

ROW(API_SERVICES, LISTED("/services"))
ROW(API_SERVICE, GET("/services/{id}", ONE))
ROW(API_SERVICE_CREATE, SUBMIT("/services"))
ROW(API_SERVICE_DELETE, DELETE("/services/{id}", ONE))
ROW(API_SERVICE_PATCH, { "PATCH", "/services/{id}", ONE })
ROW(API_SERVICE_RESIZE, POST("/services/{id}/resize"))
ROW(API_SERVICE_FREEZE, POST("/services/{id}/freeze"))
ROW(API_SERVICE_UNFREEZE, POST("/services/{id}/unfreeze"))
ROW(API_SERVICE_SLEEP, POST("/services/{id}/sleep"))
ROW(API_SERVICE_WAKE, POST("/services/{id}/wake"))
ROW(API_SERVICE_LOCK, POST("/services/{id}/lock"))
ROW(API_SERVICE_UNLOCK, POST("/services/{id}/unlock"))
ROW(API_SERVICE_LOGS, LOGS("/services/{id}/logs"))
ROW(API_SERVICE_DOMAINS, { "PUT", "/services/{id}/domains", ONE })
ROW(API_SERVICE_ENV, GET("/services/{id}/env", ONE))
ROW(API_SERVICE_ENV_SET, { "PUT", "/services/{id}/env", ONE, .is_text = true,
	.is_secret = true })
ROW(API_SERVICE_ENV_DELETE, DELETE("/services/{id}/env", ONE))
ROW(API_SERVICE_ENV_EXPORT, { "POST", "/services/{id}/env/export", ONE,
	.has_answer = true, .is_secret = true })
ROW(API_SERVICE_REDEPLOY, POST("/services/{id}/redeploy"))
ROW(API_SERVICE_EXECUTE, RUN("/services/{id}/execute"))
ROW(API_SERVICE_SNAPSHOT, POST("/services/{id}/snapshot"))
ROW(API_SERVICE_PORT, { "GET", "/services/{id}/port", ONE,
	.has_answer = true, .signs_query = true })
ROW(API_SERVICE_UPGRADE, GET("/services/{id}/upgrade/progress", ONE))
ROW(API_SERVICE_UPGRADE_LOGS, LOGS("/services/{id}/upgrade/logs"))
ROW(API_SERVICE_RESTORE, POST("/services/{id}/restore"))

ROW(API_SNAPSHOTS, LISTED("/snapshots"))
ROW(API_SNAPSHOT, GET("/snapshots/{id}", ONE))
ROW(API_SNAPSHOT_DELETE, DELETE("/snapshots/{id}", ONE))
ROW(API_SNAPSHOT_CLONE, SUBMIT("/snapshots/{id}/clone"))
ROW(API_SNAPSHOT_RESTORE, POST("/snapshots/{id}/restore"))
ROW(API_SNAPSHOT_LOCK, POST("/snapshots/{id}/lock"))
ROW(API_SNAPSHOT_UNLOCK, POST("/snapshots/{id}/unlock"))

ROW(API_IMAGES, LISTED("/images"))
ROW(API_IMAGES_OWNED, LISTED("/images/owned"))
ROW(API_IMAGES_SHARED, LISTED("/images/shared"))
ROW(API_IMAGES_PUBLIC, LISTED("/images/public"))
ROW(API_IMAGE, GET("/images/{id}", ONE))
ROW(API_IMAGE_PUBLISH, SUBMIT("/images"))
ROW(API_IMAGE_DELETE, DELETE("/images/{id}", ONE))
ROW(API_IMAGE_LOCK, POST("/images/{id}/lock"))
ROW(API_IMAGE_UNLOCK, POST("/images/{id}/unlock"))
ROW(API_IMAGE_VISIBILITY, POST("/images/{id}/visibility"))
ROW(API_IMAGE_GRANT, POST("/images/{id}/grant"))
ROW(API_IMAGE_REVOKE, POST("/images/{id}/revoke"))
ROW(API_IMAGE_TRUSTED, GET("/images/{id}/trusted", ONE))
ROW(API_IMAGE_TRANSFER, POST("/images/{id}/transfer"))
ROW(API_IMAGE_SPAWN, SUBMIT("/images/{id}/spawn"))
ROW(API_IMAGE_CLONE, SUBMIT("/images/{id}/clone"))
/* clang-format on */

#undef ROW
