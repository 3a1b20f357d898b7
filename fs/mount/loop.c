/* SPDX-License-Identifier: MIT */
/* fs/mount/loop.c - the one loop that serves a mount */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/signalfd.h>
#include <syslog.h>
#include <unistd.h>

#include "fs/base/clock.h"
#include "fs/base/errors.h"
#include "fs/base/log.h"
#include "fs/mount/mount.h"
#include "fs/resources/service_log.h"

/*
 * The kernel's requests, signals, the workers and curl's sockets are waited for
 * together, in api_poll. Nothing else blocks. A batch of the kernel's requests,
 * then the network gets its turn.
 */
enum {
	BATCH = 64,
	MOVING_TTL_MS = 1000, /* of what moves all the time: jobs and logs */
	KEY_WAIT_MS = 10000,  /* how long a start waits for an API that hangs */
	TURN_MS = 60000,      /* how long nothing need happen */
};

/* ---- the start: has the mount come up, and does the API know the key? ---- */

static void tell(struct fs *fs, enum exit_status status, const char *message)
{
	if (fs->is_told)
		return;
	fs->is_told = true;
	fs->ready_call(fs->ready_ctx, status, message);
}

static void tell_when_ready(struct fs *fs)
{
	if (fs->is_initialised && fs->is_key_tried)
		tell(fs, EXIT_OK, fs->status_message);
}

static unsigned member_number(const json_t *json, const char *names)
{
	int64_t value;

	if (json_to_integer(json_member(json, names), &value) || value < 0 ||
		value > 1000000)
		return 0;
	return value;
}

static void key_learn(struct fs *fs, const json_t *json)
{
	fs->runs.limit = member_number(json, "concurrency_limit|concurrency");
	api_set_rate(fs->api, member_number(json, "rate_per_minute|rate_limit"),
		member_number(json, "burst"), fs->now_ms);
	runs_send(fs);
}

static bool is_rejected(int err)
{
	return err == -EKEYREJECTED || err == -EKEYEXPIRED || err == -EACCES;
}

static void key_answered(void *ctx, const struct cache_answer *answer)
{
	struct fs *fs = ctx;

	fs->key_wait = NULL;
	fs->is_key_tried = true;
	timer_disarm(&fs->timers, &fs->key_timer);
	if (!answer->err) {
		key_learn(fs, answer->json);
	} else if (is_rejected(answer->err) && !fs->is_told) {
		fs->status = EXIT_CREDENTIALS;
		fs->is_stopping = true;
		snprintf(fs->status_message, sizeof(fs->status_message),
			"the API rejects the key %s (%.200s): %s",
			fs->credentials->public_key, fs->credentials->source,
			answer->message);
		return;
	} else {
		snprintf(fs->status_message, sizeof(fs->status_message),
			"%s: %s; mounted all the same, what needs the "
			"API fails until it answers",
			fs->options->url,
			*answer->message ? answer->message
					 : strerror(-answer->err));
	}
	tell_when_ready(fs);
}

static void key_is_late(void *ctx)
{
	struct fs *fs = ctx;

	fs->is_key_tried = true;
	snprintf(fs->status_message, sizeof(fs->status_message),
		"%s does not answer; mounted all the same", fs->options->url);
	tell_when_ready(fs);
}

static void key_try(struct fs *fs)
{
	struct cache_answer answer;
	int err = cache_get(fs->cache, API_KEYS_VALIDATE, NULL, API_PERSON,
		fs->now_ms, &answer, key_answered, fs, &fs->key_wait);

	if (err != -EINPROGRESS) {
		answer.err = err ? err : answer.err;
		answer.message = "";
		key_answered(fs, &answer);
		return;
	}
	fs->key_timer.fire = key_is_late;
	fs->key_timer.ctx = fs;
	timer_arm(&fs->timers, &fs->key_timer, fs->now_ms + KEY_WAIT_MS);
}

/* ---- what runs while the mount is served ---- */

static void on_error(void *ctx, const char *method, const char *path,
	const struct api_answer *answer)
{
	char message[512];

	/* A one-time code is on its way to the account's owner. */
	snprintf(message, sizeof(message), "%s%s", answer->message,
		answer->status == 428 ? "; write the code to "
					".unsandboxfs/otp, then do it again"
				      : "");
	errors_add(ctx, method, path, answer->status, answer->err, message);
}

static void on_log(void *ctx, int level, const char *line)
{
	(void)ctx;
	log_line(level, "%s", line);
}

static int fs_connect(struct fs *fs, char *why, size_t why_len)
{
	const struct options *options = fs->options;
	struct api_config config = {
		.url = options->url,
		.cacert = options->cacert,
		.user_agent = "unsandboxfs/" UNSANDBOXFS_VERSION,
		.credentials = fs->credentials,
		.timeout_ms = options->timeout_ms,
		.on_error = on_error,
		.log = on_log,
		.ctx = fs,
	};
	struct cache_config cache = {
		.max_bytes = options->cache_size,
		.stale_ttl_ms = options->stale_ttl_ms,
		.negative_ttl_ms = options->negative_ttl_ms,
	};

	memcpy(cache.ttl_ms, options->ttl_ms, sizeof(cache.ttl_ms));
	cache.ttl_ms[CACHE_JOBS] = cache.ttl_ms[CACHE_LOG] = MOVING_TTL_MS;
	fs->worker = worker_new();
	fs->reader = worker_new();
	fs->prober = worker_new();
	if (!fs->worker || !fs->reader || !fs->prober ||
		notifier_init(&fs->notifier))
		return -ENOMEM;
	config.worker = fs->reader;
	int err = api_new(&config, &fs->api, why, why_len);
	if (err)
		return err;
	cache.api = fs->api;
	cache.worker = fs->reader;
	fs->cache = cache_new(&cache);
	return fs->cache ? 0 : -ENOMEM;
}

static void fs_disconnect(struct fs *fs)
{
	runs_clear(fs);
	poller_clear(fs);
	service_logs_stop(fs);
	if (fs->cache)
		cache_free(fs->cache);
	fs->cache = NULL;
	if (fs->api)
		api_free(fs->api);
	fs->api = NULL;
	/* What was accepted is brought to disk; nothing is sent any more. */
	if (fs->worker)
		worker_free(fs->worker);
	fs->worker = NULL;
	if (fs->reader)
		worker_free(fs->reader);
	fs->reader = NULL;
	if (fs->prober)
		worker_free(fs->prober);
	fs->prober = NULL;
	notifier_clear(&fs->notifier);
	runs_clear(fs);
}

static int signals_open(struct fs *fs)
{
	sigset_t set;

	sigemptyset(&set);
	sigaddset(&set, SIGTERM);
	sigaddset(&set, SIGINT);
	sigaddset(&set, SIGHUP);
	sigprocmask(SIG_BLOCK, &set, NULL);
	fs->signal_fd = signalfd(-1, &set, SFD_NONBLOCK | SFD_CLOEXEC);
	return fs->signal_fd < 0 ? -errno : 0;
}

static void signals_read(struct fs *fs)
{
	struct signalfd_siginfo info;

	while (read(fs->signal_fd, &info, sizeof(info)) == sizeof(info)) {
		if (info.ssi_signo == SIGHUP)
			continue;
		log_line(LOG_INFO, "ended by %s", strsignal(info.ssi_signo));
		fs->is_stopping = true;
	}
}

static void requests_read(struct fs *fs)
{
	for (int i = 0; i < BATCH; i++) {
		int n = fuse_session_receive_buf(fs->session, &fs->request);
		if (n <= 0)
			return;
		fuse_session_process_buf(fs->session, &fs->request);
	}
}

static int loop_timeout(const struct fs *fs, int longest_ms)
{
	uint64_t next = timers_next(&fs->timers), longest = longest_ms;

	if (!TAILQ_EMPTY(&fs->ready) || notifier_wants_turn(fs))
		return 0;
	if (next == UINT64_MAX)
		return longest_ms;
	if (next <= fs->now_ms)
		return 0;
	return next - fs->now_ms > longest ? longest_ms
					   : (int)(next - fs->now_ms);
}

bool fs_turn(struct fs *fs, int longest_ms)
{
	struct pollfd fds[] = {
		{ .fd = fuse_session_fd(fs->session), .events = POLLIN },
		{ .fd = fs->signal_fd, .events = POLLIN },
		{ .fd = worker_fd(fs->worker), .events = POLLIN },
		{ .fd = worker_fd(fs->reader), .events = POLLIN },
		{ .fd = worker_fd(fs->prober), .events = POLLIN },
		{ .fd = worker_fd(fs->notifier.worker), .events = POLLIN },
	};

	if (fs->is_stopping || fuse_session_exited(fs->session))
		return false;
	api_poll(fs->api, fds, 6, fs->now_ms, loop_timeout(fs, longest_ms));
	clock_read(&fs->now_ms, &fs->now);
	uint64_t began_us = clock_worked_us();
	if (fds[1].revents)
		signals_read(fs);
	if (fds[0].revents)
		requests_read(fs);
	if (fds[2].revents)
		worker_collect(fs->worker);
	if (fds[3].revents)
		worker_collect(fs->reader);
	if (fds[4].revents)
		worker_collect(fs->prober);
	if (fds[5].revents)
		worker_collect(fs->notifier.worker);
	/* The rate limit is counted from it. */
	clock_read(&fs->now_ms, &fs->now);
	timers_fire(&fs->timers, fs->now_ms);
	cache_set_time(fs->cache, fs->now_ms);
	api_run(fs->api, fs->now_ms);
	ops_run_ready(fs);
	notifier_run(fs);
	uint64_t took_us = clock_worked_us() - began_us;
	if (took_us > fs->longest_turn_us)
		fs->longest_turn_us = took_us;
	return true;
}

/* What the notifier waits for is a read that the kernel has not been answered:
 * at the end, too, it gets its answer. */
static void loop_finish(struct fs *fs)
{
	ops_abort(fs, -ECONNABORTED);
	while (notifier_is_busy(fs)) {
		struct pollfd fds[] = {
			{ .fd = fuse_session_fd(fs->session),
				.events = POLLIN },
			{ .fd = worker_fd(fs->notifier.worker),
				.events = POLLIN },
		};
		poll(fds, 2, 100);
		requests_read(fs);
		worker_collect(fs->notifier.worker);
		ops_abort(fs, -ECONNABORTED);
	}
}

/*
 * Where an administrator has limited how long a request may take, the kernel
 * aborts the whole mount at the first that takes longer: those who wait for a
 * job are told ETIMEDOUT at half of it.
 */
static void patience_is_over(void *ctx)
{
	struct fs *fs = ctx;

	ops_expire(fs, fs->patience_ms);
	timer_arm(&fs->timers, &fs->patience_timer, fs->now_ms + 1000);
}

static void patience_read(struct fs *fs)
{
	static const char *const files[] = { "max", "default" };
	char path[64];
	unsigned limit_s;

	for (int i = 0; i < 2 && !fs->patience_ms; i++) {
		snprintf(path, sizeof(path),
			"/proc/sys/fs/fuse/%s_request_timeout", files[i]);
		FILE *file = fopen(path, "re");
		if (file && fscanf(file, "%u", &limit_s) == 1)
			fs->patience_ms = limit_s * UINT64_C(500);
		if (file)
			fclose(file);
	}
	if (!fs->patience_ms)
		return;
	log_line(LOG_NOTICE,
		"this kernel limits how long a request may take: a wait ends "
		"after %g s",
		fs->patience_ms / 1000.0);
	fs->patience_timer.fire = patience_is_over;
	fs->patience_timer.ctx = fs;
	patience_is_over(fs);
}

static int loop_prepare(struct fs *fs)
{
	int fd = fuse_session_fd(fs->session);
	struct job *job;

	if (fcntl(fd, F_SETFL, fcntl(fd, F_GETFL) | O_NONBLOCK))
		return -errno;
	int err = signals_open(fs);
	if (err)
		return err;
	clock_read(&fs->now_ms, &fs->now);
	state_claim(&fs->state); /* the daemon holds it, not its parent */
	patience_read(fs);
	key_try(fs);
	/* Jobs of the mount before are followed again. */
	TAILQ_FOREACH(job, &fs->jobs.all, link)
	if (job->is_async && job->id && !job_is_final(job))
		poller_add(job);
	return 0;
}

void fs_begin(struct fs *fs, struct fuse_session *session,
	void (*ready)(void *ctx, enum exit_status status, const char *message),
	void *ctx)
{
	char *why = fs->status_message;

	fs->session = session;
	fs->ready_call = ready;
	fs->ready_ctx = ctx;
	fs->status = EXIT_OK;
	int err = fs_connect(fs, why, sizeof(fs->status_message));
	if (!err)
		err = loop_prepare(fs);
	if (!err)
		return;
	if (!why[0])
		snprintf(why, sizeof(fs->status_message),
			"the mount cannot start: %s", strerror(-err));
	/* An url that is none is found by who connects. */
	fs->status = err == -EINVAL ? EXIT_USAGE : EXIT_OTHER;
	fs->is_stopping = true;
}

enum exit_status fs_end(struct fs *fs)
{
	loop_finish(fs);
	fs_disconnect(fs);
	if (fs->signal_fd >= 0)
		close(fs->signal_fd);
	free(fs->request.mem);
	tell(fs, fs->status, fs->status_message);
	return fs->status;
}

enum exit_status fs_loop(struct fs *fs, struct fuse_session *session,
	void (*ready)(void *ctx, enum exit_status status, const char *message),
	void *ctx)
{
	fs_begin(fs, session, ready, ctx);
	while (fs_turn(fs, TURN_MS))
		;
	return fs_end(fs);
}
