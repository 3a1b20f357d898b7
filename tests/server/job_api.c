/* SPDX-License-Identifier: MIT */
/* tests/server/job_api.c - the paths under /jobs */
#include <stdlib.h>

#include "execute.h"
#include "route.h"
#include "server.h"
#include "switch.h"

enum {
	WAIT_DEFAULT_S = 60,
	WAIT_MAX_S = 110,
};

static void forget_old(struct server *server)
{
	int keep_s = switch_number(SWITCH_JOB_KEEP_S);

	if (keep_s)
		jobs_expire(&server->jobs,
			moment_now_ms(&server->moment) - keep_s * 1000LL);
}

static struct job *find(
	struct server *server, struct request *request, struct reply *reply)
{
	struct job *job;

	forget_old(server);
	job = jobs_find(&server->jobs, request->account, request->parts[1]);
	if (!job)
		reply_error(reply, 404, "JOB_NOT_FOUND",
			"No job has this id, or it is gone");
	return job;
}

static void emit_job(struct server *server, struct request *request,
	struct reply *reply, struct job *job, const char *message)
{
	struct job_form form = execute_form(server, request);

	emit_open(&reply->body, NULL, '{');
	job_emit(job, &reply->body, &form);
	if (message)
		emit_string(&reply->body, "message", message);
	emit_close(&reply->body, '}');
}

static void job_list(
	struct server *server, struct request *request, struct reply *reply)
{
	struct job_form form = execute_form(server, request);
	struct job *job;
	char *limit = request_query(request, "limit");
	long max = limit ? atol(limit) : 0;
	long count = 0;

	forget_old(server);
	free(limit);
	emit_open(&reply->body, NULL, '{');
	emit_open(&reply->body, "jobs", '[');
	pthread_mutex_lock(&server->jobs.lock);
	for (job = server->jobs.first; job; job = job->next) {
		if (job->is_command || job->account != request->account ||
			job_is_over(job))
			continue;
		emit_open(&reply->body, NULL, '{');
		job_emit_summary(job, &reply->body, &form);
		emit_close(&reply->body, '}');
		if (++count == max)
			break;
	}
	pthread_mutex_unlock(&server->jobs.lock);
	emit_close(&reply->body, ']');
	emit_int(&reply->body, "count", count);
	emit_close(&reply->body, '}');
}

static void job_get(
	struct server *server, struct request *request, struct reply *reply)
{
	struct job *job = find(server, request, reply);

	if (job)
		emit_job(server, request, reply, job, NULL);
	job_release(job);
}

static void job_wait_for(
	struct server *server, struct request *request, struct reply *reply)
{
	struct job *job = find(server, request, reply);
	char *text = request_query(request, "timeout");
	long seconds = text ? atol(text) : WAIT_DEFAULT_S;
	long long until = moment_steady_ms();

	free(text);
	if (seconds < 0 || seconds > WAIT_MAX_S)
		seconds = WAIT_MAX_S;
	until += seconds * 1000;
	while (job && moment_steady_ms() < until) {
		if (job_wait(job, 200) || !server_pause(server, 0))
			break;
	}
	if (job)
		emit_job(server, request, reply, job, NULL);
	job_release(job);
}

static void job_stop(
	struct server *server, struct request *request, struct reply *reply)
{
	struct job *job = find(server, request, reply);
	const char *message = "Job cancelled";

	if (!job)
		return;
	if (job_is_over(job))
		message = "The job had ended before";
	job_cancel(job, moment_now_ms(&server->moment));
	job_wait(job, -1);
	emit_job(server, request, reply, job, message);
	job_release(job);
}

const struct route job_routes[] = {
	{ "GET", "/jobs", 0, job_list },
	{ "GET", "/jobs/ID", 0, job_get },
	{ "DELETE", "/jobs/ID", 0, job_stop },
	{ "POST", "/jobs/ID/cancel", ROUTE_OLD, job_stop },
	{ "GET", "/jobs/ID/wait", ROUTE_OLD, job_wait_for },
	{ NULL, NULL, 0, NULL },
};
