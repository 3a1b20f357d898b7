/* SPDX-License-Identifier: MIT */
/* tests/server/request.c - a request and its reply */
#include "request.h"

#include <ctype.h>
#include <errno.h>
#include <microhttpd.h>
#include <stdlib.h>
#include <string.h>

#include "types.h"

static int hex_value(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	c |= 0x20;
	return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

/* Decodes %XX, except for NUL, which would end the string. */
static char *decode(const char *text, size_t len, bool plus_is_space)
{
	char *out = malloc(len + 1), *to = out;
	size_t i;
	int high, low;

	if (!out)
		return NULL;
	for (i = 0; i < len; i++) {
		high = i + 2 < len && text[i] == '%' ? hex_value(text[i + 1])
						     : -1;
		low = high >= 0 ? hex_value(text[i + 2]) : -1;
		if (low >= 0 && (high || low)) {
			*to++ = high << 4 | low;
			i += 2;
		} else {
			*to++ = plus_is_space && text[i] == '+' ? ' ' : text[i];
		}
	}
	*to = '\0';
	return out;
}

static int split_path(struct request *request)
{
	const char *at = request->path;
	size_t len;
	char *part;

	while (*at == '/') {
		at++;
		len = strcspn(at, "/");
		if (!len && !*at)
			break;
		if (request->part_count == REQUEST_PARTS)
			return 0;
		part = decode(at, len, false);
		if (!part)
			return -ENOMEM;
		request->parts[request->part_count++] = part;
		at += len;
	}
	return 0;
}

int request_init(struct request *request, struct MHD_Connection *connection,
	const char *method, const char *target)
{
	const char *question = strchr(target, '?');

	memset(request, 0, sizeof(*request));
	request->connection = connection;
	request->method = method;
	request->target = target;
	request->query = question ? question + 1 : "";
	request->path =
		question ? strndup(target, question - target) : strdup(target);
	return request->path ? split_path(request) : -ENOMEM;
}

void request_clear(struct request *request)
{
	size_t i;

	for (i = 0; i < request->part_count; i++)
		free(request->parts[i]);
	free(request->path);
}

const char *request_header(const struct request *request, const char *name)
{
	return MHD_lookup_connection_value(
		request->connection, MHD_HEADER_KIND, name);
}

char *request_query(const struct request *request, const char *name)
{
	const char *at = request->query;
	size_t len, name_len = strlen(name);

	for (; *at; at += len) {
		at += *at == '&';
		len = strcspn(at, "&");
		if (len < name_len || strncmp(at, name, name_len))
			continue;
		if (len == name_len)
			return strdup("");
		if (at[name_len] == '=')
			return decode(
				at + name_len + 1, len - name_len - 1, true);
	}
	return NULL;
}

json_t *request_json(const struct request *request, struct reply *reply)
{
	json_error_t where;
	json_t *json;

	if (!request->body_len)
		return json_object();
	json = json_loadb(
		request->body, request->body_len, JSON_ALLOW_NUL, &where);
	if (!json) {
		reply_error(reply, 400, "INVALID_JSON", where.text);
		return NULL;
	}
	if (json_is_object(json)) {
		if (types_fit(request->pattern, json))
			return json;
		json_decref(json);
		reply_text(reply, 400, "Bad Request");
		return NULL;
	}
	/* PHP writes an empty object as []. */
	if (json_is_array(json) && !json_array_size(json)) {
		json_decref(json);
		return json_object();
	}
	json_decref(json);
	reply_error(
		reply, 400, "INVALID_JSON", "the body must be a JSON object");
	return NULL;
}

void reply_clear(struct reply *reply)
{
	size_t i;

	for (i = 0; i < reply->header_count; i++) {
		free(reply->names[i]);
		free(reply->values[i]);
	}
	text_clear(&reply->body);
	memset(reply, 0, sizeof(*reply));
}

void reply_header(struct reply *reply, const char *name, const char *value)
{
	if (reply->header_count == REPLY_HEADERS)
		return;
	reply->names[reply->header_count] = strdup(name);
	reply->values[reply->header_count] = strdup(value);
	reply->header_count++;
}

void reply_error_open(
	struct reply *reply, int status, const char *code, const char *message)
{
	char word[64];
	size_t i;

	for (i = 0; code[i] && i + 1 < sizeof(word); i++)
		word[i] = tolower((unsigned char)code[i]);
	word[i] = '\0';
	reply->status = status;
	text_clear(&reply->body);
	emit_open(&reply->body, NULL, '{');
	emit_string(&reply->body, "error",
		status == 429 || islower((unsigned char)code[0]) ? word
								 : message);
	emit_string(&reply->body, "message", message);
	emit_string(&reply->body, "code", code);
	emit_string(&reply->body, "details", message);
}

void reply_text(struct reply *reply, int status, const char *words)
{
	reply->status = status;
	reply->type = "text/plain; charset=utf-8";
	text_clear(&reply->body);
	text_puts(&reply->body, words);
}

void reply_error(
	struct reply *reply, int status, const char *code, const char *message)
{
	reply_error_open(reply, status, code, message);
	emit_close(&reply->body, '}');
}
