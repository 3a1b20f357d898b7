/* SPDX-License-Identifier: MIT */
/* tests/server/lean.c - the members that the OpenAPI document 2.2.0 has */
#include <stdbool.h>
#include <string.h>

#include "shape.h"

/*
 * From the typed client of 85 calls (api/API.md 16), plus artifacts and what
 * else the makers' own applications read.  Answers of other paths keep all
 * their members.
 */
struct row {
	const char *method;
	const char *path;
	const char *keys;
};

#define RESULT                                                                 \
	"job_id language network_mode stdout stderr exit_code total_time_ms "  \
	"success error detected_language artifacts artifact wasm_artifact"
#define SNAPSHOT                                                               \
	"snapshot_id name source_type source_id size_bytes locked created_at"
#define IMAGE                                                                  \
	"id name description fingerprint source_type source_id "               \
	"owner_api_key visibility locked size_bytes trusted_keys node "        \
	"created_at"
#define IMAGES                                                                 \
	"images id name fingerprint visibility locked size_bytes created_at"

static const struct row rows[] = {
	{ "POST", "/execute", RESULT },
	{ "POST", "/run", RESULT },
	{ "POST", "/execute/async", "job_id status message" },
	{ "POST", "/run/async", "job_id status message detected_language" },
	{ "GET", "/jobs",
		"jobs job_id language network_mode status "
		"created_at" },
	{ "GET", "/jobs/ID",
		RESULT " status created_at started_at completed_at" },
	{ "DELETE", "/jobs/ID",
		"job_id status message stdout stderr success artifacts" },
	{ "GET", "/sessions",
		"sessions session_id status network_mode remaining_ttl "
		"container_name shell created_at service_id" },
	{ "POST", "/sessions",
		"session_id status shell network_mode websocket_url "
		"created_at expires_at" },
	{ "GET", "/sessions/ID",
		"session_id status shell network_mode websocket_url "
		"created_at expires_at remaining_ttl" },
	{ "DELETE", "/sessions/ID", "session_id status artifacts" },
	{ "POST", "/sessions/ID/execute", "job_id stdout stderr exit_code" },
	{ "POST", "/sessions/ID/freeze", "session_id status" },
	{ "POST", "/sessions/ID/unfreeze",
		"session_id status unfreeze_time_ms" },
	{ "POST", "/sessions/ID/boost", "success message session" },
	{ "POST", "/sessions/ID/unboost", "success message session" },
	{ "POST", "/sessions/ID/lock", "locked" },
	{ "POST", "/sessions/ID/unlock", "locked" },
	{ "POST", "/sessions/ID/snapshot", SNAPSHOT },
	{ "GET", "/services", "services service_id name state ports domains" },
	{ "POST", "/services", "service_id name state url ports created_at" },
	{ "GET", "/services/ID",
		"service_id name state ports domains domain url locked "
		"network_mode created_at" },
	{ "PATCH", "/services/ID",
		"success service_id vcpu unfreeze_on_demand "
		"show_freeze_page" },
	{ "DELETE", "/services/ID", "service_id state" },
	{ "POST", "/services/ID/execute", "job_id stdout stderr exit_code" },
	{ "POST", "/services/ID/freeze", "service_id state" },
	{ "POST", "/services/ID/unfreeze",
		"service_id state unfreeze_time_ms" },
	{ "POST", "/services/ID/redeploy", "service_id state" },
	{ "POST", "/services/ID/lock", "locked" },
	{ "POST", "/services/ID/unlock", "locked" },
	{ "POST", "/services/ID/snapshot", SNAPSHOT },
	{ "GET", "/services/ID/logs", "log" },
	{ "GET", "/services/ID/env", "env" },
	{ "PUT", "/services/ID/env", "success env" },
	{ "DELETE", "/services/ID/env", "success deleted" },
	{ "POST", "/services/ID/env/export", "env" },
	{ "GET", "/snapshots",
		"snapshots id name source_type source_id size_bytes locked" },
	{ "POST", "/snapshots", SNAPSHOT },
	{ "GET", "/snapshots/ID", SNAPSHOT },
	{ "DELETE", "/snapshots/ID", "snapshot_id status" },
	{ "POST", "/snapshots/ID/restore", "snapshot_id status" },
	{ "POST", "/snapshots/ID/clone",
		"session_id service_id name status state" },
	{ "POST", "/snapshots/ID/lock", "locked" },
	{ "POST", "/snapshots/ID/unlock", "locked" },
	{ "GET", "/images", IMAGES },
	{ "GET", "/images/owned", IMAGES " trusted_keys" },
	{ "GET", "/images/shared", IMAGES },
	{ "GET", "/images/public", IMAGES },
	{ "POST", "/images", IMAGE },
	{ "GET", "/images/ID", IMAGE },
	{ "POST", "/images/ID/clone", IMAGE },
	{ "DELETE", "/images/ID", "success message" },
	{ "POST", "/keys/validate",
		"valid public_key rate_per_minute burst concurrency_limit "
		"expires_at tier reason" },
};

static bool has_word(const char *words, const char *word)
{
	size_t len = strlen(word);
	const char *at;

	for (at = strstr(words, word); at; at = strstr(at + 1, word))
		if ((at == words || at[-1] == ' ') &&
			(at[len] == '\0' || at[len] == ' '))
			return true;
	return false;
}

static void keep(json_t *json, const char *keys)
{
	const char *key;
	json_t *value;
	void *next;

	json_object_foreach_safe (json, next, key, value) {
		if (!has_word(keys, key))
			json_object_del(json, key);
	}
}

static const char *keys_of(const struct request *request)
{
	size_t i;

	for (i = 0; i < sizeof(rows) / sizeof(*rows); i++)
		if (!strcmp(rows[i].path, request->pattern) &&
			!strcmp(rows[i].method, request->method))
			return rows[i].keys;
	return NULL;
}

void lean_keep(const struct request *request, json_t *json)
{
	const char *keys = keys_of(request);
	json_t *list, *item;
	size_t i;

	if (!keys)
		return;
	/* An unfinished job without a status has nothing but its id. */
	if (!has_word(keys, "status") && has_word(keys, "exit_code") &&
		!json_object_get(json, "exit_code"))
		keys = "job_id";
	keep(json, keys);
	list = json_object_get(json, request->parts[0]);
	json_array_foreach (list, i, item) {
		keep(item, keys);
	}
}
