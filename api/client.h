/* SPDX-License-Identifier: MIT */
/* api/client.h - the client and its calls, as the files of api/ see them */
#ifndef API_CLIENT_H
#define API_CLIENT_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/queue.h>

#include <curl/curl.h>

#include "api/api.h"
#include "api/endpoints.h"
#include "api/headers.h"
#include "api/message.h"
#include "api/otp.h"
#include "api/rate.h"
#include "api/target.h"
#include "api/text.h"

/*
 * A call is in one state, and in the list of that state: it waits for its turn,
 * is on the wire, is parsed by the worker, or is finished and to be told. A
 * retry takes it from the wire to the waiting ones. Nothing is told but from
 * api_run, so that no caller is called back by what it just called.
 */
enum call_state {
	CALL_WAITING, /* in api->rate */
	CALL_ON_WIRE,
	CALL_PARSING,
	CALL_FINISHED,
	CALL_TELLING, /* in no list: its done is running */
};

TAILQ_HEAD(call_list, api_call);

/* What came back from one try. */
struct reply {
	struct headers headers;
	struct text text;
	bool is_too_large;
	bool is_cut; /* of an error's text, that is no harm */
	bool has_no_memory;
	unsigned requests; /* how often curl began to send it */
};

struct parse;

struct api_call {
	struct rate_entry entry; /* first: rate.c hands it back */
	TAILQ_ENTRY(api_call) link;
	enum call_state state;
	struct api *api;
	enum api_endpoint endpoint;
	const struct endpoint *row;
	struct target target;
	char *body;
	size_t body_len;
	bool owns_body;
	api_done *done;
	void *ctx;

	uint64_t sent_ms;
	uint64_t sent_number; /* of its last try, among all tries */
	uint64_t sent_beside; /* how many were on the wire then */
	unsigned tries;
	bool was_sent;
	bool was_resigned; /* after a 401 for the clock */
	bool signs_query;
	bool was_flipped; /* after a 401, perhaps for that */
	bool used_otp;
	struct otp_answer otp;

	CURL *easy;
	struct curl_slist *headers;
	char curl_error[CURL_ERROR_SIZE];
	struct reply reply;
	struct parse *parse;

	int err;
	json_t *json;
	char message[MESSAGE_SIZE];
	char code[CODE_SIZE];
};

struct api {
	CURLM *multi;
	char *base;
	bool is_tls;
	char *cacert;
	char *user_agent;
	const struct api_credentials *credentials;
	struct worker *worker;
	uint64_t timeout_ms;
	void (*on_error)(void *ctx, const char *method, const char *path,
		const struct api_answer *answer);
	void (*log)(void *ctx, int syslog_level, const char *line);
	void *ctx;

	uint64_t now_ms; /* of the newest api_run */
	uint32_t random;
	struct rate rate;
	uint64_t sent_count;
	struct call_list on_wire, parsing, finished;
	struct otp otp;
	bool query_flipped[API_ENDPOINTS]; /* not as the row says */
	struct api_stats stats;
};

void api_log(struct api *api, int syslog_level, const char *format, ...)
	__attribute__((format(printf, 3, 4)));
uint32_t api_random(struct api *api);

/* ---- transfer.c: one try, as curl sees it ---- */

/* Signs the call and hands it to curl. -ENOMEM and what sign_request has. */
int transfer_start(struct api_call *call);
/* Takes it from curl, whether it ended or not. */
void transfer_stop(struct api_call *call);

/* ---- answer.c: what a reply means ---- */

/* The reply is whole: it is parsed, now or by the worker, and then call_parsed
 * is called. */
void answer_parse(struct api_call *call);
/* The worker's result is no longer wanted. */
void answer_forget(struct api_call *call);
/* Lets go of the reply and what was parsed of it. */
void answer_drop(struct api_call *call);
/* Sets err, message and code of a call that ended with an answer. */
void answer_judge(struct api_call *call);
/* The same for one that ended without: a transfer's error. */
void answer_lost(struct api_call *call, CURLcode code);
/* The same for an error of our own. */
void answer_failed(struct api_call *call, int err, const char *message);

/* ---- call.c: the life of a call ---- */

void call_send(struct api_call *call);
void call_ended(struct api_call *call, CURLcode code);
void call_parsed(struct api_call *call);
void call_finish(struct api_call *call);
void call_tell(struct api_call *call);
void call_free(struct api_call *call);

#endif
