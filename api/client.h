/* SPDX-License-Identifier: MIT */
/* api/client.h - the client and its calls, as seen inside api/ */
#ifndef API_CLIENT_H
#define API_CLIENT_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/queue.h>

#include <curl/curl.h>

#include "api/api.h"
#include "api/endpoints.h"
#include "api/headers.h"
#include "api/errno.h"
#include "api/otp.h"
#include "api/rate.h"
#include "api/request_url.h"
#include "api/text.h"

/*
 * A call is in one state, and in the list of that state: waiting for its turn,
 * on the wire, parsed by the worker, or finished. A retry moves it from the
 * wire back to waiting. `done` is called from api_run only, so that no function
 * calls its caller back.
 */
enum call_state {
	CALL_WAITING, /* in api->rate */
	CALL_ON_WIRE,
	CALL_PARSING,
	CALL_FINISHED,
	CALL_REPORTING, /* in no list: its done is running */
};

TAILQ_HEAD(call_list, api_call);
TAILQ_HEAD(shell_list, api_shell);

/* What one attempt got back. */
struct reply {
	struct headers headers;
	struct text text;
	uint64_t received;   /* bytes of the body */
	struct spool *spool; /* NULL: all of it is in text */
	bool is_paused;	     /* until the spool has caught up */
	bool is_unlimited;   /* it is not paused again */
	uint64_t paused_ms;  /* since when */
	bool is_too_large, is_bomb;
	bool has_long_headers;
	unsigned curl_failures; /* curl_memory_failures() at its start */
	bool is_cut;		/* the body was cut; only an error's text is */
	unsigned requests;	/* how often curl began to send it */
	int local_port;		/* of its connection */
	unsigned stream;	/* its HTTP/2 stream; 0: HTTP/1, or unknown */
	bool is_refused;	/* the server said that it did not process it */
};

struct parse;

struct api_call {
	struct rate_entry entry; /* first: rate.c returns it */
	uint64_t timeout_ms;
	TAILQ_ENTRY(api_call) link;
	enum call_state state;
	struct api *api;
	enum api_endpoint endpoint;
	const struct endpoint *row;
	struct request_url url;
	char *body;
	size_t body_len;
	bool owns_body;
	bool hashes_text;
	const char *spools;
	api_done *done;
	void *ctx;

	uint64_t sent_ms;
	uint64_t sent_number; /* of its last attempt, among all attempts */
	uint64_t sent_beside; /* how many others were on the wire then */
	unsigned tries;
	bool was_sent;	   /* and may have been carried out */
	bool was_refused;  /* and sent again */
	bool was_excused;  /* the process was stopped meanwhile */
	bool was_resigned; /* after a 401 about the clock */
	bool signs_query;
	bool was_flipped; /* signs_query was inverted after a 401 */
	struct otp_answer otp;

	CURL *easy;
	struct curl_slist *headers;
	char curl_error[CURL_ERROR_SIZE];
	struct reply reply;
	struct parse *parse;

	int err;
	json_t *json;
	uint64_t text_hash;
	char message[MESSAGE_SIZE];
	char code[CODE_SIZE];
};

struct api {
	struct api_config config; /* its url is not used */
	CURLM *multi;
	char *base; /* of all URLs */
	bool is_tls;

	uint64_t now_ms; /* of the newest api_run */
	uint64_t due_ms; /* when api_poll should have returned; 0: not called */
	struct rate rate;
	uint64_t sent_count;
	struct call_list on_wire, parsing, finished;
	struct shell_list shells;
	struct otp otp;
	bool query_flipped[API_ENDPOINTS]; /* signs_query is not the row's */
	struct api_stats stats;
};

/* ---- curl_memory.c: wipes what curl and jansson free ---- */

/*
 * curl copies short bodies, and all headers, into buffers of its own, which
 * then hold vaults, signatures and one-time codes. Call this in place of
 * curl_global_init; it has no effect on a curl that was initialized before.
 */
CURLcode curl_global_init_wiped(void);
/* How many allocations of curl have failed. */
unsigned curl_memory_failures(void);

/* ---- transfer_options.c ---- */

/* Sets the options of every connection. */
CURLcode transfer_defaults(CURL *easy, const struct api *api);

/* ---- transfer.c: one attempt, as curl sees it ---- */

/* Signs the call and gives it to curl. The errors of sign_request and
 * errno_of_curl; call->curl_error then says why, or is "". */
int transfer_start(struct api_call *call);
/* Takes it from curl, finished or not. */
void transfer_stop(struct api_call *call);

/* ---- reply.c: the body of a reply, as it is received ---- */

/* CURLOPT_WRITEFUNCTION; ctx is the call. */
size_t reply_on_body(char *bytes, size_t size, size_t count, void *ctx);
/* Goes on with one that has waited long for its spool: the disk stands still,
 * so the rest is received into memory. */
void reply_go_on(struct api_call *call);
/* When that is due, of one that is paused. */
uint64_t reply_wake_ms(const struct api_call *call);
/* Forgets what was received. */
void reply_clear(struct reply *reply);

/* ---- refused.c: requests that were certainly not carried out ---- */

/* Makes curl report what refused_surely needs. */
CURLcode refused_watch(CURL *easy, struct api_call *call);
/* True if the request is not safe to repeat, and the server said that it did
 * not and will not carry it out. */
bool refused_surely(const struct api_call *call);

/* ---- answer.c: what a reply means ---- */

/* Parses the whole reply, now or in the worker, and then calls parsed. */
void answer_parse(struct api_call *call, void (*parsed)(struct api_call *call));
/* The worker's result will not be used. */
void answer_forget(struct api_call *call);
/* Frees the reply and what was parsed of it. */
void answer_clear(struct api_call *call);
/* Sets err, message and code of a call that got an answer. */
void answer_judge(struct api_call *call);
/* Sets err and message of a call whose transfer failed. */
void answer_lost(struct api_call *call, CURLcode code);
/* The same for an error of our own. */
void answer_failed(struct api_call *call, int err, const char *message);
/* Reports a request that was not made, as a path cannot have its id. */
void answer_no_id(struct api *api, const struct endpoint *row);

/* ---- call.c: the life of a call ---- */

/* The API's clock: ours, corrected by the difference that is known. */
int64_t api_unix_s(const struct api *api);
/* After an answer that blames the time stamp: date is its Date, -1: none. */
void api_learn_clock(struct api *api, int64_t date);

void call_send(struct api_call *call);
/* curl is done with it. */
void call_ended(struct api_call *call, CURLcode code);
/* Puts a call that is in no list among the finished ones. */
void call_finish(struct api_call *call);
/* Calls done and frees the call. */
void call_report(struct api_call *call);

#endif
