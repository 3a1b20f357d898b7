/* SPDX-License-Identifier: MIT */
/* api/refused.c - requests that an HTTP/2 server certainly did not carry out */
#include <stdio.h>
#include <string.h>

#include "api/client.h"

/*
 * When a server ends a connection (nginx does after a thousand requests, and at
 * each reload), its GOAWAY names the last stream that it may have processed. It
 * has not processed later streams (RFC 9113, 6.8), nor those that it reset with
 * REFUSED_STREAM (8.7). Requests that are not safe to repeat may be sent again
 * only then.
 *
 * curl reports both only in its verbose text; if the wording differs, or there
 * is none (7.81 does not report GOAWAY), the request fails like any other that
 * was lost. When a reused connection dies, Curl_retry_request() resends lost
 * and refused requests alike and does not say which it was.
 * CURL_RTSPREQ_RECEIVE stops it from resending lost ones; with HTTP it has no
 * other effect.
 */

/* Marks the calls on the connection that received GOAWAY. */
static void refuse_after(const struct api_call *told, unsigned last)
{
	struct api_call *call;

	TAILQ_FOREACH(call, &told->api->on_wire, link)
	{
		struct reply *reply = &call->reply;

		if (reply->local_port == told->reply.local_port &&
			reply->stream > last)
			reply->is_refused = true;
	}
}

static void read_line(struct api_call *call, const char *line)
{
	const char *at = strstr(line, "GOAWAY, error=");
	unsigned last;

	sscanf(line, "Using Stream ID: %u", &call->reply.stream);
	sscanf(line, "[HTTP/2] [%u] OPENED", &call->reply.stream);
	if (strncmp(line, "REFUSED_STREAM", 14) == 0)
		call->reply.is_refused = true;
	at = at ? strstr(at, "last_stream=") : NULL;
	if (at && sscanf(at, "last_stream=%u", &last) == 1)
		refuse_after(call, last);
}

static int on_text(
	CURL *easy, curl_infotype type, char *text, size_t len, void *ctx)
{
	char line[128];

	(void)easy;
	if (type != CURLINFO_TEXT)
		return 0;
	snprintf(line, sizeof(line), "%.*s", (int)len, text);
	read_line(ctx, line);
	return 0;
}

#define SET(option, value)                                                     \
	do {                                                                   \
		CURLcode set_ = curl_easy_setopt(easy, option, value);         \
		if (set_ != CURLE_OK)                                          \
			return set_;                                           \
	} while (0)

CURLcode refused_watch(CURL *easy, struct api_call *call)
{
	/* curl's verbose text has all headers, with the one-time code */
	if (!call->api->is_tls || call->otp.code[0])
		return CURLE_OK;
	SET(CURLOPT_DEBUGFUNCTION, on_text);
	SET(CURLOPT_DEBUGDATA, call);
	SET(CURLOPT_VERBOSE, 1L);
	if (!endpoint_is_safe(call->row))
		SET(CURLOPT_RTSP_REQUEST, (long)CURL_RTSPREQ_RECEIVE);
	return CURLE_OK;
}

bool refused_surely(const struct api_call *call)
{
	return call->reply.is_refused && call->reply.headers.len == 0 &&
		!endpoint_is_safe(call->row);
}
