/* SPDX-License-Identifier: MIT */
/* tests/server/info_api.c - languages, shells and the machine */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "language.h"
#include "route.h"
#include "server.h"

struct shell_category {
	const char *name;
	const char *shells[16];
};

static const struct shell_category categories[] = {
	{ "unix",
		{ "bash", "dash", "sh", "zsh", "fish", "ksh", "tcsh", "csh",
			"elvish", "xonsh", "ash", NULL } },
	{ "python", { "python", "python3", "ipython", "bpython", NULL } },
	{ "javascript", { "node", NULL } },
	{ "ruby", { "ruby", "irb", NULL } },
	{ "scripting", { "lua", "php", "perl", NULL } },
	{ "lisp", { "scheme", "guile", "sbcl", "clisp", "clojure", NULL } },
	{ "haskell", { "ghci", NULL } },
	{ "erlang", { "erl", "iex", NULL } },
	{ "data", { "r", "julia", "sqlite3", NULL } },
	{ NULL, { NULL } },
};

static void language_list(
	struct server *server, struct request *request, struct reply *reply)
{
	const struct language *language;
	const struct language_alias *alias;
	int count = 0;

	(void)server;
	(void)request;
	emit_open(&reply->body, NULL, '{');
	emit_open(&reply->body, "languages", '[');
	for (language = languages; language->name; language++, count++)
		emit_string(&reply->body, NULL, language->name);
	emit_close(&reply->body, ']');
	emit_open(&reply->body, "aliases", '{');
	for (alias = language_aliases; alias->alias; alias++)
		emit_string(&reply->body, alias->alias, alias->name);
	emit_close(&reply->body, '}');
	emit_int(&reply->body, "count", count);
	emit_close(&reply->body, '}');
}

static void shell_list(
	struct server *server, struct request *request, struct reply *reply)
{
	const struct shell_category *category;
	int count = 0, i;

	(void)server;
	(void)request;
	emit_open(&reply->body, NULL, '{');
	emit_open(&reply->body, "shells", '[');
	for (category = categories; category->name; category++)
		for (i = 0; category->shells[i]; i++, count++)
			emit_string(&reply->body, NULL, category->shells[i]);
	emit_close(&reply->body, ']');
	emit_open(&reply->body, "categories", '{');
	for (category = categories; category->name; category++) {
		emit_open(&reply->body, category->name, '[');
		for (i = 0; category->shells[i]; i++)
			emit_string(&reply->body, NULL, category->shells[i]);
		emit_close(&reply->body, ']');
	}
	emit_close(&reply->body, '}');
	emit_int(&reply->body, "count", count);
	emit_close(&reply->body, '}');
}

static void health(
	struct server *server, struct request *request, struct reply *reply)
{
	(void)server;
	(void)request;
	text_puts(&reply->body, "{\"status\":\"ok\"}");
}

/* is_text: the numbers of load_avg are strings, too. */
static void emit_load(struct text *body, bool is_text)
{
	double load[3] = { 0, 0, 0 };
	static const char *const names[] = { "load_1min", "load_5min",
		"load_15min" };
	static const char *const short_names[] = { "load1", "load5", "load15" };
	char number[3][32];
	int i;

	if (getloadavg(load, 3) != 3)
		load[0] = load[1] = load[2] = 0;
	for (i = 0; i < 3; i++) {
		snprintf(number[i], sizeof(number[i]), "%.2f", load[i]);
		emit_string(body, names[i], number[i]);
	}
	emit_open(body, "load_avg", '{');
	for (i = 0; i < 3; i++)
		if (is_text)
			emit_string(body, short_names[i], number[i]);
		else
			emit_json(body, short_names[i], number[i]);
	emit_close(body, '}');
}

enum {
	POOL_SIZE = 1000,
};

static const char pool_id[] = "pool-1";

static void emit_pool(struct text *body, int allocated)
{
	emit_int(body, "allocated", allocated);
	emit_int(body, "available", POOL_SIZE - allocated);
	emit_int(body, "total", POOL_SIZE);
}

static void emit_breakdown(struct text *body, int active)
{
	emit_open(body, "network_breakdown", '{');
	emit_open(body, "zerotrust", '{');
	emit_pool(body, active);
	emit_close(body, '}');
	emit_open(body, "semitrusted", '{');
	emit_pool(body, 0);
	emit_int(body, "services", 0);
	emit_close(body, '}');
	emit_close(body, '}');
}

static void cluster(
	struct server *server, struct request *request, struct reply *reply)
{
	int active = jobs_active(&server->jobs, NULL);
	struct text *body = &reply->body;

	(void)request;
	emit_open(body, NULL, '{');
	emit_string(body, "mode", "pooled");
	emit_int(body, "pool_size", POOL_SIZE);
	emit_pool(body, active);
	emit_int(body, "spawning", 0);
	emit_int(body, "total_containers", active);
	emit_string(body, "network_mode", "hybrid");
	emit_breakdown(body, active);
	emit_load(body, false);
	emit_open(body, "memory", '{');
	emit_int(body, "used_gb", 1);
	emit_int(body, "available_gb", 15);
	emit_int(body, "used_percent", 6);
	emit_close(body, '}');
	emit_string(body, "version", "stand-in");
	emit_close(body, '}');
}

static void pools(
	struct server *server, struct request *request, struct reply *reply)
{
	int active = jobs_active(&server->jobs, NULL);
	struct text *body = &reply->body;

	(void)request;
	emit_open(body, NULL, '{');
	emit_int(body, "pool_count", 1);
	emit_int(body, "total_capacity", POOL_SIZE);
	emit_int(body, "total_allocated", active);
	emit_int(body, "total_available", POOL_SIZE - active);
	emit_open(body, "pools", '[');
	emit_open(body, NULL, '{');
	emit_string(body, "id", pool_id);
	emit_string(body, "host", "localhost");
	emit_string(body, "status", "healthy");
	emit_int(body, "vcpu_count", 8);
	emit_pool(body, active);
	emit_load(body, false);
	emit_close(body, '}');
	emit_close(body, ']');
	emit_close(body, '}');
}

static void pool_stats(
	struct server *server, struct request *request, struct reply *reply)
{
	int active = jobs_active(&server->jobs, NULL);
	struct text *body = &reply->body;

	if (strcmp(request->parts[1], pool_id)) {
		reply_error(
			reply, 404, "POOL_NOT_FOUND", "There is no such pool");
		return;
	}
	emit_open(body, NULL, '{');
	emit_string(body, "mode", "pooled");
	emit_int(body, "pool_size", POOL_SIZE);
	emit_int(body, "total_containers", active);
	emit_int(body, "available", POOL_SIZE - active);
	emit_int(body, "allocated", active);
	emit_int(body, "spawning", 0);
	emit_string(body, "network_mode", "hybrid");
	emit_breakdown(body, active);
	emit_load(body, true);
	emit_open(body, "memory", '{');
	emit_int(body, "total_mb", 16384);
	emit_int(body, "used_mb", 1024);
	emit_int(body, "available_mb", 15360);
	emit_int(body, "used_percent", 6);
	emit_close(body, '}');
	emit_close(body, '}');
}

static void stats(
	struct server *server, struct request *request, struct reply *reply)
{
	(void)request;
	emit_open(&reply->body, NULL, '{');
	emit_int(&reply->body, "containers", jobs_active(&server->jobs, NULL));
	emit_load(&reply->body, false);
	emit_close(&reply->body, '}');
}

const struct route info_routes[] = {
	{ "GET", "/languages", 0, language_list },
	{ "GET", "/shells", 0, shell_list },
	{ "GET", "/health", ROUTE_OPEN | ROUTE_OLD, health },
	{ "HEAD", "/health", ROUTE_OPEN | ROUTE_OLD, health },
	{ "GET", "/cluster", ROUTE_OPEN, cluster },
	{ "GET", "/pools", ROUTE_OPEN, pools },
	{ "GET", "/pools/ID/stats", ROUTE_OPEN, pool_stats },
	{ "GET", "/stats", ROUTE_OPEN, stats },
	{ NULL, NULL, 0, NULL },
};
