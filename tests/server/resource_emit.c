/* SPDX-License-Identifier: MIT */
/* tests/server/resource_emit.c - writes resources as JSON */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "folder.h"
#include "resource.h"
#include "server.h"
#include "switch.h"

enum {
	VCPU_MB = 2048,
};

/* No format of a time suits every client: see api/API.md 13.6. */
static bool wants_number(const struct request *request)
{
	const char *agent = request_header(request, "User-Agent");

	return switch_is_on(SWITCH_NUMBER_TIMES) || !agent ||
		!strncmp(agent, "un-cli/", 7) || !strncmp(agent, "un-js", 5);
}

static void emit_time(
	struct text *text, const char *key, long long seconds, bool is_number)
{
	char iso[32];

	if (!seconds)
		return;
	if (is_number) {
		emit_int(text, key, seconds);
		return;
	}
	moment_iso(seconds * 1000, iso, sizeof(iso));
	emit_string(text, key, iso);
}

static void emit_list(struct text *text, const char *key, const json_t *list)
{
	char *dump = list ? json_dumps(list, JSON_COMPACT) : NULL;

	emit_json(text, key, dump ? dump : "[]");
	free(dump);
}

static const char *network_name(const struct resource *resource)
{
	return resource->has_network ? "semitrusted" : "zerotrust";
}

/* The URL of a session's shell, on the host that the client used. */
static void emit_shell(struct server *server, const struct request *request,
	const struct resource *session, struct text *text)
{
	const char *host = request_header(request, "Host");
	char url[512];

	snprintf(url, sizeof(url), "%s://%.300s/sessions/%s/shell",
		server->options.tls_dir ? "wss" : "ws",
		host ? host : "127.0.0.1", session->id);
	emit_string(text, "websocket_url", url);
}

static void emit_session(struct server *server, const struct request *request,
	const struct resource *session, struct text *text, bool is_number)
{
	long long now = moment_now_ms(&server->moment) / 1000;

	emit_string(text, "session_id", session->id);
	emit_string(text, "id", session->id);
	emit_string(text, "container_name", session->container);
	emit_string(text, "status", session->state);
	emit_string(text, "name", session->name);
	emit_string(text, "shell", session->shell);
	emit_string(text, "network_mode", network_name(session));
	emit_string(text, "multiplexer", session->multiplexer);
	emit_int(text, "remaining_ttl",
		session->expires_s ? session->expires_s - now : 0);
	emit_int(text, "vcpu", session->vcpu);
	emit_int(text, "memory_mb", session->vcpu * VCPU_MB);
	emit_bool(text, "boosted", session->is_boosted);
	emit_bool(text, "locked", session->is_locked);
	emit_time(text, "created_at", session->created_s, is_number);
	emit_int(text, "last_activity", session->active_s);
	emit_time(text, "expires_at", session->expires_s, is_number);
	emit_shell(server, request, session, text);
}

static void emit_service(struct server *server, const struct resource *service,
	struct text *text, bool is_number)
{
	long long disk = 0;
	char domain[320], url[340], dir[400];

	snprintf(domain, sizeof(domain), "%.200s.on.unsandbox.com",
		service->name);
	snprintf(url, sizeof(url), "https://%s", domain);
	resource_dir(server, service, dir, sizeof(dir));
	folder_size(dir, &disk);
	emit_string(text, "service_id", service->id);
	emit_string(text, "id", service->id);
	emit_string(text, "name", service->name);
	emit_string(text, "state", service->state);
	emit_string(text, "status", service->state);
	emit_string(text, "url", url);
	emit_string(text, "domain", domain);
	emit_string(text, "ip", "127.0.0.1");
	emit_string(text, "health",
		strcmp(service->state, "running") ? "unknown" : "healthy");
	emit_string(text, "network_mode", network_name(service));
	emit_string(text, "container_name", service->container);
	emit_bool(text, "locked", service->is_locked);
	emit_bool(text, "unfreeze_on_demand", service->unfreezes_on_demand);
	emit_bool(text, "show_freeze_page", service->shows_freeze_page);
	emit_int(text, "vcpu", service->vcpu);
	emit_int(text, "memory_mb", service->vcpu * VCPU_MB);
	emit_int(text, "disk_used", disk);
	emit_time(text, "created_at", service->created_s, is_number);
	emit_int(text, "last_activity", service->active_s);
	if (*service->service_type)
		emit_string(text, "service_type", service->service_type);
	if (service->source_kind == KIND_IMAGE)
		emit_string(text, "source_image", service->source_id);
	emit_list(text, "ports", service->ports);
	emit_list(text, "custom_domains", service->domains);
	emit_list(text, "domains", service->domains);
}

static void emit_snapshot(
	const struct resource *snapshot, struct text *text, bool is_number)
{
	emit_string(text, "snapshot_id", snapshot->id);
	emit_string(text, "id", snapshot->id);
	emit_string(text, "name", snapshot->name);
	emit_string(text, "source_type", kind_name(snapshot->source_kind));
	emit_string(text, "type", kind_name(snapshot->source_kind));
	emit_string(text, "source_id", snapshot->source_id);
	emit_string(text, "container_name", snapshot->container);
	emit_string(text, "status", snapshot->state);
	emit_int(text, "size_bytes", snapshot->size_bytes);
	emit_int(text, "size", snapshot->size_bytes);
	emit_bool(text, "hot", snapshot->is_hot);
	emit_bool(text, "locked", snapshot->is_locked);
	emit_time(text, "created_at", snapshot->created_s, is_number);
	emit_time(text, "expires_at", snapshot->expires_s, is_number);
}

static void emit_trusted(struct text *text, const json_t *trusted)
{
	json_t *key;
	size_t i;

	emit_list(text, "trusted_keys", trusted);
	emit_open(text, "trusted", '[');
	json_array_foreach (trusted, i, key) {
		emit_open(text, NULL, '{');
		emit_string(text, "api_key", json_string_value(key));
		emit_close(text, '}');
	}
	emit_close(text, ']');
}

static void emit_image(const struct resource *image, const char *account,
	struct text *text, bool is_number, bool is_listed)
{
	const char *access = image_access(image, account);

	emit_string(text, "image_id", image->id);
	emit_string(text, "id", image->id);
	emit_string(text, "name", image->name);
	emit_string(text, "description", image->description);
	emit_string(text, "fingerprint", image->container);
	emit_string(text, "node", "stand-in");
	emit_int(text, "size_bytes", image->size_bytes);
	emit_string(text, "visibility", image->visibility);
	emit_bool(text, "locked", image->is_locked);
	emit_string(text, "source_type", kind_name(image->source_kind));
	emit_string(text, "source_id", image->source_id);
	emit_string(text, "owner_api_key", image->owner);
	emit_string(text, "owner_key", image->owner);
	emit_string(text, "access", access ? access : "none");
	emit_time(text, "created_at", image->created_s, is_number);
	if (!is_listed)
		emit_trusted(text, image->trusted);
}

void resource_emit(struct server *server, const struct request *request,
	const struct resource *resource, struct text *text, bool is_listed)
{
	bool is_number = wants_number(request);

	switch (resource->kind) {
	case KIND_SESSION:
		emit_session(server, request, resource, text, is_number);
		break;
	case KIND_SERVICE:
		emit_service(server, resource, text, is_number);
		break;
	case KIND_SNAPSHOT:
		emit_snapshot(resource, text, is_number);
		break;
	default:
		emit_image(
			resource, request->account, text, is_number, is_listed);
	}
}

/* Shells of services are listed as sessions, with the id svc:SERVICE. */
static int emit_service_sessions(
	struct server *server, const struct request *request, struct text *text)
{
	struct shelf *shelf = &server->resources.shelves[KIND_SERVICE];
	char id[IDENTITY_SIZE + 8];
	int count = 0;
	size_t i;

	for (i = 0; i < shelf->count; i++) {
		if (strcmp(shelf->list[i]->owner, request->account))
			continue;
		snprintf(id, sizeof(id), "svc:%.*s", IDENTITY_SIZE,
			shelf->list[i]->id);
		emit_open(text, NULL, '{');
		emit_string(text, "session_id", id);
		emit_string(text, "id", id);
		emit_string(text, "service_id", shelf->list[i]->id);
		emit_string(text, "status", shelf->list[i]->state);
		emit_string(text, "container_name", shelf->list[i]->container);
		emit_string(text, "shell", "bash");
		emit_string(text, "network_mode", network_name(shelf->list[i]));
		emit_close(text, '}');
		count++;
	}
	return count;
}

void resource_list(struct server *server, struct request *request,
	struct reply *reply, enum kind kind)
{
	struct shelf *shelf = &server->resources.shelves[kind];
	struct text *text = &reply->body;
	int count = 0;
	char key[24];
	size_t i;

	snprintf(key, sizeof(key), "%ss", kind_name(kind));
	emit_open(text, NULL, '{');
	emit_open(text, key, '[');
	pthread_mutex_lock(&server->resources.lock);
	resource_find(server, kind, "", "");
	for (i = 0; i < shelf->count; i++) {
		if (strcmp(shelf->list[i]->owner, request->account))
			continue;
		emit_open(text, NULL, '{');
		resource_emit(server, request, shelf->list[i], text, true);
		emit_close(text, '}');
		count++;
	}
	if (kind == KIND_SESSION && switch_is_on(SWITCH_SERVICE_SESSIONS))
		count += emit_service_sessions(server, request, text);
	pthread_mutex_unlock(&server->resources.lock);
	emit_close(text, ']');
	emit_int(text, "count", count);
	emit_close(text, '}');
}
