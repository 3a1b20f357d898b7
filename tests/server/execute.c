/* SPDX-License-Identifier: MIT */
/* tests/server/execute.c - POST /execute, /execute/async, /run, /run/async */
#include <string.h>

#include "execute.h"
#include "route.h"
#include "run.h"
#include "server.h"
#include "switch.h"

struct job_form execute_form(
	struct server *server, const struct request *request)
{
	const char *agent = request_header(request, "User-Agent");

	return (struct job_form){
		.is_numeric = agent && !strncmp(agent, "un-cli/", 7),
		.is_raw = atomic_load(&server->is_raw),
	};
}

bool execute_has_room(struct server *server, const struct request *request,
	struct reply *reply)
{
	int limit = atomic_load(&server->concurrency);
	int active = jobs_active(&server->jobs, request->account) +
		resources_active(server, request->account);

	if (!limit || active < limit)
		return true;
	reply_error_open(reply, 429, "CONCURRENCY_LIMIT_REACHED",
		"Too many executions at the same time");
	emit_int(&reply->body, "active_executions", active);
	emit_int(&reply->body, "concurrency_limit", limit);
	emit_close(&reply->body, '}');
	return false;
}

/* Takes the program and starts a job with it; NULL with the reply made. */
static struct job *submit(struct server *server, struct request *request,
	struct program *program, struct reply *reply)
{
	struct run_order order = {
		.has_network = program->has_network,
		.timeout_ms = program->ttl_s * 1000LL,
	};
	struct job *job = job_new(request->account, program->language->name,
		moment_now_ms(&server->moment));

	if (!job) {
		reply_error(reply, 500, "INTERNAL_ERROR", "out of memory");
		return NULL;
	}
	pthread_mutex_lock(&server->admission);
	if (!execute_has_room(server, request, reply)) {
		pthread_mutex_unlock(&server->admission);
		job_release(job);
		return NULL;
	}
	ledger_note(&server->ledger, request->pattern, job->id, program);
	job->has_network = program->has_network;
	job->is_detected = program->is_detected;
	job->program = *program;
	memset(program, 0, sizeof(*program));
	if (run_start(server, job, &order)) {
		reply_error(reply, 503, "UNAVAILABLE",
			"The server is shutting down");
		job_release(job);
		job = NULL;
	}
	pthread_mutex_unlock(&server->admission);
	return job;
}

static struct job *submit_request(
	struct server *server, struct request *request, struct reply *reply)
{
	struct program program = { 0 };
	struct job *job = NULL;
	json_t *json;
	int err = -1;

	if (!strncmp(request->pattern, "/run", 4)) {
		err = program_from_text(&program, request, reply);
	} else {
		json = request_json(request, reply);
		if (json)
			err = program_from_json(&program, json, reply);
		json_decref(json);
	}
	if (!err)
		job = submit(server, request, &program, reply);
	program_clear(&program);
	return job;
}

/* {"job_id"} alone, if the job takes longer than the API waits. */
static bool reply_early(struct job *job, struct reply *reply)
{
	int early_ms = switch_number(SWITCH_EARLY_MS);

	if (!switch_is_on(SWITCH_EARLY_ANSWER) ||
		(early_ms && job_wait(job, early_ms)))
		return false;
	emit_open(&reply->body, NULL, '{');
	emit_string(&reply->body, "job_id", job->id);
	emit_close(&reply->body, '}');
	return true;
}

void execute_reply(struct server *server, const struct request *request,
	struct job *job, int wait_ms, struct reply *reply)
{
	struct job_form form = execute_form(server, request);

	if (reply_early(job, reply))
		return;
	job_wait(job, wait_ms);
	form.has_no_status = switch_is_on(SWITCH_NO_STATUS);
	emit_open(&reply->body, NULL, '{');
	job_emit(job, &reply->body, &form);
	emit_close(&reply->body, '}');
}

static void execute_now(
	struct server *server, struct request *request, struct reply *reply)
{
	struct job *job = submit_request(server, request, reply);

	if (job)
		execute_reply(server, request, job, -1, reply);
	job_release(job);
}

static void emit_submitted(const struct job *job, struct reply *reply)
{
	emit_string(&reply->body, "status", "pending");
	emit_string(&reply->body, "language", job->language);
	if (job->is_detected)
		emit_string(&reply->body, "detected_language", job->language);
	emit_string(&reply->body, "message", "Job submitted");
}

static void execute_async(
	struct server *server, struct request *request, struct reply *reply)
{
	struct job *job = submit_request(server, request, reply);

	if (!job)
		return;
	emit_open(&reply->body, NULL, '{');
	emit_string(&reply->body, "job_id", job->id);
	if (!switch_is_on(SWITCH_EARLY_ANSWER))
		emit_submitted(job, reply);
	emit_close(&reply->body, '}');
	job_release(job);
}

const struct route execute_routes[] = {
	{ "POST", "/execute", 0, execute_now },
	{ "POST", "/execute/async", 0, execute_async },
	{ "POST", "/run", 0, execute_now },
	{ "POST", "/run/async", 0, execute_async },
	{ NULL, NULL, 0, NULL },
};
