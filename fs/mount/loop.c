/* SPDX-License-Identifier: MIT */
/* fs/mount/loop.c - the one loop that serves a mount */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <syslog.h>
#include <unistd.h>

#include "fs/base/base.h"
#include "fs/core/core.h"
#include "fs/jobs/jobs.h"
#include "fs/mount/parts.h"
#include "fs/resources/resources.h"

/*
 * api_poll waits for the kernel's requests, signals, the workers and curl's
 * sockets together. Nothing else blocks. After a batch of the kernel's requests
 * the network gets its turn.
 */
enum {
	BATCH = 64,
	LONELY_MAX = 8,
	WORKERS = 7,
	MOVING_TTL_MS = 1000, /* of jobs, which change all the time */
	TURN_MS = 60000,      /* the longest wait for something to happen */
};

/* A service without a vault is not an error. */
static bool is_absence(const char *path, int status)
{
	const char *end = strstr(path, "/env");

	while (end && strcmp(end, "/env") && strcmp(end, "/env/export"))
		end = strstr(end + 1, "/env");
	return end && status == 404;
}

static void on_error(void *ctx, const char *method, const char *path,
	const struct api_answer *answer)
{
	if (!is_absence(path, answer->status))
		key_explain(ctx, method, path, answer);
}

static void on_log(void *ctx, int level, const char *line)
{
	(void)ctx;
	log_line(level, "%s", line);
}

static int mount_connect(struct mount *mount, char *why, size_t why_len)
{
	struct core *core = &mount->core;
	const struct options *options = core->options;
	struct api_config config = {
		.url = options->url,
		.cacert = options->cacert,
		.user_agent = "unsandboxfs/" UNSANDBOXFS_VERSION,
		.credentials = core->credentials,
		.timeout_ms = options->timeout_ms,
		.on_error = on_error,
		.log = on_log,
		.ctx = core,
	};
	struct cache_config cache = {
		.max_bytes = options->cache_size,
		.stale_ttl_ms = options->stale_ttl_ms,
		.negative_ttl_ms = options->negative_ttl_ms,
	};

	memcpy(config.answer_max, options->answer_max,
		sizeof(config.answer_max));
	/* An answer is always fresh for those who waited for it. */
	for (int kind = 0; kind < CACHE_KINDS; kind++)
		cache.ttl_ms[kind] = options->ttl_ms[kind] ?: 1;
	cache.ttl_ms[CACHE_JOBS] = MOVING_TTL_MS;
	core->worker = worker_new();
	core->recorder = worker_new();
	core->reader = worker_new();
	core->spooler = worker_new();
	core->prober = worker_new();
	core->disk.worker = worker_new();
	if (!core->worker || !core->recorder || !core->reader ||
		!core->spooler || !core->prober || !core->disk.worker ||
		notifier_init(&core->notifier))
		return -ENOMEM;
	config.worker = core->reader;
	config.spooler = core->spooler;
	config.spool_dir_fd = core->state.fd;
	int err = api_new(&config, &core->api, why, why_len);
	if (err)
		return err;
	cache.api = core->api;
	cache.worker = core->reader;
	core->cache = cache_new(&cache);
	return core->cache ? 0 : -ENOMEM;
}

static void mount_disconnect(struct mount *mount)
{
	struct core *core = &mount->core;

	runs_clear(core);
	poller_clear(core);
	resources_stop(core);
	cache_free(core->cache);
	core->cache = NULL;
	api_free(core->api);
	core->api = NULL;
	/* What was accepted is written to disk; nothing is sent any more. */
	worker_free(core->worker);
	core->worker = NULL;
	worker_free(core->recorder);
	core->recorder = NULL;
	worker_free(core->reader);
	core->reader = NULL;
	worker_free(core->spooler);
	core->spooler = NULL;
	worker_free(core->prober);
	core->prober = NULL;
	worker_free(core->disk.worker);
	core->disk.worker = NULL;
	notifier_clear(&core->notifier);
	runs_clear(core);
}

/* Somebody who waits for each answer sends one request at a time. Then the read
 * that finds no more is left out, but for every LONELY_MAX turns. */
static void requests_read(struct mount *mount)
{
	struct core *core = &mount->core;
	bool is_lonely =
		mount->lonely_turns && mount->lonely_turns < LONELY_MAX;
	int limit = is_lonely ? 1 : BATCH, i;

	for (i = 0; i < limit; i++) {
		int n = fuse_session_receive_buf(
			core->session, &mount->request);
		if (n <= 0)
			break;
		fuse_session_process_buf(core->session, &mount->request);
	}
	mount->lonely_turns = i != 1 ? 0
		: is_lonely	     ? mount->lonely_turns + 1
				     : 1;
}

static int loop_timeout(const struct mount *mount, int longest_ms)
{
	const struct core *core = &mount->core;
	uint64_t next = timers_next(&core->timers);

	if (!TAILQ_EMPTY(&core->ready) || notifier_wants_turn(core) ||
		next <= core->now_ms)
		return 0;
	return next - core->now_ms < (uint64_t)longest_ms
		? (int)(next - core->now_ms)
		: longest_ms;
}

bool mount_turn(struct mount *mount, int longest_ms)
{
	struct core *core = &mount->core;
	struct worker *const workers[WORKERS] = { core->worker, core->recorder,
		core->reader, core->spooler, core->prober, core->disk.worker,
		core->notifier.worker };
	struct pollfd fds[WORKERS + 3] = {
		[WORKERS] = { .fd = mount->signal_fd, .events = POLLIN },
		[WORKERS + 1] = { .fd = fuse_session_fd(core->session),
			.events = POLLIN },
		[WORKERS + 2] = { .fd = mountinfo_fd(mount),
			.events = POLLPRI },
	};

	if (mount->is_stopping || fuse_session_exited(core->session))
		return false;
	for (int i = 0; i < WORKERS; i++)
		fds[i] = (struct pollfd){ worker_fd(workers[i]), POLLIN, 0 };
	api_poll(core->api, fds, WORKERS + 3, core->now_ms,
		loop_timeout(mount, longest_ms));
	clock_read(&core->now_ms, &core->now);
	uint64_t began_us = clock_us();
	if (fds[WORKERS].revents)
		signals_read(mount);
	if (fds[WORKERS + 1].revents)
		requests_read(mount);
	if (fds[WORKERS + 2].revents)
		mountinfo_changed(mount);
	for (int i = 0; i < WORKERS; i++)
		if (fds[i].revents)
			worker_collect(workers[i]);
	/* The rate limit is counted from it. */
	clock_read(&core->now_ms, &core->now);
	timers_fire(&core->timers, core->now_ms);
	cache_set_time(core->cache, core->now_ms);
	api_run(core->api, core->now_ms);
	ops_run_ready(core);
	notifier_run(core);
	uint64_t took_us = clock_us() - began_us;
	if (took_us > core->longest_turn_us)
		core->longest_turn_us = took_us;
	return true;
}

/* The notifier may wait for a read that was not answered yet: it is answered at
 * the end, too. */
static void loop_finish(struct mount *mount)
{
	struct core *core = &mount->core;

	ops_abort(core, -ECONNABORTED);
	while (notifier_is_busy(core)) {
		struct pollfd fds[] = {
			{ .fd = fuse_session_fd(core->session),
				.events = POLLIN },
			{ .fd = worker_fd(core->notifier.worker),
				.events = POLLIN },
		};
		poll(fds, 2, 100);
		requests_read(mount);
		worker_collect(core->notifier.worker);
		ops_abort(core, -ECONNABORTED);
	}
}

/*
 * If an administrator has limited how long a request may take, the kernel
 * aborts the whole mount when one takes longer. So waits end with ETIMEDOUT
 * after half of that time.
 */
static void request_timeout_fire(void *ctx)
{
	struct mount *mount = ctx;
	struct core *core = &mount->core;

	ops_expire(core, mount->request_timeout_ms);
	timer_arm(&core->timers, &mount->request_timer, core->now_ms + 1000);
}

static void request_timeout_read(struct mount *mount)
{
	static const char *const files[] = { "max", "default" };
	char path[64];
	unsigned limit_s;

	for (int i = 0; i < 2 && !mount->request_timeout_ms; i++) {
		snprintf(path, sizeof(path),
			"/proc/sys/fs/fuse/%s_request_timeout", files[i]);
		FILE *file = fopen(path, "re");
		if (file && fscanf(file, "%u", &limit_s) == 1)
			mount->request_timeout_ms = limit_s * UINT64_C(500);
		if (file)
			fclose(file);
	}
	if (!mount->request_timeout_ms)
		return;
	log_line(LOG_NOTICE,
		"this kernel limits how long a request may take: a wait ends "
		"after %g s",
		mount->request_timeout_ms / 1000.0);
	mount->request_timer.fire = request_timeout_fire;
	mount->request_timer.ctx = mount;
	request_timeout_fire(mount);
}

static int loop_prepare(struct mount *mount)
{
	struct core *core = &mount->core;
	int fd = fuse_session_fd(core->session);
	struct job *job;

	if (fcntl(fd, F_SETFL, fcntl(fd, F_GETFL) | O_NONBLOCK))
		return -errno;
	int err = signals_open(mount);
	if (err)
		return err;
	clock_read(&core->now_ms, &core->now);
	state_claim(&core->state); /* the daemon holds it, not its parent */
	request_timeout_read(mount);
	mountinfo_open(mount);
	idle_start(mount);
	key_try(mount);
	/* Jobs of the previous mount are polled again. */
	TAILQ_FOREACH(job, &mount->jobs.all, link)
	if (job->id && !job_is_final(job))
		poller_add(job);
	return 0;
}

void mount_begin(struct mount *mount, struct fuse_session *session,
	mount_ready *ready, void *ctx)
{
	struct core *core = &mount->core;
	char *why = mount->status_message;

	core->session = session;
	mount->ready = ready;
	mount->ready_ctx = ctx;
	mount->status = EXIT_OK;
	int err = mount_connect(mount, why, sizeof(mount->status_message));
	if (!err)
		err = loop_prepare(mount);
	if (!err)
		return;
	if (!why[0])
		snprintf(why, sizeof(mount->status_message),
			"the mount cannot start: %s", strerror(-err));
	/* api_new() rejects malformed URLs. */
	mount->status = err == -EINVAL ? EXIT_USAGE : EXIT_OTHER;
	mount->is_stopping = true;
}

enum exit_status mount_end(struct mount *mount)
{
	service_notify("STOPPING=1");
	loop_finish(mount);
	mountinfo_close(mount);
	/* Nobody waits for the last writes any more. */
	if (mount->is_gone)
		mountinfo_leave(mount);
	else
		fuse_session_unmount(mount->core.session);
	log_line(LOG_INFO, "unmounted");
	mount_disconnect(mount);
	if (mount->signal_fd >= 0)
		close(mount->signal_fd);
	free(mount->request.mem);
	mount_tell(mount, mount->status, mount->status_message);
	return mount->status;
}

enum exit_status mount_loop(struct mount *mount, struct fuse_session *session,
	mount_ready *ready, void *ctx)
{
	mount_begin(mount, session, ready, ctx);
	while (mount_turn(mount, TURN_MS))
		;
	return mount_end(mount);
}
