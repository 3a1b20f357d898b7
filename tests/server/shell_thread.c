/* SPDX-License-Identifier: MIT */
/* tests/server/shell_thread.c - a thread that runs a command in a session */
#include "shell_thread.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "action.h"
#include "audit.h"
#include "server.h"
#include "shell.h"

struct shell_thread {
	struct server *server;
	struct resource *session;
	struct job *job;
	char *line;
	long long timeout_ms;
};

static void thread_free(struct shell_thread *run)
{
	if (run->session)
		action_release(run->server, run->session);
	job_release(run->job);
	free(run->line);
	free(run);
}

static struct shell_thread *thread_new(struct server *server,
	struct resource *session, struct job *job, const char *line,
	long long timeout_ms)
{
	struct shell_thread *run = calloc(1, sizeof(*run));

	if (!run)
		return NULL;
	run->server = server;
	run->job = job_hold(job);
	run->timeout_ms = timeout_ms;
	run->line = strdup(line);
	pthread_mutex_lock(&server->resources.lock);
	session->references++;
	pthread_mutex_unlock(&server->resources.lock);
	run->session = session;
	return run;
}

static void *thread_main(void *arg)
{
	struct shell_thread *run = arg;
	struct server *server = run->server;
	struct job *job = run->job;
	long long began = moment_steady_ms();

	job_begin(job, moment_now_ms(&server->moment));
	if (run->line)
		shell_run(
			server, run->session, job, run->line, run->timeout_ms);
	pthread_mutex_lock(&server->resources.lock);
	audit_note(server, run->session, run->line ? run->line : "", &job->out);
	pthread_mutex_unlock(&server->resources.lock);
	job_finish(job, moment_now_ms(&server->moment),
		moment_steady_ms() - began);
	thread_free(run);
	jobs_leave(&server->jobs);
	return NULL;
}

int shell_thread_start(struct server *server, struct resource *session,
	struct job *job, const char *line, long long timeout_ms)
{
	struct shell_thread *run =
		thread_new(server, session, job, line, timeout_ms);
	pthread_t thread;

	if (!run)
		return -ENOMEM;
	if (!jobs_add(&server->jobs, job, true)) {
		thread_free(run);
		return -ESHUTDOWN;
	}
	if (pthread_create(&thread, NULL, thread_main, run))
		thread_main(run);
	else
		pthread_detach(thread);
	return 0;
}
