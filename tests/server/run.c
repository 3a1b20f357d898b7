/* SPDX-License-Identifier: MIT */
/* tests/server/run.c - a thread that runs one job */
#include "run.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "artifact.h"
#include "capture.h"
#include "folder.h"
#include "server.h"
#include "words.h"

enum {
	/* Bytes of output that finished jobs may keep. */
	KEPT_BYTES = 1 << 30,
	MEMORY_BASE_MB = 4096,
	MEMORY_VCPU_MB = 2048,
	STACK = 256 << 10,
};

struct run {
	struct server *server;
	struct job *job;
	char dir[320];
	bool is_dir_kept;
	bool has_network;
	long long timeout_ms;
	/* NULL-terminated copies for a command. */
	char **argv;
	char **env;
};

static void run_command(
	struct run *run, const char *const *argv, char **given, long memory_mb)
{
	const struct launcher *launcher = &run->server->launcher;
	char **env = words_environment(launcher_root(launcher, run->dir),
		launcher_home(launcher, run->dir), (const char *const *)given);
	struct child_spec spec = {
		.argv = argv,
		.env = (const char *const *)env,
		.dir = run->dir,
		.has_network = run->has_network,
		.memory_mb = memory_mb,
		.stdin_fd = -1,
	};

	if (env)
		capture(run->job, launcher, &spec, run->timeout_ms,
			run->server->options.output_limit);
	words_free(env);
}

static void run_without(struct run *run)
{
	struct job *job = run->job;

	pthread_mutex_lock(&job->lock);
	job->end_state = JOB_COMPLETED;
	job->exit_code = 127;
	text_printf(&job->err,
		"stand-in: this machine has nothing that runs %s (%s)\n",
		job->language, job->program.language->tools);
	pthread_mutex_unlock(&job->lock);
}

/* Collects the artifacts that the request asks for. */
static void collect(struct run *run, time_t began)
{
	const struct program *program = &run->job->program;
	const struct language *language = program->language;
	struct text list = { 0 }, binary = { 0 }, wasm = { 0 };

	if (program->wants_artifacts) {
		if (!(run->server->launcher.sandbox & SANDBOX_MOUNTS))
			artifact_adopt(run->dir, began);
		artifact_collect(&list, run->dir, language->is_compiled);
		if (language->is_compiled)
			artifact_binary(&binary, run->dir);
	}
	if (program->wants_wasm)
		artifact_wasm(&wasm, language->name);
	pthread_mutex_lock(&run->job->lock);
	run->job->artifacts = list;
	run->job->artifact = binary;
	run->job->wasm = wasm;
	pthread_mutex_unlock(&run->job->lock);
}

/* A service's command returns all artifacts, also those of others. */
static void collect_root(struct run *run)
{
	bool is_sandboxed = run->server->launcher.sandbox & SANDBOX_MOUNTS;
	struct text list = { 0 };

	artifact_collect_root(&list, run->dir, is_sandboxed);
	pthread_mutex_lock(&run->job->lock);
	run->job->artifacts = list;
	pthread_mutex_unlock(&run->job->lock);
}

static void run_program(struct run *run)
{
	struct program *program = &run->job->program;
	const struct language *language = program->language;
	char tool[512], name[64];
	const char *argv[] = { "/bin/sh", "-c", language->command, "sh", name,
		tool, NULL };
	long memory_mb = MEMORY_BASE_MB + MEMORY_VCPU_MB * program->vcpu;

	if (!language_tool(language, tool, sizeof(tool))) {
		run_without(run);
		return;
	}
	time_t began = time(NULL);
	program_file_name(program, name, sizeof(name));
	run_command(run, argv, program->env, language->is_vast ? 0 : memory_mb);
	collect(run, began);
}

static void run_end(struct run *run, long long began)
{
	job_finish(run->job, moment_now_ms(&run->server->moment),
		moment_steady_ms() - began);
}

static void run_free(struct run *run)
{
	words_free(run->argv);
	words_free(run->env);
	job_release(run->job);
	free(run);
}

static void *run_main(void *arg)
{
	struct run *run = arg;
	struct jobs *jobs = &run->server->jobs;
	long long began = moment_steady_ms();

	job_begin(run->job, moment_now_ms(&run->server->moment));
	if (run->is_dir_kept) {
		run_command(run, (const char *const *)run->argv, run->env, 0);
		collect_root(run);
	} else if (program_lay_out(&run->job->program, run->dir) == 0) {
		run_program(run);
	}
	if (!run->is_dir_kept)
		folder_remove(run->dir);
	program_clear(&run->job->program);
	run_end(run, began);
	jobs_trim(jobs, KEPT_BYTES);
	run_free(run);
	jobs_leave(jobs);
	return NULL;
}

static struct run *run_new(
	struct server *server, struct job *job, const struct run_order *order)
{
	struct run *run = calloc(1, sizeof(*run));

	if (!run)
		return NULL;
	run->server = server;
	run->job = job_hold(job);
	run->has_network = order->has_network;
	run->timeout_ms = order->timeout_ms;
	run->argv = words_copy(order->argv);
	run->env = words_copy(order->env);
	if (order->dir) {
		run->is_dir_kept = true;
		snprintf(run->dir, sizeof(run->dir), "%s", order->dir);
	} else {
		server_new_dir(server, "run", run->dir, sizeof(run->dir));
	}
	return run;
}

int run_start(
	struct server *server, struct job *job, const struct run_order *order)
{
	struct jobs *jobs = &server->jobs;
	struct run *run = run_new(server, job, order);
	pthread_attr_t attributes;
	pthread_t thread;
	int err;

	if (!run)
		return -ENOMEM;
	if (!jobs_add(jobs, job, true)) {
		run_free(run);
		return -ESHUTDOWN;
	}
	pthread_attr_init(&attributes);
	pthread_attr_setdetachstate(&attributes, PTHREAD_CREATE_DETACHED);
	pthread_attr_setstacksize(&attributes, STACK);
	err = pthread_create(&thread, &attributes, run_main, run);
	pthread_attr_destroy(&attributes);
	if (!err)
		return 0;
	run_end(run, moment_steady_ms());
	run_free(run);
	jobs_leave(jobs);
	return 0;
}
