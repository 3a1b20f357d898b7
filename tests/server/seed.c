/* SPDX-License-Identifier: MIT */
/* tests/server/seed.c - creates resources in bulk */
#include "seed.h"

#include <stdio.h>
#include <string.h>

#include "fields.h"
#include "server.h"

enum {
	MOST = 1000000,
	SNAPSHOT_BYTES = 1 << 20,
};

/* They get distinct times, the last one now, so that they can be sorted. */
static void seed_defaults(struct resource *resource, size_t index, size_t count)
{
	char name[64];

	snprintf(name, sizeof(name), "seed-%s-%zu", kind_name(resource->kind),
		index);
	resource_set(&resource->name, name);
	resource->created_s -= count - 1 - index;
	resource->active_s = resource->created_s;
	/* Unlike for a new service, so that tests can switch it on. */
	resource->shows_freeze_page = false;
	if (resource->kind < KIND_SNAPSHOT)
		return;
	snprintf(name, sizeof(name), "unsb-session-seed-%zu", index % 10);
	resource_set(&resource->source_id, name);
	resource->size_bytes = SNAPSHOT_BYTES + index;
}

static void seed_fields(struct resource *resource, const json_t *json)
{
	static const char *const domains[] = { "custom_domains", "domains",
		NULL };
	static const char *const trusted[] = { "trusted_keys", NULL };
	const json_t *created = json_object_get(json, "created_at");
	const json_t *size = json_object_get(json, "size_bytes");
	int source = kind_of(
		json_string_value(json_object_get(json, "source_type")));
	struct reply unused = { 0 };

	fields_string(&resource->id, json, "id");
	fields_string(&resource->name, json, "name");
	fields_string(&resource->owner, json, "owner");
	fields_string(&resource->container, json, "container_name");
	fields_string(&resource->state, json, "status");
	fields_string(&resource->state, json, "state");
	fields_string(&resource->source_id, json, "source_id");
	fields_string(&resource->shell, json, "shell");
	fields_string(&resource->bootstrap, json, "bootstrap");
	fields_string(&resource->service_type, json, "service_type");
	fields_string(&resource->description, json, "description");
	fields_string(&resource->visibility, json, "visibility");
	fields_bool(&resource->is_locked, json, "locked");
	fields_bool(&resource->is_hot, json, "hot");
	fields_bool(&resource->shows_freeze_page, json, "show_freeze_page");
	fields_machine(resource, json, &unused);
	fields_ports(resource, json, &unused);
	fields_list(&resource->domains, json, domains, &unused);
	fields_list(&resource->trusted, json, trusted, &unused);
	if (source >= 0)
		resource->source_kind = source;
	if (json_is_integer(created))
		resource->created_s = json_integer_value(created);
	if (json_is_integer(size))
		resource->size_bytes = json_integer_value(size);
	reply_clear(&unused);
}

/* The count of a member, which is a number or an array. */
static size_t count_of(const json_t *member)
{
	json_int_t number = json_integer_value(member);

	if (json_is_array(member))
		return json_array_size(member);
	return number > 0 && number <= MOST ? number : 0;
}

static size_t seed_kind(struct server *server, enum kind kind,
	const char *owner, const json_t *member)
{
	size_t count = count_of(member), i;
	struct resource *resource;

	for (i = 0; i < count; i++) {
		resource = resource_new(server, kind, owner, NULL);
		if (!resource)
			break;
		seed_defaults(resource, i, count);
		seed_fields(resource, json_array_get(member, i));
		if (!resource_add(server, resource)) {
			resource_release(resource);
			break;
		}
	}
	return i;
}

static void job_fields(struct job *job, const json_t *json)
{
	const char *id = json_string_value(json_object_get(json, "job_id"));
	const char *out = json_string_value(json_object_get(json, "stdout"));
	const char *err = json_string_value(json_object_get(json, "stderr"));
	const char *language =
		json_string_value(json_object_get(json, "language"));

	if (id)
		snprintf(job->id, sizeof(job->id), "%s", id);
	if (language)
		snprintf(job->language, sizeof(job->language), "%s", language);
	text_puts(&job->out, out ? out : "seeded\n");
	text_puts(&job->err, err ? err : "");
	job->exit_code = json_integer_value(json_object_get(json, "exit_code"));
}

static size_t seed_jobs(struct server *server, const char *owner,
	const json_t *member, bool is_running)
{
	size_t count = count_of(member), i;
	long long now = moment_now_ms(&server->moment);
	struct job *job;

	for (i = 0; i < count; i++) {
		job = job_new(owner, "python", now - 1000 * (count - 1 - i));
		if (!job)
			break;
		job->is_fake = true;
		job->started_ms = job->created_ms;
		job->state = is_running ? JOB_RUNNING : JOB_COMPLETED;
		job->end_state = job->state;
		if (!is_running)
			job->completed_ms = job->created_ms;
		job->ended_ms = is_running ? 0 : now;
		job_fields(job, json_array_get(member, i));
		jobs_add(&server->jobs, job, false);
		job_release(job);
	}
	return i;
}

/* The account's string, which outlives the job. */
static const char *owner_of(struct server *server, const json_t *json)
{
	const char *owner = json_string_value(json_object_get(json, "owner"));
	int i;

	for (i = 0; owner && i < server->accounts.count; i++)
		if (!strcmp(server->accounts.list[i].public_key, owner))
			return server->accounts.list[i].public_key;
	return server->accounts.list[0].public_key;
}

void seed(struct server *server, struct request *request, struct reply *reply)
{
	json_t *json = request_json(request, reply);
	const char *owner;
	char key[24];
	int kind;

	if (!json)
		return;
	owner = owner_of(server, json);
	emit_open(&reply->body, NULL, '{');
	pthread_mutex_lock(&server->resources.lock);
	for (kind = 0; kind < KIND_COUNT; kind++) {
		snprintf(key, sizeof(key), "%ss", kind_name(kind));
		emit_int(&reply->body, key,
			seed_kind(server, kind, owner,
				json_object_get(json, key)));
	}
	pthread_mutex_unlock(&server->resources.lock);
	emit_int(&reply->body, "jobs",
		seed_jobs(server, owner, json_object_get(json, "jobs"), false));
	emit_int(&reply->body, "running_jobs",
		seed_jobs(server, owner, json_object_get(json, "running_jobs"),
			true));
	emit_close(&reply->body, '}');
	json_decref(json);
}
