/* SPDX-License-Identifier: MIT */
/* tests/server/log_api.c - reads and follows the platform's log */
#include <stdlib.h>
#include <string.h>

#include "fields.h"
#include "route.h"
#include "server.h"
#include "stream.h"

enum {
	LINES_DEFAULT = 100,
	LINES_MAX = 10000,
	LOOK_MS = 100,
	ALIVE_MS = 15000,
};

/* From the path, the query or a JSON body; the strings are owned. */
struct log_query {
	char *source;
	char *grep;
	char *level;
	long lines;
	struct journal_filter filter;
};

static char *value_of(
	const struct request *request, const json_t *json, const char *name)
{
	const json_t *value = json_object_get(json, name);
	char *text = request_query(request, name);

	if (text)
		return text;
	if (json_is_integer(value))
		return json_dumps(value, JSON_ENCODE_ANY);
	return json_is_string(value) ? strdup(json_string_value(value)) : NULL;
}

/* 42s, 5m, 1h, 2d before now; 0 for anything else. */
static long long since_ms(const struct server *server, const char *text)
{
	static const char units[] = "smhd";
	static const long seconds[] = { 1, 60, 3600, 86400 };
	const char *unit;
	char *end;
	long number = text ? strtol(text, &end, 10) : 0;

	if (number <= 0 || !*end)
		return 0;
	unit = strchr(units, *end);
	if (!unit)
		return 0;
	return moment_now_ms(&server->moment) -
		number * seconds[unit - units] * 1000;
}

static void query_clear(struct log_query *query)
{
	free(query->source);
	free(query->grep);
	free(query->level);
}

static void query_read(struct server *server, const struct request *request,
	struct log_query *query)
{
	json_t *json = json_loadb(request->body ? request->body : "{}",
		request->body ? request->body_len : 2, 0, NULL);
	char *lines = value_of(request, json, "lines");
	char *since = value_of(request, json, "since");

	query->source = strcmp(request->parts[0], "logs") == 0 &&
			request->part_count > 1 &&
			strcmp(request->parts[1], "stream") != 0
		? strdup(request->parts[1])
		: value_of(request, json, "source");
	query->grep = value_of(request, json, "grep");
	query->level = value_of(request, json, "level");
	query->lines = lines ? atol(lines) : LINES_DEFAULT;
	if (query->lines < 1 || query->lines > LINES_MAX)
		query->lines = LINES_MAX;
	query->filter.grep = query->grep;
	query->filter.level = query->level;
	query->filter.since_ms = since_ms(server, since);
	free(lines);
	free(since);
	json_decref(json);
}

static bool is_all(const struct log_query *query)
{
	return !query->source || !strcmp(query->source, "all");
}

/* The stand-in has no other part that logs. */
static bool has_lines(const struct log_query *query)
{
	return is_all(query) || !strcmp(query->source, "api");
}

static void emit_plain(void *arg, const char *line)
{
	emit_string(arg, NULL, line);
}

static void emit_sourced(void *arg, const char *line)
{
	emit_open(arg, NULL, '{');
	emit_string(arg, "source", "api");
	emit_string(arg, "line", line);
	emit_close(arg, '}');
}

static void log_get(
	struct server *server, struct request *request, struct reply *reply)
{
	struct log_query query = { 0 };
	unsigned long long from = 0;
	bool all;

	query_read(server, request, &query);
	all = is_all(&query);
	emit_open(&reply->body, NULL, '{');
	if (all)
		emit_json(&reply->body, "sources", "[\"api\"]");
	emit_open(&reply->body, "lines", '[');
	if (has_lines(&query))
		journal_each(&server->journal, &from, query.lines,
			&query.filter, all ? emit_sourced : emit_plain,
			&reply->body);
	emit_close(&reply->body, ']');
	emit_close(&reply->body, '}');
	query_clear(&query);
}

static void emit_event(void *arg, const char *line)
{
	struct text *text = arg, event = { 0 };

	emit_sourced(&event, line);
	text_puts(text, "data: ");
	text_add(text, event.data, event.len);
	text_puts(text, "\n\n");
	text_clear(&event);
}

static void log_follow(
	struct server *server, struct request *request, struct stream *stream)
{
	struct log_query query = { 0 };
	unsigned long long from = stream->from;
	long long alive = moment_steady_ms();
	struct text text;

	query_read(server, request, &query);
	do {
		memset(&text, 0, sizeof(text));
		if (has_lines(&query))
			journal_each(&server->journal, &from, LINES_MAX,
				&query.filter, emit_event, &text);
		if (moment_steady_ms() - alive > ALIVE_MS) {
			text_puts(&text, "data: :keepalive\n\n");
			alive = moment_steady_ms();
		}
		if (text.len && !stream_push(stream, text.data, text.len))
			break;
		text_clear(&text);
	} while (stream_wait(stream, LOOK_MS));
	text_clear(&text);
	query_clear(&query);
}

static void log_stream(
	struct server *server, struct request *request, struct reply *reply)
{
	(void)request;
	reply->stream_from = journal_end(&server->journal);
	reply->type = "text/event-stream";
	reply->stream = log_follow;
}

const struct route log_routes[] = {
	{ "GET", "/logs", ROUTE_OLD, log_get },
	{ "GET", "/logs/stream", ROUTE_OLD, log_stream },
	{ "GET", "/logs/ID", ROUTE_OLD, log_get },
	{ "GET", "/logs/ID/stream", ROUTE_OLD, log_stream },
	{ "GET", "/logs/pool/ID", ROUTE_OLD, log_get },
	{ "GET", "/logs/pool/ID/stream", ROUTE_OLD, log_stream },
	{ "GET", "/paas/logs", ROUTE_OLD, log_get },
	{ "POST", "/paas/logs", ROUTE_OLD, log_get },
	{ "GET", "/paas/logs/stream", ROUTE_OLD, log_stream },
	{ NULL, NULL, 0, NULL },
};
