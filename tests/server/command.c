/* SPDX-License-Identifier: MIT */
/* tests/server/command.c - runs a command line in a session or a service */
#include <stdlib.h>
#include <string.h>

#include "action.h"
#include "audit.h"
#include "execute.h"
#include "run.h"
#include "server.h"
#include "shell.h"
#include "vault.h"
#include "words.h"

enum {
	TIMEOUT_DEFAULT_MS = 30000,
	/* A quick command is answered with its result. */
	QUICK_MS = 1000,
};

struct order {
	json_t *json;
	char *line;
	long long timeout_ms;
	struct program files;
};

static void order_clear(struct order *order)
{
	json_decref(order->json);
	program_clear(&order->files);
	free(order->line);
}

/* A client that creates its JSON with a tool adds a newline. */
static bool order_read(
	struct order *order, const struct request *request, struct reply *reply)
{
	const json_t *command, *timeout;
	size_t len;

	memset(order, 0, sizeof(*order));
	order->json = request_json(request, reply);
	if (!order->json)
		return false;
	command = json_object_get(order->json, "command");
	timeout = json_object_get(order->json, "timeout");
	order->timeout_ms = TIMEOUT_DEFAULT_MS;
	if (json_is_integer(timeout) && json_integer_value(timeout) >= 0)
		order->timeout_ms = json_integer_value(timeout);
	if (!json_is_string(command) || !json_string_length(command)) {
		reply_error(
			reply, 400, "MISSING_COMMAND", "command is required");
		return false;
	}
	len = json_string_length(command);
	while (len && json_string_value(command)[len - 1] == '\n')
		len--;
	order->line = strndup(json_string_value(command), len);
	return order->line &&
		program_read_files(&order->files, order->json, reply) == 0;
}

static struct job *command_job(struct server *server,
	const struct request *request, const struct resource *resource,
	const struct order *order)
{
	struct job *job = job_new(
		request->account, "bash", moment_now_ms(&server->moment));

	if (!job)
		return NULL;
	job->is_command = true;
	job->has_network = resource->has_network;
	ledger_note_command(&server->ledger, request->pattern, job->id,
		resource->id, order->line);
	return job;
}

static void reply_job(struct server *server, const struct request *request,
	struct job *job, struct reply *reply)
{
	struct job_form form = execute_form(server, request);

	emit_open(&reply->body, NULL, '{');
	job_emit(job, &reply->body, &form);
	emit_close(&reply->body, '}');
}

/* Takes a reference, so that it can be used without the lock. */
static struct resource *take_running(struct server *server,
	struct request *request, enum kind kind, const struct order *order,
	struct reply *reply)
{
	struct resource *resource = resource_take(server, request, kind, reply);
	char dir[400];

	if (!resource)
		return NULL;
	if (strcmp(resource->state, "running")) {
		resource_drop(server);
		reply_error(reply, 409, "NOT_RUNNING",
			"It is not running: unfreeze it first");
		return NULL;
	}
	resource_dir(server, resource, dir, sizeof(dir));
	if (program_lay_files(&order->files, dir)) {
		resource_drop(server);
		reply_error(reply, 500, "INTERNAL_ERROR",
			"the input files could not be written");
		return NULL;
	}
	resource->references++;
	resource_put(server, resource);
	return resource;
}

static void let_go(struct server *server, struct resource *resource)
{
	pthread_mutex_lock(&server->resources.lock);
	resource_release(resource);
	pthread_mutex_unlock(&server->resources.lock);
}

static void run_in_session(struct server *server, struct resource *session,
	struct job *job, const struct order *order)
{
	long long began = moment_steady_ms();

	job_begin(job, moment_now_ms(&server->moment));
	shell_run(server, session, job, order->line, order->timeout_ms);
	pthread_mutex_lock(&server->resources.lock);
	audit_note(server, session, order->line, &job->out);
	pthread_mutex_unlock(&server->resources.lock);
	job_finish(job, moment_now_ms(&server->moment),
		moment_steady_ms() - began);
}

void action_session_command(
	struct server *server, struct request *request, struct reply *reply)
{
	struct resource *session = NULL;
	struct job *job = NULL;
	struct order order;

	if (order_read(&order, request, reply))
		session = take_running(
			server, request, KIND_SESSION, &order, reply);
	if (session)
		job = command_job(server, request, session, &order);
	if (job && jobs_add(&server->jobs, job, false)) {
		run_in_session(server, session, job, &order);
		reply_job(server, request, job, reply);
	} else if (session) {
		reply_error(reply, 503, "UNAVAILABLE",
			"The server is shutting down");
	}
	job_release(job);
	if (session)
		let_go(server, session);
	order_clear(&order);
}

static int run_in_service(struct server *server, struct resource *service,
	struct job *job, const struct order *order)
{
	const char *argv[] = { "bash", "-c", order->line, NULL };
	char dir[400];
	char **env;
	struct run_order run = {
		.dir = dir,
		.argv = argv,
		.timeout_ms = order->timeout_ms,
	};
	int err;

	resource_dir(server, service, dir, sizeof(dir));
	pthread_mutex_lock(&server->resources.lock);
	env = vault_environment(service->vault);
	run.has_network =
		service->has_network || json_array_size(service->ports);
	pthread_mutex_unlock(&server->resources.lock);
	run.env = (const char *const *)env;
	err = run_start(server, job, &run);
	words_free(env);
	return err;
}

/*
 * un.c's command line, which sends no User-Agent, accepts only 202; its
 * library, which sends one, only 200 with the result.
 */
static void reply_service(struct server *server, const struct request *request,
	struct job *job, struct reply *reply)
{
	bool is_library = execute_form(server, request).is_numeric;

	job_wait(job, is_library ? -1 : QUICK_MS);
	reply->status = is_library ? 200 : 202;
	reply_job(server, request, job, reply);
}

void action_service_command(
	struct server *server, struct request *request, struct reply *reply)
{
	struct resource *service = NULL;
	struct job *job = NULL;
	struct order order;

	if (order_read(&order, request, reply))
		service = take_running(
			server, request, KIND_SERVICE, &order, reply);
	if (service)
		job = command_job(server, request, service, &order);
	if (job && run_in_service(server, service, job, &order) == 0)
		reply_service(server, request, job, reply);
	else if (service)
		reply_error(reply, 503, "UNAVAILABLE",
			"The server is shutting down");
	job_release(job);
	if (service)
		let_go(server, service);
	order_clear(&order);
}
