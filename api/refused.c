/* SPDX-License-Identifier: MIT */
/* api/refused.c - requests that an HTTP/2 server surely did not carry out */
#include <stdio.h>
#include <string.h>

#include "api/client.h"

/*
 * A server that ends a connection, as nginx does after a thousand requests and
 * at each reload, names in its GOAWAY the last stream that it may have carried
 * out; a later one was not (RFC 9113, 6.8), and neither was one that it reset
 * with REFUSED_STREAM (8.7). These alone may be sent again if they are not
 * safe.
 *
 * curl tells of both in its verbose text only. A libcurl of other words, or
 * without any, makes the request fail as any other that was lost. On a kept
 * connection curl retries what was lost and what was refused alike, and says
 * only in the latter case why, unless it believes that this is RTSP's RECEIVE;
 * with HTTP the option has no other effect.
 */

/* All calls on the connection on which GOAWAY came. */
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
	/* curl's text has all headers, a one-time code among them */
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
