/* SPDX-License-Identifier: MIT */
/* api/answer.c - what the reply to a call means */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <openssl/evp.h>

#include "api/client.h"
#include "api/json.h"
#include "api/spool.h"

/* Longer answers are parsed by the worker. */
#define PARSE_NOW_MAX (64 * 1024)

/* Parses one answer, in the worker if the text is long. It owns the text until
 * it is done, so that a call can be cancelled without waiting. */
struct parse {
	struct api_call *call; /* NULL: cancelled; only the loop uses it */
	void (*parsed)(struct api_call *call);
	struct text text;
	struct spool *spool; /* has the text; or NULL */
	bool is_list, is_hashed;
	json_t *json;
	uint64_t hash;
	int err;
};

static void parse_work(void *ctx)
{
	unsigned char digest[EVP_MAX_MD_SIZE];
	struct parse *parse = ctx;
	const char *s = parse->text.data;
	size_t len = parse->text.len;

	if (parse->spool)
		parse->err = spool_parse(parse->spool, &parse->json);
	if (len == 0)
		return;
	parse->err = -ENOMEM;
	if (parse->is_hashed) {
		if (!EVP_Digest(s, len, digest, NULL, EVP_sha256(), NULL))
			return;
		memcpy(&parse->hash, digest, sizeof(parse->hash));
	}
	parse->err = parse->is_list ? json_parse_list(s, len, &parse->json)
		: parse->text.is_secret
		? json_parse_secret(s, len, &parse->json)
		: json_parse(s, len, &parse->json);
	/* Nobody reads a long text again. To free 30 MB takes milliseconds. */
	if (len > PARSE_NOW_MAX)
		text_clear(&parse->text);
	parse->text.len = len;
}

static void parse_done(void *ctx)
{
	struct parse *parse = ctx;
	struct api_call *call = parse->call;

	if (call) {
		call->parse = NULL;
		call->reply.text = parse->text;
		call->reply.spool = parse->spool;
		call->json = parse->json;
		call->text_hash = parse->hash;
		call->err = parse->err;
		TAILQ_REMOVE(&call->api->parsing, call, link);
		parse->parsed(call);
	} else {
		text_clear(&parse->text);
		spool_drop(parse->spool);
		json_decref(parse->json);
	}
	free(parse);
}

/* What a thread has begun to spool, that thread has to end. */
static void parse_start(struct parse *parse)
{
	const struct api_config *config = &parse->call->api->config;
	bool is_long = parse->text.len > PARSE_NOW_MAX;
	struct worker *worker = parse->spool ? config->spooler
		: is_long		     ? config->worker
					     : NULL;
	int err = parse->text.is_failed ? -ENOMEM
		: parse->spool		? spool_end(parse->spool)
					: 0;

	if (!err && worker)
		err = worker_submit(worker, parse_work, parse_done, parse);
	if (worker && !err)
		return;
	if (parse->spool)
		parse->err = err; /* the thread may still read it */
	else
		parse_work(parse);
	parse_done(parse);
}

void answer_parse(struct api_call *call, void (*parsed)(struct api_call *call))
{
	struct reply *reply = &call->reply;
	struct parse *parse = malloc(sizeof(*parse));

	if (!parse) {
		call->err = -ENOMEM;
		parsed(call);
		return;
	}
	*parse = (struct parse){ .call = call,
		.parsed = parsed,
		.text = reply->text,
		.spool = reply->spool,
		.is_list = call->row->is_list,
		.is_hashed = call->hashes_text };
	reply->text = (struct text){ 0 };
	reply->spool = NULL;
	call->parse = parse;
	call->state = CALL_PARSING;
	TAILQ_INSERT_TAIL(&call->api->parsing, call, link);
	parse_start(parse);
}

void answer_forget(struct api_call *call)
{
	call->parse->call = NULL;
	if (call->parse->spool)
		spool_abandon(call->parse->spool);
	call->parse = NULL;
}

void answer_clear(struct api_call *call)
{
	struct reply *reply = &call->reply;
	bool is_long = reply->received > PARSE_NOW_MAX;

	worker_drop(is_long ? call->api->config.worker : NULL, call->json);
	call->json = NULL;
	reply_clear(reply);
}

void answer_failed(struct api_call *call, int err, const char *message)
{
	call->err = err;
	error_message_put(call->message, sizeof(call->message), message);
}

void answer_no_id(struct api *api, const struct endpoint *row)
{
	struct api_answer answer = {
		.err = -EPROTO,
		.text = "",
		.message = "the API gave it an id that no request can have: "
			   "empty, . or .., or longer than 1024 bytes",
		.code = "",
	};

	if (api->config.on_error)
		api->config.on_error(
			api->config.ctx, row->method, row->path, &answer);
}

static const char *const too_large[API_ANSWER_KINDS] = {
	[API_ANSWER_OTHER] = "the answer is larger than answer_max allows",
	[API_ANSWER_LIST] = "the answer is larger than list_max allows",
	[API_ANSWER_OUTPUT] = "the answer is larger than output_max allows",
};

#define TOO_LARGE 100 /* CURLE_TOO_LARGE, since curl 8.6 */

/* An older curl also reports a header over 100 KiB as out of memory. If no
 * allocation failed (all go through curl_memory.c), it was the limit. */
static bool has_long_headers(const struct reply *reply, CURLcode code)
{
	bool is_limit = (int)code == TOO_LARGE ||
		(code == CURLE_OUT_OF_MEMORY &&
			reply->curl_failures == curl_memory_failures());

	return reply->has_long_headers ||
		(is_limit && reply->requests > 0 && !reply->headers.is_whole);
}

void answer_lost(struct api_call *call, CURLcode code)
{
	const struct reply *reply = &call->reply;
	const char *why = call->curl_error;
	long os_errno = 0;

	if (reply->text.is_failed) {
		answer_failed(call, -ENOMEM, "out of memory for the answer");
		return;
	}
	if (refused_surely(call)) {
		answer_failed(call, -ECONNRESET,
			"the API refused the request on an ending connection");
		return;
	}
	if (reply->is_bomb) {
		answer_failed(call, -EPROTO,
			"the answer unpacks to more than 100 times its size");
		return;
	}
	if (reply->is_too_large) {
		answer_failed(call, -EPROTO, too_large[call->row->kind]);
		return;
	}
	if (has_long_headers(reply, code)) {
		answer_failed(
			call, -EPROTO, "the answer's headers are too long");
		return;
	}
	if (code == CURLE_ABORTED_BY_CALLBACK)
		why = endpoint_is_safe(call->row)
			? "the connection was lost"
			: "the connection was lost; the request may have been "
			  "carried out and is not sent again";
	if (call->easy)
		curl_easy_getinfo(call->easy, CURLINFO_OS_ERRNO, &os_errno);
	int err = errno_of_curl(code, os_errno);
	/* With HTTP/2, curl says so even if nothing was received. */
	if (code == CURLE_PARTIAL_FILE && reply->headers.len == 0)
		err = -ECONNRESET;
	/* curl's error is about its last connection; the request was sent on an
	 * earlier one and may have been carried out. */
	if (reply->requests > 0 &&
		(err == -ECONNREFUSED || err == -EHOSTUNREACH ||
			err == -ENETUNREACH))
		err = -ECONNRESET;
	answer_failed(call, err, *why ? why : curl_easy_strerror(code));
}

static void judge_refusal(struct api_call *call)
{
	int status = call->reply.headers.status;

	call->err = refusal_read(call->json, call->reply.text.data, status,
		call->message, call->code);
	/* the one-time code was refused, not the key */
	if (call->otp.code[0] && (status == 401 || status == 403))
		call->err = -EPERM;
}

/* A 200 with {"valid":false} refuses the key, too. */
static void judge_key(struct api_call *call)
{
	struct api_error error = api_error_of(call->json);
	const char *reason =
		json_string_value(json_object_get(call->json, "reason"));

	if (!json_is_false(json_object_get(call->json, "valid")))
		return;
	if (!reason)
		reason =
			*error.message ? error.message : "the key is not valid";
	error_message_put(call->code, sizeof(call->code), reason);
	answer_failed(call,
		strcasecmp(reason, "expired") == 0 ? -EKEYEXPIRED
						   : -EKEYREJECTED,
		reason);
}

static void judge_success(struct api_call *call)
{
	bool is_whole = json_is_object(call->json) || json_is_array(call->json);
	bool has_answer = call->row->has_answer || endpoint_is_safe(call->row);
	int err = -EPROTO;
	const char *why = NULL;

	if (call->err == -ENOMEM) {
		err = -ENOMEM;
		why = "out of memory for the answer";
	} else if (!call->reply.headers.is_whole) {
		why = "the answer ends within its headers";
	} else if (!has_answer) {
		call->err = 0; /* it was carried out, whatever the body is */
	} else if (call->err == -EMSGSIZE) {
		why = "the answer has too many values, or is nested too deep";
	} else if (call->err) {
		why = "the answer is not JSON";
	} else if (call->row->has_answer && !is_whole) {
		why = call->json
			? "the answer is neither an object nor an array"
			: "the answer is empty";
	}
	if (why)
		answer_failed(call, err, why);
	else if (call->endpoint == API_KEYS_VALIDATE)
		judge_key(call);
}

void answer_judge(struct api_call *call)
{
	if (call->reply.headers.status / 100 == 2)
		judge_success(call);
	else
		judge_refusal(call);
}
