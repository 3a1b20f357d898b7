/* SPDX-License-Identifier: MIT */
/* api/reply.c - the body of a reply, as it is received */
#include <errno.h>
#include <sys/param.h>

#include "api/client.h"
#include "api/spool.h"

#define ERROR_TEXT_MAX (64 * 1024)
/* Lists whose resources differ in little but their ids shrink to a tenth. */
#define UNPACKED_MAX 100
#define UNPACKED_FREE (1024 * 1024)
/* After this the disk is taken to stand still. */
#define PAUSE_MS 1000

/* A few kilobytes may unpack to a thousand times their size. Only the output of
 * a program may legitimately look like that. */
static bool is_bomb(const struct api_call *call, size_t len)
{
	curl_off_t received = 0;

	if (call->row->kind == API_ANSWER_OUTPUT || len < UNPACKED_FREE)
		return false;
	curl_easy_getinfo(call->easy, CURLINFO_SIZE_DOWNLOAD_T, &received);
	return len / UNPACKED_MAX > (uint64_t)received;
}

/* Of a packed reply, curl would unpack into memory what it has received; a
 * paused stream of HTTP/2 holds up the others of its connection, and some
 * versions of curl lose it (curl's issues 10988, 11982, 19334). */
static bool can_pause(const struct api_call *call)
{
	long version = CURL_HTTP_VERSION_NONE;

	curl_easy_getinfo(call->easy, CURLINFO_HTTP_VERSION, &version);
	return !call->reply.is_unlimited && !call->reply.headers.is_packed &&
		(version == CURL_HTTP_VERSION_1_0 ||
			version == CURL_HTTP_VERSION_1_1);
}

static bool is_paused(struct api_call *call)
{
	struct reply *reply = &call->reply;

	if (!reply->spool || !spool_is_behind(reply->spool) || !can_pause(call))
		return false;
	reply->is_paused = true;
	reply->paused_ms = call->api->now_ms;
	return true;
}

/* The time that the disk took counts for no time limit. curl may call
 * reply_on_body, and go on although that has failed. */
static void reply_resume(void *ctx)
{
	struct api_call *call = ctx;
	struct reply *reply = &call->reply;
	uint64_t *deadline_ms = &call->entry.deadline_ms;

	if (!reply->is_paused)
		return;
	reply->is_paused = false;
	*deadline_ms += MIN(call->api->now_ms - reply->paused_ms,
		UINT64_MAX - *deadline_ms);
	if (curl_easy_pause(call->easy, CURLPAUSE_CONT) && !reply->is_too_large)
		reply->text.is_failed = true;
}

uint64_t reply_wake_ms(const struct api_call *call)
{
	return call->reply.paused_ms + PAUSE_MS;
}

void reply_go_on(struct api_call *call)
{
	if (!call->reply.is_paused || reply_wake_ms(call) > call->api->now_ms)
		return;
	call->reply.is_unlimited = true;
	reply_resume(call);
}

/* What came so far is too long for memory. */
static int spool_begin(struct api_call *call)
{
	const struct api_config *config = &call->api->config;
	struct reply *reply = &call->reply;

	reply->spool =
		spool_new(config->spooler, config->spool_dir_fd, call->spools);
	if (!reply->spool)
		return -ENOMEM;
	spool_set_resume(reply->spool, reply_resume, call);
	int err = spool_add(reply->spool, reply->text.data, reply->text.len);
	text_clear(&reply->text);
	return err;
}

static int body_add(struct api_call *call, const char *bytes, size_t len)
{
	struct reply *reply = &call->reply;
	bool spools = call->spools && call->api->config.spooler &&
		reply->headers.status / 100 == 2;
	int err = reply->text.is_failed ? -ENOMEM : 0;

	if (!err && spools && !reply->spool && reply->text.len > SPOOL_MIN)
		err = spool_begin(call);
	if (!err)
		err = reply->spool ? spool_add(reply->spool, bytes, len)
				   : text_add(&reply->text, bytes, len);
	if (err)
		reply->text.is_failed = true;
	return err;
}

size_t reply_on_body(char *bytes, size_t size, size_t count, void *ctx)
{
	struct api_call *call = ctx;
	struct reply *reply = &call->reply;
	bool is_error = reply->headers.status >= 300;
	uint64_t max = is_error ? ERROR_TEXT_MAX
				: call->api->config.answer_max[call->row->kind];

	(void)size;
	if (is_paused(call))
		return CURL_WRITEFUNC_PAUSE;
	call->api->stats.bytes_received += count;
	reply->received += count;
	if (is_bomb(call, reply->received)) {
		reply->is_bomb = true;
		return 0;
	}
	if (reply->received > max) {
		reply->is_cut = is_error;
		reply->is_too_large = !is_error;
		return 0;
	}
	return body_add(call, bytes, count) ? 0 : count;
}

void reply_clear(struct reply *reply)
{
	if (reply->spool)
		spool_abandon(reply->spool);
	spool_drop(reply->spool);
	reply->spool = NULL;
	text_clear(&reply->text);
}
