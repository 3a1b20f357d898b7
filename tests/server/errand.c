/* SPDX-License-Identifier: MIT */
/* tests/server/errand.c - a thread that takes a command to a session's shell */
#include "errand.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "action.h"
#include "audit.h"
#include "server.h"
#include "shell.h"

struct errand {
	struct server *server;
	struct resource *session;
	struct job *job;
	char *line;
	long long timeout_ms;
};

static void errand_free(struct errand *errand)
{
	if (errand->session)
		action_let_go(errand->server, errand->session);
	job_release(errand->job);
	free(errand->line);
	free(errand);
}

static struct errand *errand_new(struct server *server,
	struct resource *session, struct job *job, const char *line,
	long long timeout_ms)
{
	struct errand *errand = calloc(1, sizeof(*errand));

	if (!errand)
		return NULL;
	errand->server = server;
	errand->job = job_hold(job);
	errand->timeout_ms = timeout_ms;
	errand->line = strdup(line);
	pthread_mutex_lock(&server->resources.lock);
	session->references++;
	pthread_mutex_unlock(&server->resources.lock);
	errand->session = session;
	return errand;
}

static void *errand_main(void *arg)
{
	struct errand *errand = arg;
	struct server *server = errand->server;
	struct job *job = errand->job;
	long long began = moment_steady_ms();

	job_begin(job, moment_now_ms(&server->moment));
	if (errand->line)
		shell_run(server, errand->session, job, errand->line,
			errand->timeout_ms);
	pthread_mutex_lock(&server->resources.lock);
	audit_note(server, errand->session, errand->line ? errand->line : "",
		&job->out);
	pthread_mutex_unlock(&server->resources.lock);
	job_finish(job, moment_now_ms(&server->moment),
		moment_steady_ms() - began);
	errand_free(errand);
	jobs_leave(&server->jobs);
	return NULL;
}

int errand_start(struct server *server, struct resource *session,
	struct job *job, const char *line, long long timeout_ms)
{
	struct errand *errand =
		errand_new(server, session, job, line, timeout_ms);
	pthread_t thread;

	if (!errand)
		return -ENOMEM;
	if (!jobs_add(&server->jobs, job, true)) {
		errand_free(errand);
		return -ESHUTDOWN;
	}
	if (pthread_create(&thread, NULL, errand_main, errand))
		errand_main(errand);
	else
		pthread_detach(thread);
	return 0;
}
