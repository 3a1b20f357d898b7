/* SPDX-License-Identifier: MIT */
/* api/client.c - the client: curl's multi handle and the calls in it */
#include "api/client.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/param.h>

#include "api/shell.h"

#define TIMEOUT_MS 30000
#define MIB (UINT64_C(1) << 20)
#define CONNECTIONS_MAX 256L
#define CONNECTIONS_KEPT 64L
#define POLL_FDS_MAX 16
/* Longer than any turn of the loop, even on a slow and busy machine. */
#define STALL_MS 500
#define GRACE_MS 2000 /* to read a long answer */
#define POLL_MS_MAX 3600000
/* Calls that an answer allows to be sent go out in the same turn. */
#define ROUNDS 4

static const uint64_t answer_max[API_ANSWER_KINDS] = {
	[API_ANSWER_OTHER] = 8 * MIB,
	[API_ANSWER_LIST] = 64 * MIB,
	[API_ANSWER_OUTPUT] = 256 * MIB,
};

static int check_curl(char *why, size_t why_len)
{
	const curl_version_info_data *curl = curl_version_info(CURLVERSION_NOW);

	if (curl->features & CURL_VERSION_ASYNCHDNS)
		return 0;
	snprintf(why, why_len, "libcurl %s has no asynchronous resolver",
		curl->version);
	return -ENOSYS;
}

static int api_init(struct api *api, const struct api_config *config, char *why,
	size_t why_len)
{
	int err;

	rate_init(&api->rate);
	otp_init(&api->otp);
	TAILQ_INIT(&api->on_wire);
	TAILQ_INIT(&api->parsing);
	TAILQ_INIT(&api->finished);
	TAILQ_INIT(&api->shells);
	api->config = *config;
	if (!config->timeout_ms)
		api->config.timeout_ms = TIMEOUT_MS;
	for (int i = 0; i < API_ANSWER_KINDS; i++)
		if (!config->answer_max[i])
			api->config.answer_max[i] = answer_max[i];
	api->stats.limit = api->stats.remaining = -1;
	err = check_curl(why, why_len);
	if (!err)
		err = request_url_base(
			config->url, &api->base, &api->is_tls, why, why_len);
	return err;
}

static int multi_init(CURLM **multi)
{
	CURLMcode code;

	*multi = curl_multi_init();
	if (!*multi)
		return -ENOMEM;
	code = curl_multi_setopt(
		*multi, CURLMOPT_PIPELINING, CURLPIPE_MULTIPLEX);
	if (code == CURLM_OK)
		code = curl_multi_setopt(*multi, CURLMOPT_MAX_TOTAL_CONNECTIONS,
			CONNECTIONS_MAX);
	if (code == CURLM_OK)
		code = curl_multi_setopt(
			*multi, CURLMOPT_MAXCONNECTS, CONNECTIONS_KEPT);
	return errno_of_curl_multi(code);
}

int api_new(const struct api_config *config, struct api **out, char *why,
	size_t why_len)
{
	struct api *api;
	int err;

	if (why_len)
		why[0] = '\0';
	/* curl would write the keys of all connections to it */
	unsetenv("SSLKEYLOGFILE");
	err = errno_of_curl(curl_global_init_wiped(), 0);
	if (err)
		return err;
	api = calloc(1, sizeof(*api));
	if (!api) {
		curl_global_cleanup();
		return -ENOMEM;
	}
	err = api_init(api, config, why, why_len);
	if (!err)
		err = multi_init(&api->multi);
	if (err) {
		if (why_len && !why[0])
			snprintf(why, why_len, "libcurl: %s", strerror(-err));
		api_free(api);
		return err;
	}
	*out = api;
	return 0;
}

static void cancel_list(struct call_list *list)
{
	while (!TAILQ_EMPTY(list))
		api_cancel(TAILQ_FIRST(list));
}

void api_free(struct api *api)
{
	int i;

	if (!api)
		return;
	for (i = 0; i <= API_POLL; i++)
		while (!TAILQ_EMPTY(&api->rate.queues[i].list))
			api_cancel((struct api_call *)TAILQ_FIRST(
				&api->rate.queues[i].list));
	cancel_list(&api->on_wire);
	cancel_list(&api->parsing);
	cancel_list(&api->finished);
	while (!TAILQ_EMPTY(&api->shells))
		api_shell_close(TAILQ_FIRST(&api->shells));
	curl_multi_cleanup(api->multi);
	otp_clear(&api->otp);
	free(api->base);
	free(api);
	curl_global_cleanup();
}

/*
 * While the process was stopped or blocked by a disk, it could not receive
 * answers, which may be waiting for it. So that time does not count, and curl
 * is given no time limit of its own.
 */
static void excuse(struct api *api)
{
	uint64_t now_ms = api->now_ms;
	struct api_call *call;

	if (!api->due_ms || now_ms < api->due_ms + STALL_MS)
		return;
	TAILQ_FOREACH(call, &api->on_wire, link)
	{
		uint64_t *deadline_ms = &call->entry.deadline_ms;

		*deadline_ms +=
			MIN(now_ms - api->due_ms, UINT64_MAX - *deadline_ms);
		if (!call->was_excused)
			*deadline_ms = MAX(*deadline_ms, now_ms + GRACE_MS);
		call->was_excused = true;
	}
}

static void time_out(struct api *api)
{
	struct api_call *call, *next;

	for (call = TAILQ_FIRST(&api->on_wire); call; call = next) {
		next = TAILQ_NEXT(call, link);
		reply_go_on(call);
		if (call->reply.is_paused ||
			call->entry.deadline_ms > api->now_ms)
			continue;
		snprintf(call->curl_error, sizeof(call->curl_error),
			"no whole answer within %g s",
			(api->now_ms - call->sent_ms) / 1000.0);
		call_ended(call, CURLE_OPERATION_TIMEDOUT);
	}
}

static void fail_late(struct api *api)
{
	bool is_limited = rate_is_known(&api->rate, api->now_ms);
	struct rate_list late = TAILQ_HEAD_INITIALIZER(late);
	struct rate_entry *entry;

	rate_late(&api->rate, api->now_ms, &late);
	api->stats.queued = api->rate.count;
	while ((entry = TAILQ_FIRST(&late))) {
		struct api_call *call = (struct api_call *)entry;

		TAILQ_REMOVE(&late, entry, link);
		if (is_limited)
			answer_failed(call, -EBUSY,
				"the rate limit of the key leaves no "
				"time for it");
		else
			answer_failed(call, -ETIMEDOUT, "timed out");
		call_finish(call);
	}
}

static bool send_due(struct api *api)
{
	struct rate_entry *entry;
	bool is_any = false;

	while ((entry = rate_next(&api->rate, api->now_ms))) {
		call_send((struct api_call *)entry);
		is_any = true;
	}
	return is_any;
}

static void collect_ended(struct api *api)
{
	struct api_call *call;
	CURLMsg *message;
	CURLcode code;
	int left;

	while ((message = curl_multi_info_read(api->multi, &left))) {
		if (message->msg != CURLMSG_DONE)
			continue;
		code = message->data.result;
		curl_easy_getinfo(
			message->easy_handle, CURLINFO_PRIVATE, &call);
		call_ended(call, code);
	}
}

void api_run(struct api *api, uint64_t now_ms)
{
	struct api_call *call;
	int round = 0, running;

	api->now_ms = now_ms;
	excuse(api);
	api->due_ms = 0;
	time_out(api);
	fail_late(api);
	while (send_due(api) || round == 0) {
		curl_multi_perform(api->multi, &running);
		collect_ended(api);
		if (++round == ROUNDS)
			break;
	}
	fail_late(api);
	shells_run(api);
	while ((call = TAILQ_FIRST(&api->finished))) {
		TAILQ_REMOVE(&api->finished, call, link);
		call_report(call);
	}
}

static int wait_ms(struct api *api, uint64_t now_ms, int timeout_ms)
{
	uint64_t wake_ms =
		MIN(rate_wake_ms(&api->rate, now_ms), shells_wake_ms(api));
	struct api_call *call;

	TAILQ_FOREACH(call, &api->on_wire, link)
	{
		wake_ms = MIN(wake_ms,
			call->reply.is_paused ? reply_wake_ms(call)
					      : call->entry.deadline_ms);
	}
	if (timeout_ms < 0 || timeout_ms > POLL_MS_MAX)
		timeout_ms = POLL_MS_MAX;
	if (!TAILQ_EMPTY(&api->finished) || wake_ms <= now_ms)
		return 0;
	return (int)MIN(wake_ms - now_ms, (uint64_t)timeout_ms);
}

_Static_assert(CURL_WAIT_POLLIN == POLLIN && CURL_WAIT_POLLPRI == POLLPRI &&
		CURL_WAIT_POLLOUT == POLLOUT,
	"curl's events are those of poll(2)");

static int poll_all(struct api *api, const struct pollfd *fds, unsigned nfds,
	struct curl_waitfd *waits, int timeout_ms)
{
	for (unsigned i = 0; i < nfds; i++)
		waits[i] = (struct curl_waitfd){ .fd = fds[i].fd,
			.events = fds[i].events };
	return errno_of_curl_multi(
		curl_multi_poll(api->multi, waits, nfds, timeout_ms, NULL));
}

int api_poll(struct api *api, struct pollfd *fds, unsigned nfds,
	uint64_t now_ms, int timeout_ms)
{
	unsigned more = shells_fds(api), i;
	struct curl_waitfd few[POLL_FDS_MAX], *waits = few;
	struct pollfd few_fds[POLL_FDS_MAX], *all = few_fds;
	bool is_any = false;

	if (nfds > POLL_FDS_MAX)
		return -EINVAL;
	if (nfds + more > POLL_FDS_MAX) {
		waits = calloc(nfds + more, sizeof(*waits));
		all = calloc(nfds + more, sizeof(*all));
	}
	int err = waits && all ? 0 : -ENOMEM;
	timeout_ms = wait_ms(api, now_ms, timeout_ms);
	api->due_ms = now_ms + (uint64_t)timeout_ms;
	if (!err) {
		for (i = 0; i < nfds; i++)
			all[i] = fds[i];
		more = shells_poll(api, all + nfds);
		err = poll_all(api, all, nfds + more, waits, timeout_ms);
	}
	for (i = 0; !err && i < nfds; i++) {
		fds[i].revents = waits[i].revents;
		is_any = is_any || waits[i].revents;
	}
	/* curl may not report POLLHUP and POLLERR at all. They stay set, so it
	 * is enough to look for them when there is nothing else. */
	if (!err && !is_any && poll(fds, nfds, 0) < 0 && errno != EINTR)
		err = -errno;
	if (waits != few) {
		free(waits);
		free(all);
	}
	return err;
}

int api_set_otp(struct api *api, const char *code)
{
	return otp_set(&api->otp, code);
}

void api_set_rate(
	struct api *api, double per_minute, unsigned burst, uint64_t now_ms)
{
	rate_set(&api->rate, per_minute, burst, now_ms);
}

const struct api_stats *api_stats(const struct api *api)
{
	return &api->stats;
}
