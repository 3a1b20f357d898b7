/* SPDX-License-Identifier: MIT */
/* api/transfer.c - one attempt of a call, as curl sees it */
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <sys/param.h>

#include "api/client.h"
#include "api/sign.h"

#define CONNECT_MS 5000
#define OUTPUT_BUFFER 65536L /* curl's own takes four times as many reads */

/*
 * If a reused connection turns out to be dead, curl resends a request by
 * itself, without knowing whether it was carried out. Its second attempt is
 * stopped unless the request is safe or the server refused to carry it out; its
 * third is always stopped, since retry.c then decides, within the rate limit.
 */
static int on_request(
	void *ctx, char *remote, char *local, int remote_port, int local_port)
{
	struct api_call *call = ctx;
	struct reply *reply = &call->reply;
	unsigned max = endpoint_is_safe(call->row) ||
			(refused_surely(call) && !call->was_refused)
		? 2
		: 1;

	(void)remote, (void)local, (void)remote_port;
	if (reply->requests++ >= max)
		return CURL_PREREQFUNC_ABORT;
	call->was_refused |= refused_surely(call);
	reply->local_port = local_port;
	reply->stream = 0;
	reply->is_refused = false;
	call->was_sent = true;
	call->api->stats.sent[call->endpoint]++;
	return CURL_PREREQFUNC_OK;
}

static size_t on_header(char *line, size_t size, size_t count, void *ctx)
{
	struct api_call *call = ctx;

	(void)size;
	if (headers_line(&call->reply.headers, line, count) == 0)
		return count;
	call->reply.has_long_headers = true;
	return 0;
}

/* Does nothing if *err is set. */
static void add_header(
	struct api_call *call, const char *name, const char *value, int *err)
{
	char line[512];
	struct curl_slist *list = NULL;
	int n = snprintf(line, sizeof(line), "%s: %s", name, value);

	if (*err)
		return;
	if (n < 0 || (size_t)n >= sizeof(line))
		*err = -EINVAL;
	else if (!(list = curl_slist_append(call->headers, line)))
		*err = -ENOMEM;
	else
		call->headers = list;
	explicit_bzero(line, sizeof(line));
}

static void clear_headers(struct api_call *call)
{
	struct curl_slist *at;

	for (at = call->headers; at; at = at->next)
		explicit_bzero(at->data, strlen(at->data));
	curl_slist_free_all(call->headers);
	call->headers = NULL;
}

static void add_signature(struct api_call *call, int *err)
{
	const struct api_credentials *keys = call->api->config.credentials;
	int64_t unix_s = sign_unix_s() + call->api->stats.skew_s;
	char value[SIGNATURE_SIZE + sizeof(keys->public_key)] = "";
	const char *path =
		call->signs_query ? call->url.path_query : call->url.path;

	if (!*err)
		*err = sign_request(value, keys->secret_key, unix_s,
			call->row->method, path, call->body, call->body_len);
	add_header(call, "X-Signature", value, err);
	snprintf(value, sizeof(value), "%" PRId64, unix_s);
	add_header(call, "X-Timestamp", value, err);
	snprintf(value, sizeof(value), "Bearer %s", keys->public_key);
	add_header(call, "Authorization", value, err);
}

static int add_headers(struct api_call *call)
{
	const char *type =
		call->row->is_text ? "text/plain" : "application/json";
	int err = 0;

	add_header(call, "Accept", "application/json", &err);
	/* "" removes curl's default, which is that of a form */
	add_header(call, "Content-Type", call->body ? type : "", &err);
	if (!call->row->is_unsigned)
		add_signature(call, &err);
	if (call->otp.code[0])
		add_header(call, "X-Sudo-OTP", call->otp.code, &err);
	if (call->otp.challenge[0])
		add_header(call, "X-Sudo-Challenge", call->otp.challenge, &err);
	return err;
}

#define SET(option, value)                                                     \
	do {                                                                   \
		CURLcode set_ = curl_easy_setopt(easy, option, value);         \
		if (set_ != CURLE_OK)                                          \
			return set_;                                           \
	} while (0)

static CURLcode set_request(CURL *easy, struct api_call *call)
{
	const char *method = call->row->method;
	bool is_post = strcmp(method, "POST") == 0;

	SET(CURLOPT_URL, call->url.url);
	SET(CURLOPT_HTTPHEADER, call->headers);
	SET(CURLOPT_HTTPGET, 1L);
	if (is_post || call->body) {
		SET(CURLOPT_POST, 1L);
		SET(CURLOPT_POSTFIELDSIZE_LARGE, (curl_off_t)call->body_len);
		SET(CURLOPT_POSTFIELDS, call->body ? call->body : "");
	}
	if (!is_post && strcmp(method, "GET") != 0)
		SET(CURLOPT_CUSTOMREQUEST, method);
	CURLcode code = refused_watch(easy, call);
	if (code != CURLE_OK)
		return code;
	if (call->row->kind == API_ANSWER_OUTPUT)
		SET(CURLOPT_BUFFERSIZE, OUTPUT_BUFFER);
	SET(CURLOPT_PRIVATE, call);
	SET(CURLOPT_ERRORBUFFER, call->curl_error);
	SET(CURLOPT_PREREQFUNCTION, on_request);
	SET(CURLOPT_PREREQDATA, call);
	SET(CURLOPT_HEADERFUNCTION, on_header);
	SET(CURLOPT_HEADERDATA, call);
	SET(CURLOPT_WRITEFUNCTION, reply_on_body);
	SET(CURLOPT_WRITEDATA, call);
	SET(CURLOPT_CONNECTTIMEOUT_MS, (long)CONNECT_MS);
	return CURLE_OK;
}

static int hand_over(struct api_call *call)
{
	CURLcode code = transfer_defaults(call->easy, call->api);
	CURLMcode multi_code;

	if (code == CURLE_OK)
		code = set_request(call->easy, call);
	if (code != CURLE_OK) {
		snprintf(call->curl_error, sizeof(call->curl_error), "%s",
			curl_easy_strerror(code));
		return errno_of_curl(code, 0);
	}
	multi_code = curl_multi_add_handle(call->api->multi, call->easy);
	if (multi_code != CURLM_OK)
		snprintf(call->curl_error, sizeof(call->curl_error), "%s",
			curl_multi_strerror(multi_code));
	return errno_of_curl_multi(multi_code);
}

int transfer_start(struct api_call *call)
{
	int err;

	reply_clear(&call->reply);
	call->reply = (struct reply){ .curl_failures = curl_memory_failures() };
	call->reply.text.is_secret = call->row->is_secret;
	headers_init(&call->reply.headers);
	call->curl_error[0] = '\0';
	call->easy = curl_easy_init();
	if (!call->easy)
		return -ENOMEM;
	err = add_headers(call);
	if (!err)
		err = hand_over(call);
	if (err) {
		curl_easy_cleanup(call->easy);
		call->easy = NULL;
		clear_headers(call);
	}
	return err;
}

void transfer_stop(struct api_call *call)
{
	curl_off_t sent = 0;

	if (!call->easy)
		return;
	curl_easy_getinfo(call->easy, CURLINFO_SIZE_UPLOAD_T, &sent);
	call->api->stats.bytes_sent += (uint64_t)sent;
	curl_multi_remove_handle(call->api->multi, call->easy);
	curl_easy_cleanup(call->easy);
	call->easy = NULL;
	call->reply.is_paused = false;
	clear_headers(call);
}
