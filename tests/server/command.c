/* SPDX-License-Identifier: MIT */
/* tests/server/command.c - runs a command line in a session or a service */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "action.h"
#include "execute.h"
#include "folder.h"
#include "run.h"
#include "server.h"
#include "shell_thread.h"
#include "switch.h"
#include "vault.h"
#include "words.h"

enum {
	TIMEOUT_DEFAULT_MS = 30000,
	/* How long the answer waits for the result of a service's command. */
	QUICK_MS = 1000,
	/* A longer command is passed in a file, not as an argument. */
	ARGUMENT_MAX = 100000,
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

/* The command line: command, or code in bash; NULL with the reply made. */
static const json_t *line_of(
	const json_t *json, bool is_session, struct reply *reply)
{
	const json_t *command = json_object_get(json, "command");
	const json_t *code = json_object_get(json, "code");
	const char *language =
		json_string_value(json_object_get(json, "language"));

	if (is_session && switch_is_on(SWITCH_SESSION_CODE)) {
		if (language && json_string_length(code))
			return code;
		reply_error(reply, 400, "MISSING_CODE",
			"language and code are required");
		return NULL;
	}
	if (json_string_length(command))
		return command;
	if (is_session && json_string_length(code) && language &&
		!strcmp(language, "bash"))
		return code;
	reply_error(reply, 400, "MISSING_COMMAND", "command is required");
	return NULL;
}

/* Newlines at the end, which some clients send, are removed. */
static bool order_read(
	struct order *order, const struct request *request, struct reply *reply)
{
	const json_t *line, *timeout;
	size_t len;

	memset(order, 0, sizeof(*order));
	order->json = request_json(request, reply);
	if (!order->json)
		return false;
	timeout = json_object_get(order->json, "timeout");
	order->timeout_ms = TIMEOUT_DEFAULT_MS;
	if (json_is_integer(timeout) && json_integer_value(timeout) >= 0)
		order->timeout_ms = json_integer_value(timeout);
	line = line_of(
		order->json, action_kind(request) == KIND_SESSION, reply);
	if (!line)
		return false;
	len = json_string_length(line);
	while (len && json_string_value(line)[len - 1] == '\n')
		len--;
	order->line = strndup(json_string_value(line), len);
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

/* Takes a reference, so that it can be used without the lock. */
static struct resource *take_running(struct server *server,
	struct request *request, const struct order *order, struct reply *reply)
{
	struct resource *resource = action_kind(request) == KIND_SESSION
		? action_take_shell(server, request, reply)
		: resource_take(server, request, KIND_SERVICE, reply);
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

/* Writes a long command to a file that removes itself; "" for a short one. */
static int line_to_file(struct server *server, const struct resource *service,
	const char *line, char *path, size_t size)
{
	struct text script = { 0 };
	char dir[400], id[IDENTITY_SIZE];
	int err;

	*path = '\0';
	if (strlen(line) < ARGUMENT_MAX)
		return 0;
	resource_dir(server, service, dir, sizeof(dir));
	identity_make(id, ".standin");
	text_puts(&script, "rm -f \"$0\"\n");
	text_puts(&script, line);
	err = script.failed ? -ENOMEM
			    : folder_write(dir, id, script.data, script.len);
	text_clear(&script);
	snprintf(
		path, size, "%s/%s", launcher_home(&server->launcher, dir), id);
	return err;
}

static int run_in_service(struct server *server, struct resource *service,
	struct job *job, const struct order *order)
{
	const char *argv[] = { "bash", "-c", order->line, NULL };
	char dir[400], path[480];
	char **env;
	struct run_order run = {
		.dir = dir,
		.argv = argv,
		.timeout_ms = order->timeout_ms,
	};
	int err;

	err = line_to_file(server, service, order->line, path, sizeof(path));
	if (err)
		return err;
	if (*path) {
		argv[1] = path;
		argv[2] = NULL;
	}
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
 * For a service, un.c's command line, which sends no User-Agent, accepts only
 * 202; its library, which sends one, accepts only 200 with the result.
 */
static void reply_command(struct server *server, const struct request *request,
	struct job *job, struct reply *reply)
{
	bool is_whole = action_kind(request) == KIND_SESSION ||
		execute_form(server, request).is_numeric;

	reply->status = is_whole ? 200 : 202;
	execute_reply(server, request, job, is_whole ? -1 : QUICK_MS, reply);
}

void action_command(
	struct server *server, struct request *request, struct reply *reply)
{
	struct resource *resource = NULL;
	struct job *job = NULL;
	struct order order;
	int err = -ENOMEM;

	if (order_read(&order, request, reply))
		resource = take_running(server, request, &order, reply);
	if (resource)
		job = command_job(server, request, resource, &order);
	if (job)
		err = resource->kind == KIND_SESSION
			? shell_thread_start(server, resource, job, order.line,
				  order.timeout_ms)
			: run_in_service(server, resource, job, &order);
	if (resource && err)
		reply_error(reply, 503, "UNAVAILABLE",
			"The server is shutting down");
	else if (resource)
		reply_command(server, request, job, reply);
	job_release(job);
	if (resource)
		action_release(server, resource);
	order_clear(&order);
}
