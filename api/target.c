/* SPDX-License-Identifier: MIT */
/* api/target.c - where a request goes: its URL and the path that is signed */
#include "api/target.h"

#include <arpa/inet.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include <curl/curl.h>

#include "api/text.h"

#define ID_MAX 1024

static bool is_unreserved(char c)
{
	return (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') ||
		(c >= '0' && c <= '9') || (c && strchr("-._~", c));
}

static int add_encoded(struct text *text, const char *s)
{
	char hex[4];
	int err = 0;

	for (; *s && !err; s++) {
		if (is_unreserved(*s)) {
			err = text_add(text, s, 1);
			continue;
		}
		snprintf(hex, sizeof(hex), "%%%02X", (unsigned char)*s);
		err = text_add(text, hex, 3);
	}
	return err;
}

static bool is_id(const char *id)
{
	return id && *id && strcmp(id, ".") != 0 && strcmp(id, "..") != 0 &&
		strnlen(id, ID_MAX + 1) <= ID_MAX;
}

static int add_path(struct text *text, const char *path, const char *id)
{
	const char *hole = strstr(path, "{id}");
	int err;

	if (hole ? !is_id(id) : id != NULL)
		return -EINVAL;
	if (!hole)
		return text_add_string(text, path);
	err = text_add(text, path, (size_t)(hole - path));
	if (!err)
		err = add_encoded(text, id);
	if (!err)
		err = text_add_string(text, hole + strlen("{id}"));
	return err;
}

static int add_query(struct text *text, const struct api_param *query)
{
	char mark = '?';
	int err = 0;

	for (; query && query->name && !err; query++) {
		err = text_add(text, &mark, 1);
		if (!err)
			err = add_encoded(text, query->name);
		if (!err)
			err = text_add(text, "=", 1);
		if (!err && query->value)
			err = add_encoded(text, query->value);
		mark = '&';
	}
	return err;
}

static char *copy(const char *s, size_t len)
{
	char *twin = malloc(len + 1);

	if (twin) {
		memcpy(twin, s, len);
		twin[len] = '\0';
	}
	return twin;
}

static int target_split(struct target *target, struct text *url, size_t path_at,
	size_t path_end)
{
	size_t len;

	target->url = text_take(url, &len);
	if (!target->url)
		return -ENOMEM;
	target->path = copy(target->url + path_at, path_end - path_at);
	target->path_query = copy(target->url + path_at, len - path_at);
	return target->path && target->path_query ? 0 : -ENOMEM;
}

int target_init(struct target *target, const char *base,
	const struct endpoint *row, const char *id,
	const struct api_param *query)
{
	struct text url = { 0 };
	size_t path_end;
	int err = text_add_string(&url, base);

	*target = (struct target){ 0 };
	if (!err)
		err = add_path(&url, row->path, id);
	path_end = url.len;
	if (!err)
		err = add_query(&url, query);
	if (!err)
		err = target_split(target, &url, strlen(base), path_end);
	text_clear(&url);
	if (err)
		target_clear(target);
	return err;
}

void target_clear(struct target *target)
{
	free(target->url);
	free(target->path);
	free(target->path_query);
	*target = (struct target){ 0 };
}

static bool is_loopback(const char *host)
{
	struct in_addr v4;

	if (strcasecmp(host, "localhost") == 0 || strcmp(host, "[::1]") == 0)
		return true;
	return inet_pton(AF_INET, host, &v4) == 1 &&
		ntohl(v4.s_addr) >> 24 == 127;
}

/* What is the matter with the URL, NULL: nothing. */
static const char *url_fault(CURLU *url, char **scheme, char **host)
{
	static const CURLUPart unwanted[] = { CURLUPART_USER,
		CURLUPART_PASSWORD, CURLUPART_OPTIONS, CURLUPART_QUERY,
		CURLUPART_FRAGMENT };
	char *part;
	bool has_path;
	size_t i;

	if (curl_url_get(url, CURLUPART_SCHEME, scheme, 0) != CURLUE_OK ||
		curl_url_get(url, CURLUPART_HOST, host, 0) != CURLUE_OK)
		return "is no URL";
	for (i = 0; i < sizeof(unwanted) / sizeof(unwanted[0]); i++) {
		if (curl_url_get(url, unwanted[i], &part, 0) != CURLUE_OK)
			continue;
		curl_free(part);
		return "has more than a host and a port";
	}
	if (curl_url_get(url, CURLUPART_PATH, &part, 0) == CURLUE_OK) {
		has_path = part[0] != '\0' && strcmp(part, "/") != 0;
		curl_free(part);
		if (has_path)
			return "has a path";
	}
	if (strcmp(*scheme, "https") == 0)
		return NULL;
	if (strcmp(*scheme, "http") != 0)
		return "is not https";
	return is_loopback(*host) ? NULL
				  : "is not https, and http goes to loopback "
				    "addresses alone";
}

static int base_of(
	const char *scheme, const char *host, const char *port, char **base)
{
	int n = asprintf(base, "%s://%s%s%s", scheme, host, port ? ":" : "",
		port ? port : "");

	if (n >= 0)
		return 0;
	*base = NULL;
	return -ENOMEM;
}

int target_base(
	const char *text, char **base, bool *is_tls, char *why, size_t why_len)
{
	char *scheme = NULL, *host = NULL, *port = NULL;
	const char *fault = "is no URL";
	CURLU *url = curl_url();
	int err = -ENOMEM;

	*base = NULL;
	if (!url)
		goto out;
	if (text && curl_url_set(url, CURLUPART_URL, text, 0) == CURLUE_OK)
		fault = url_fault(url, &scheme, &host);
	err = -EINVAL;
	if (fault)
		goto out;
	curl_url_get(url, CURLUPART_PORT, &port, 0);
	*is_tls = strcmp(scheme, "https") == 0;
	err = base_of(scheme, host, port, base);
out:
	if (err && why && why_len)
		snprintf(why, why_len, "%s %s", text ? text : "(no url)",
			err == -ENOMEM ? "takes memory, and there is "
					 "none"
				       : fault);
	curl_free(scheme);
	curl_free(host);
	curl_free(port);
	curl_url_cleanup(url);
	return err;
}
