/* SPDX-License-Identifier: MIT */
/* fs/tree/system.c - shells, and system/: what the API says of itself */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "fs/base/json_array.h"
#include "fs/base/safe_name.h"
#include "fs/core/core.h"
#include "fs/core/listing.h"
#include "fs/core/row.h"
#include "fs/resources/resources.h"
#include "fs/tree/tables.h"

/* The answer that a row shows, by the word in its path. */
static enum api_endpoint endpoint_of(const struct row *row)
{
	static const struct {
		const char *path;
		enum api_endpoint endpoint;
	} table[] = {
		{ "/shells", API_SHELLS },
		{ "/system/health", API_HEALTH },
		{ "/system/cluster", API_CLUSTER },
		{ "/system/pools", API_POOLS },
	};

	for (size_t i = 0; i < sizeof(table) / sizeof(*table); i++)
		if (!strncmp(row->path, table[i].path, strlen(table[i].path)))
			return table[i].endpoint;
	return API_STATS;
}

static int answer_source(struct op *op, const struct node *node, json_t **json)
{
	struct cache_answer answer;
	int err = op_get(op, endpoint_of(node->row), NULL, &answer);

	*json = answer.json;
	return err;
}

static int answer_attr(struct op *op, const struct node *node,
	struct stat *attr, double *timeout_s)
{
	enum api_endpoint endpoint = endpoint_of(node->row);
	struct cache_answer answer;
	int err = op_get(op, endpoint, NULL, &answer);

	if (err)
		return err;
	struct timespec at = answer_changed(op->core, endpoint, &answer);
	attr_times(attr, &at, &at);
	*timeout_s = answer_timeout_s(op, &answer);
	return 0;
}

/* Not every API has all of these; what it does not tell does not exist. */
static int answer_exists(struct op *op, const struct node *node)
{
	json_t *json;
	int err = answer_source(op, node, &json);

	if (err == -EACCES || err == -EOPNOTSUPP)
		return -ENOENT;
	if (err || !node->row->member)
		return err;
	return json_member(json, node->row->member) ? 0 : -ENOENT;
}

static int answer_render(struct op *op, const struct node *node, FILE *out)
{
	json_t *json;
	int err = answer_source(op, node, &json);

	return err ? err : render_json(json, out);
}

static int shells_render(struct op *op, const struct node *node, FILE *out)
{
	json_t *json;
	int err = answer_source(op, node, &json);

	if (err)
		return err;
	const json_t *list = json_array_in(json, "shells");
	return list ? render_value(list, out) : -EPROTO;
}

#define ANSWER(what, text)                                                     \
	{                                                                      \
		.path = "/system/" what ".json",                               \
		.kind = ROW_FILE,                                              \
		.mode = 0444,                                                  \
		.exists = answer_exists,                                       \
		.attr = answer_attr,                                           \
		.render = answer_render,                                       \
		.help = text,                                                  \
	},                                                                     \
	{                                                                      \
		.path = "/system/" what, .kind = ROW_DIR, .mode = 0555,        \
		.exists = answer_exists, .attr = answer_attr,                  \
		.help = "the same, a value a file",                            \
	}
#define VALUE(what, names, text)                                               \
	{                                                                      \
		.path = "/system/" what, .kind = ROW_FILE, .mode = 0444,       \
		.exists = answer_exists, .source = answer_source,              \
		.member = names, .help = text,                                 \
	}

static int pool_add(const json_t *pool, struct listing *listing)
{
	const struct row *row = tree_row("/system/logs/pool/{node}");
	const char *id = json_string_value(json_member(pool, "id|name"));
	char *name = id ? safe_name_encode(id, strlen(id)) : NULL;
	struct found found;
	int err;

	if (!name)
		return id ? -ENOMEM : 0;
	err = found_row(&found, row, NULL, name);
	if (!err)
		err = listing_add(listing, name, &found);
	free(name);
	return err;
}

/* Those in the pools' answer, if the key may see it. */
static int pool_list(
	struct op *op, const struct node *node, struct listing *listing)
{
	struct cache_answer answer;
	const json_t *pools, *pool;
	size_t i;
	int err = op_get(op, API_POOLS, NULL, &answer);

	(void)node;
	if (err == -EINPROGRESS)
		return err;
	pools = err ? NULL : json_member(answer.json, "pools");
	err = 0;
	json_array_foreach (pools, i, pool) {
		err = pool_add(pool, listing);
		if (err)
			break;
	}
	return err;
}

/* There may be others. */
static int pool_find(struct op *op, const struct node *node, const char *name,
	struct found *found)
{
	(void)op;
	(void)node;
	return found_row(
		found, tree_row("/system/logs/pool/{node}"), NULL, name);
}

/* Not listed: only partners' keys may read it, and grep -r would fail. */
#define LOG(what, text)                                                        \
	{                                                                      \
		.path = "/system/logs/" what, .kind = ROW_FILE, .mode = 0444,  \
		.flags = ROW_UNSIZED, .attr = service_log_attr,                \
		.open = service_log_open, .help = text,                        \
	}

const struct row tree_system_rows[] = {
	{ .path = "/shells",
		.kind = ROW_FILE,
		.mode = 0444,
		.render = shells_render,
		.attr = answer_attr,
		.help = "the shells that sessions may have, one a line" },
	{ .path = "/shells.json",
		.kind = ROW_FILE,
		.mode = 0444,
		.render = answer_render,
		.attr = answer_attr,
		.help = "the same by category, as the API gives them" },
	{ .path = "/system",
		.kind = ROW_DIR,
		.mode = 0555,
		.help = "what the API says of itself" },
	ANSWER("health", "whether it is well"),
	VALUE("health/status", "status", "ok, where it is"),
	ANSWER("cluster", "its containers, and how many are free"),
	VALUE("cluster/mode", "mode", "pooled or on_demand"),
	VALUE("cluster/pool_size", "pool_size", "containers in the pool"),
	VALUE("cluster/allocated", "allocated", "of them in use"),
	VALUE("cluster/available", "available", "of them free"),
	VALUE("cluster/spawning", "spawning", "of them on their way"),
	VALUE("cluster/total_containers", "total_containers",
		"containers in all"),
	VALUE("cluster/network_mode", "network_mode",
		"which networks there are"),
	VALUE("cluster/version", "version", "of the API"),
	ANSWER("pools", "its pools of containers"),
	VALUE("pools/pool_count", "pool_count", "how many there are"),
	VALUE("pools/total_capacity", "total_capacity", "containers in all"),
	VALUE("pools/total_allocated", "total_allocated", "of them in use"),
	VALUE("pools/total_available", "total_available", "of them free"),
	ANSWER("stats", "its load"),
	VALUE("stats/containers", "containers", "containers that run"),
	VALUE("stats/load_1min", "load_1min", "load over a minute"),
	VALUE("stats/load_5min", "load_5min", "over five"),
	VALUE("stats/load_15min", "load_15min", "over fifteen"),
	{ .path = "/system/logs",
		.kind = ROW_DIR,
		.mode = 0555,
		.flags = ROW_UNLISTED,
		.help = "the API's own logs, for a partner's key" },
	LOG("all", "of all its parts, each line with the part's name"),
	LOG("api", "of the API"),
	LOG("portal", "of the portal"),
	{ .path = "/system/logs/pool",
		.kind = ROW_DIR,
		.mode = 0555,
		.list = pool_list,
		.find = pool_find,
		.help = "of its nodes" },
	LOG("pool/{node}", "of one of them, by its name"),
	{ 0 },
};
