/* SPDX-License-Identifier: MIT */
/* api/call.c - the life of a call, from its start to its done */
#include <errno.h>
#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/param.h>
#include <syslog.h>

#include "api/client.h"
#include "api/retry.h"
#include "api/sign.h"

__attribute__((format(printf, 3, 4))) static void api_log(
	struct api *api, int syslog_level, const char *format, ...)
{
	char line[1024];
	va_list args;

	if (!api->config.log)
		return;
	va_start(args, format);
	vsnprintf(line, sizeof(line), format, args);
	va_end(args);
	api->config.log(api->config.ctx, syslog_level, line);
}

int64_t api_unix_s(const struct api *api)
{
	return sign_unix_s() + api->stats.skew_s;
}

/* How long the answer asks to wait; -1: it does not. */
static int64_t call_wait_s(const struct api_call *call)
{
	return headers_wait_s(&call->reply.headers, api_unix_s(call->api));
}

static void call_wait(struct api_call *call, uint64_t due_ms,
	void (*push)(struct rate *rate, struct rate_entry *entry))
{
	struct api *api = call->api;

	call->state = CALL_WAITING;
	call->entry.due_ms = due_ms;
	push(&api->rate, &call->entry);
	api->stats.queued = api->rate.count;
}

static int call_init(struct api_call *call, struct api *api,
	const struct api_request *request, uint64_t now_ms)
{
	uint64_t timeout_ms = request->timeout_ms;

	call->api = api;
	call->endpoint = request->endpoint;
	call->row = endpoint_row(request->endpoint);
	if (!call->row || (unsigned)request->priority > API_POLL)
		return -EINVAL;
	if (request->body && endpoint_is_safe(call->row))
		return -EINVAL;
	if (!timeout_ms)
		timeout_ms =
			endpoint_timeout_ms(call->row, api->config.timeout_ms);
	call->entry.priority = request->priority;
	call->timeout_ms = MIN(timeout_ms, UINT64_MAX - now_ms);
	call->entry.deadline_ms = now_ms + call->timeout_ms;
	return request_url_init(
		&call->url, api->base, call->row, request->id, request->query);
}

/* The body may hold a vault or an input file. */
static void body_free(char *body, size_t len)
{
	if (body)
		explicit_bzero(body, len);
	free(body);
}

int api_start(struct api *api, const struct api_request *request,
	uint64_t now_ms, api_done *done, void *ctx, struct api_call **out)
{
	struct api_call *call = calloc(1, sizeof(*call));
	int err = call ? call_init(call, api, request, now_ms) : -ENOMEM;

	if (err) {
		if (err == -EPROTO)
			answer_no_id(api, call->row);
		if (!request->keeps_body)
			body_free(request->body, request->body_len);
		free(call);
		return err;
	}
	call->body = request->body;
	call->owns_body = !request->keeps_body;
	call->hashes_text = request->hashes_text;
	call->spools = request->spools;
	call->body_len = request->body ? request->body_len : 0;
	call->done = done;
	call->ctx = ctx;
	call->signs_query =
		call->row->signs_query != api->query_flipped[call->endpoint];
	headers_init(&call->reply.headers);
	call_wait(call, now_ms, rate_push);
	if (out)
		*out = call;
	return 0;
}

bool api_call_was_sent(const struct api_call *call)
{
	return call->was_sent;
}

static void call_free(struct api_call *call)
{
	if (call->owns_body)
		body_free(call->body, call->body_len);
	otp_answer_clear(&call->otp);
	request_url_clear(&call->url);
	answer_clear(call);
	free(call);
}

/* Takes it out of the list of its state. */
static void call_leave(struct api_call *call)
{
	struct api *api = call->api;

	switch (call->state) {
	case CALL_WAITING:
		rate_remove(&api->rate, &call->entry);
		api->stats.queued = api->rate.count;
		break;
	case CALL_ON_WIRE:
		transfer_stop(call);
		TAILQ_REMOVE(&api->on_wire, call, link);
		api->stats.in_flight--;
		break;
	case CALL_PARSING:
		answer_forget(call);
		TAILQ_REMOVE(&api->parsing, call, link);
		break;
	case CALL_FINISHED:
		TAILQ_REMOVE(&api->finished, call, link);
		break;
	case CALL_REPORTING:
		break;
	}
}

void api_cancel(struct api_call *call)
{
	if (call->state == CALL_REPORTING)
		return; /* from its own done; freed right after that */
	call_leave(call);
	call_free(call);
}

void call_finish(struct api_call *call)
{
	call->state = CALL_FINISHED;
	TAILQ_INSERT_TAIL(&call->api->finished, call, link);
}

void call_send(struct api_call *call)
{
	struct api *api = call->api;
	int err;

	api->stats.queued = api->rate.count;
	/* A program gets all of its time, however long it waited for a turn. */
	if (call->entry.priority == API_PROGRAM && !call->tries)
		call->entry.deadline_ms = api->now_ms +
			MIN(call->timeout_ms, UINT64_MAX - api->now_ms);
	call->tries++;
	call->sent_ms = api->now_ms;
	if (!call->otp.code[0])
		otp_take(&api->otp, call->row->method, call->url.path,
			&call->otp);
	err = transfer_start(call);
	if (err) {
		answer_failed(call, err,
			*call->curl_error ? call->curl_error
					  : "the request could not be made");
		call_finish(call);
		return;
	}
	call->state = CALL_ON_WIRE;
	call->sent_number = ++api->sent_count;
	call->sent_beside = api->stats.in_flight;
	TAILQ_INSERT_TAIL(&api->on_wire, call, link);
	api->stats.in_flight++;
}

static void call_resend(struct api_call *call, uint64_t at_ms)
{
	struct api *api = call->api;

	api_log(api, LOG_INFO, "%s %s again in %" PRIu64 " ms: %s",
		call->row->method, call->url.path, at_ms - api->now_ms,
		call->message);
	json_decref(call->json);
	call->json = NULL;
	call->message[0] = call->code[0] = '\0';
	api->stats.retries++;
	call_wait(call, at_ms, rate_push_again);
}

/* Sends again, once, what was certainly not carried out. */
static bool call_repeat(struct api_call *call)
{
	if (!refused_surely(call))
		return false;
	call->was_sent = false;
	if (call->was_refused)
		return false;
	call->was_refused = true;
	call_resend(call, call->api->now_ms);
	return true;
}

static bool call_retry(struct api_call *call, CURLcode code)
{
	uint64_t at_ms;

	/* If a reused connection was lost, curl resends by itself; that counts
	 * as an attempt, too. */
	if (call->reply.requests > 1)
		call->tries += call->reply.requests - 1;

	struct retry retry = {
		.is_safe = endpoint_is_safe(call->row),
		.is_quota = call->err == -EDQUOT,
		.tries = call->tries,
		.curl = code,
		.status = call->reply.headers.status,
		.wait_s = call_wait_s(call),
		.now_ms = call->api->now_ms,
		.deadline_ms = call->entry.deadline_ms,
		.random = retry_random(),
	};

	if (call->err == -ENOMEM || !retry_at(&retry, &at_ms))
		return false;
	call_resend(call, at_ms);
	return true;
}

static void call_count(struct api_call *call, bool is_answered)
{
	struct api *api = call->api;
	const struct headers *headers = &call->reply.headers;
	int64_t unix_s = api_unix_s(api);
	int64_t reset_s = headers_reset_s(headers, unix_s);
	int kind = is_answered ? headers->status / 100 : 0;

	api->stats.by_status[kind >= 2 && kind <= 5 ? kind : 0]++;
	if (call->row->is_unsigned)
		return; /* its rate limit is not the key's */
	if (headers->limit >= 0)
		api->stats.limit = headers->limit;
	if (headers->remaining >= 0)
		api->stats.remaining = headers->remaining;
	if (reset_s >= 0)
		api->stats.reset_unix_s = unix_s + reset_s;
	struct rate_answer answer = {
		.limit = headers->limit,
		.remaining = headers->remaining,
		.reset_s = reset_s,
		/* requests on different connections overtake each other */
		.since =
			api->sent_count - call->sent_number + call->sent_beside,
		.age_ms = api->now_ms - call->sent_ms,
	};
	rate_learn(&api->rate, &answer, api->now_ms);
}

static void call_parsed(struct api_call *call);

void call_ended(struct api_call *call, CURLcode code)
{
	struct api *api = call->api;
	bool is_answered = code == CURLE_OK || call->reply.is_cut;

	if (!is_answered)
		answer_lost(call, code);
	call_leave(call);
	call_count(call, is_answered);
	api_log(api, LOG_DEBUG, "%s %s: %d, try %u, %" PRIu64 " ms%s%s",
		call->row->method, call->url.path, call->reply.headers.status,
		call->tries, api->now_ms - call->sent_ms,
		is_answered ? "" : ": ", is_answered ? "" : call->message);
	if (is_answered)
		answer_parse(call, call_parsed);
	else if (!call_repeat(call) && !call_retry(call, code))
		call_finish(call);
}

/* The difference of the clocks is measured each time: ours may have been set,
 * or may have stopped while the machine slept. */
void api_learn_clock(struct api *api, int64_t date)
{
	api->stats.resigned++;
	if (date >= 0)
		api->stats.skew_s = date - sign_unix_s();
	api_log(api, LOG_NOTICE,
		"the clock differs by %" PRId64 " s from the API's",
		api->stats.skew_s);
}

static bool call_resign(struct api_call *call)
{
	struct api *api = call->api;

	if (call->was_resigned ||
		!refusal_is_about_clock(call->json, call->reply.text.data))
		return false;
	call->was_resigned = true;
	api_learn_clock(api, call->reply.headers.date);
	return true;
}

/* Whether the query is signed is not known for sure (api/API.md part 1). */
static bool call_flip(struct api_call *call)
{
	if (call->was_flipped ||
		strcmp(call->url.path, call->url.path_query) == 0)
		return false;
	call->was_flipped = true;
	call->signs_query = !call->signs_query;
	return true;
}

static bool call_add_code(struct api_call *call)
{
	struct api *api = call->api;
	const char *id =
		json_string_value(json_object_get(call->json, "challenge_id"));

	if (endpoint_is_safe(call->row))
		return false;
	otp_challenged(&api->otp, call->row->method, call->url.path, id);
	return !call->otp.code[0] &&
		otp_take(&api->otp, call->row->method, call->url.path,
			&call->otp);
}

/* A program that the rate limit refused has not had its turn yet. */
static bool call_keeps_turn(struct api_call *call)
{
	struct api *api = call->api;

	if (!rate_limited(&api->rate, call_wait_s(call), api->now_ms) ||
		call->entry.priority != API_PROGRAM)
		return false;
	call->tries = 0;
	call->was_sent = false;
	call->reply.headers.status = 0;
	call->entry.deadline_ms =
		api->now_ms + MIN(call->timeout_ms, UINT64_MAX - api->now_ms);
	return true;
}

/* True if the request is sent again at once, as the refusal asks, or as soon as
 * the rate limit allows. */
static bool call_repair(struct api_call *call)
{
	struct api *api = call->api;

	switch (call->reply.headers.status) {
	case 401:
		return !call->row->is_unsigned &&
			(call_resign(call) || call_flip(call));
	case 428:
		return call_add_code(call);
	case 429:
		api->stats.limited++;
		return call->err != -EDQUOT && call_keeps_turn(call);
	default:
		return false;
	}
}

static void call_parsed(struct api_call *call)
{
	struct api *api = call->api;

	answer_judge(call);
	if (call->was_flipped && call->reply.headers.status != 401)
		api->query_flipped[call->endpoint] =
			call->signs_query != call->row->signs_query;
	if (call->err == 0)
		call_finish(call);
	else if (call_repair(call) && api->now_ms < call->entry.deadline_ms)
		call_resend(call, api->now_ms);
	else if (!call_retry(call, CURLE_OK))
		call_finish(call);
}

void call_report(struct api_call *call)
{
	struct api *api = call->api;
	const struct reply *reply = &call->reply;
	/* No error: a run is queued again, and the next poll may get a turn. */
	bool had_no_turn = call->err == -EBUSY && call->tries == 0 &&
		call->entry.priority != API_PERSON;
	struct api_answer answer = {
		.err = call->err,
		.status = reply->headers.status,
		.json = call->json,
		.spool = reply->spool,
		.text = reply->text.data,
		.text_len = reply->text.len,
		.text_hash = call->text_hash,
		.message = call->message,
		.code = call->code,
		.sent_ms = (int64_t)call->sent_ms,
	};

	call->state = CALL_REPORTING;
	if (call->err && !had_no_turn && api->config.on_error)
		api->config.on_error(api->config.ctx, call->row->method,
			call->url.path, &answer);
	if (call->done)
		call->done(call->ctx, &answer);
	call_free(call);
}
