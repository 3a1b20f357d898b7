/* SPDX-License-Identifier: MIT */
/* api/request_url.c - the URL of a request, and what is signed of it */
#include "api/request_url.h"

#include <arpa/inet.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include <curl/curl.h>

#include "api/text.h"

#define ID_MAX 1024

/* Percent-encodes all but A-Z a-z 0-9 - . _ ~ */
static void add_encoded(struct text *text, const char *s)
{
	char *encoded = curl_easy_escape(NULL, s, 0);

	text_add_string(text, encoded);
	curl_free(encoded);
}

static bool is_id(const char *id)
{
	return id && *id && strcmp(id, ".") != 0 && strcmp(id, "..") != 0 &&
		strnlen(id, ID_MAX + 1) <= ID_MAX;
}

static int add_path(struct text *text, const char *path, const char *id)
{
	const char *place = strstr(path, "{id}");

	if (!place && id)
		return -EINVAL;
	if (place && !is_id(id))
		return -EPROTO;
	text_add(text, path, place ? (size_t)(place - path) : strlen(path));
	if (place) {
		add_encoded(text, id);
		text_add_string(text, place + strlen("{id}"));
	}
	return 0;
}

static void add_query(struct text *text, const struct api_param *query)
{
	const char *separator = "?";

	for (; query && query->name; query++) {
		text_add_string(text, separator);
		add_encoded(text, query->name);
		text_add_string(text, "=");
		add_encoded(text, query->value ? query->value : "");
		separator = "&";
	}
}

/* Only the real API has its portal on another host (api/API.md 0.3). */
static const char *base_of(const struct endpoint *row, const char *base)
{
	return row->is_portal && !strcmp(base, "https://api.unsandbox.com")
		? "https://unsandbox.com"
		: base;
}

int request_url_init(struct request_url *url, const char *base,
	const struct endpoint *row, const char *id,
	const struct api_param *query)
{
	size_t base_len, len;
	struct text text = { 0 };
	int err;

	*url = (struct request_url){ 0 };
	base = base_of(row, base);
	base_len = strlen(base);
	text_add_string(&text, base);
	err = add_path(&text, row->path, id);
	if (!text.is_failed)
		url->path = strdup(text.data + base_len);
	add_query(&text, query);
	url->url = text_take(&text, &len);
	if (!err && (!url->path || !url->url))
		err = -ENOMEM;
	if (err)
		request_url_clear(url);
	else
		url->path_query = url->url + base_len;
	return err;
}

void request_url_clear(struct request_url *url)
{
	free(url->url);
	free(url->path);
	*url = (struct request_url){ 0 };
}

static bool is_loopback(const char *host)
{
	struct in_addr v4;

	if (strcasecmp(host, "localhost") == 0 || strcmp(host, "[::1]") == 0)
		return true;
	return inet_pton(AF_INET, host, &v4) == 1 &&
		ntohl(v4.s_addr) >> 24 == 127;
}

/* What is wrong with the whole URL; NULL: nothing. */
static const char *url_fault(const char *scheme, const char *host,
	const char *base, const char *whole)
{
	size_t len = strlen(base);

	/* With a user name, for example, it does not begin with the base. */
	if (strncmp(whole, base, len) != 0 ||
		(whole[len] && strcmp(whole + len, "/") != 0))
		return "has more than a host and a port";
	if (strcmp(scheme, "https") == 0 ||
		(strcmp(scheme, "http") == 0 && is_loopback(host)))
		return NULL;
	return "is not https; http is for loopback addresses only";
}

int request_url_base(
	const char *text, char **base, bool *is_tls, char *why, size_t why_len)
{
	char *scheme = NULL, *host = NULL, *port = NULL, *whole = NULL;
	static const char no_memory[] = "is not checked: out of memory";
	CURLU *url = curl_url();
	const char *fault = url ? "is not a URL" : no_memory;
	int err = url ? -EINVAL : -ENOMEM;

	*base = NULL;
	if (!text || curl_url_set(url, CURLUPART_URL, text, 0) ||
		curl_url_get(url, CURLUPART_SCHEME, &scheme, 0) ||
		curl_url_get(url, CURLUPART_HOST, &host, 0) ||
		curl_url_get(url, CURLUPART_URL, &whole, 0))
		goto out;
	curl_url_get(url, CURLUPART_PORT, &port, 0);
	if (asprintf(base, "%s://%s%s%s", scheme, host, port ? ":" : "",
		    port ? port : "") < 0) {
		*base = NULL;
		fault = no_memory;
		err = -ENOMEM;
		goto out;
	}
	*is_tls = strcmp(scheme, "https") == 0;
	fault = url_fault(scheme, host, *base, whole);
	err = fault ? -EINVAL : 0;
	if (fault) {
		free(*base);
		*base = NULL;
	}
out:
	if (err)
		snprintf(
			why, why_len, "%s %s", text ? text : "(no url)", fault);
	curl_free(scheme);
	curl_free(host);
	curl_free(port);
	curl_free(whole);
	curl_url_cleanup(url);
	return err;
}
