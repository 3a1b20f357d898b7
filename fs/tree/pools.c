/* SPDX-License-Identifier: MIT */
/* fs/tree/pools.c - system/pools/ID/: one of the API's pools of containers */
#include "fs/tree/pools.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "fs/base/base.h"
#include "fs/tree/rows.h"
#include "fs/tree/tables.h"

/* NULL: it has no usable id, or out of memory. Owned by the caller, free(). */
static char *pool_name(const json_t *pool)
{
	return json_file_name(json_member(pool, "id|name"));
}

static int pools_get(struct op *op, const json_t **pools)
{
	struct cache_answer answer;
	int err = op_get(op, API_POOLS, NULL, &answer);

	*pools = err ? NULL : json_array_in(answer.json, "pools");
	return err;
}

int pools_list(struct op *op, const struct node *node, struct listing *listing)
{
	const json_t *pools, *pool;
	size_t i;
	int err = pools_get(op, &pools);

	if (err == -EINPROGRESS)
		return err;
	err = 0;
	json_array_foreach (pools, i, pool) {
		char *name = pool_name(pool);
		if (!name)
			continue;
		err = listing_add_row(listing, name,
			tree_below(node->row, "{pool}"), name, NULL);
		free(name);
		if (err)
			break;
	}
	return err;
}

static int pool_get(struct op *op, const char *name, json_t **found)
{
	const json_t *pools, *pool;
	size_t i;
	int err = pools_get(op, &pools);

	if (err)
		return err;
	json_array_foreach (pools, i, pool) {
		char *shown = pool_name(pool);
		bool is_it = shown && !strcmp(shown, name);
		free(shown);
		*found = (json_t *)pool;
		if (is_it)
			return 0;
	}
	return -ENOENT;
}

int pools_find(struct op *op, const struct node *node, const char *name,
	struct lookup_result *found)
{
	json_t *pool;
	int err = pool_get(op, name, &pool);

	return err ? err
		   : lookup_row(found, tree_below(node->row, "{pool}"), name,
			     NULL);
}

static int pool_source(struct op *op, const struct node *node, json_t **json)
{
	return pool_get(op, node->id, json);
}

/* ---- what only a pool's own answer has ---- */

static int stats_get(struct op *op, const struct node *node, json_t **json)
{
	char *id = safe_name_decode(node->id);
	struct cache_answer answer;
	int err = id ? op_get(op, API_POOL_STATS, id, &answer) : -ENOMEM;

	free(id);
	*json = err ? NULL : answer.json;
	return err;
}

/* Some values are in objects of the answer. */
static int stats_source(struct op *op, const struct node *node, json_t **json)
{
	static const char *const inner[] = { "load_avg", "memory" };
	const char *member = node->row->member;
	int err = stats_get(op, node, json);

	if (err || !member)
		return err;
	for (size_t i = 0; i < sizeof(inner) / sizeof(*inner); i++) {
		json_t *object = json_object_get(*json, inner[i]);
		if (!json_member(*json, member) && json_member(object, member))
			*json = object;
	}
	return 0;
}

/* These are not in the answer that sets the directory's times. */
static int stats_attr(struct op *op, const struct node *node, struct stat *attr,
	double *timeout_s)
{
	struct cache_answer answer;
	int err = op_get(op, API_POOLS, NULL, &answer);

	(void)node;
	if (err)
		return err;
	struct timespec at = answer_changed(op->core, API_POOLS, &answer);
	attr_times(attr, &at, &at);
	*timeout_s = 0;
	return 0;
}

#define HERE "/system/pools/{pool}"
#define POOL(name, says)                                                       \
	READABLE(HERE "/" name, says, .attr = answer_attr,                     \
		.endpoint = API_POOLS, .source = pool_source, .member = name)
#define STATS(name, names, says)                                               \
	READABLE(HERE "/stats/" name, says, .attr = stats_attr,                \
		.source = stats_source, .member = names)

const struct row tree_pools_rows[] = {
	FIXED_DIRECTORY(HERE, "one of them, by its id", .attr = answer_attr,
		.endpoint = API_POOLS),
	POOL("host", "where it is"),
	POOL("status", "healthy, if it is"),
	POOL("vcpu_count", "virtual CPUs that it has"),
	POOL("total", "containers in all"),
	POOL("allocated", "of them in use"),
	POOL("available", "of them free"),
	POOL("load_1min", "its load over a minute"),
	POOL("load_5min", "over five"),
	POOL("load_15min", "over fifteen"),
	/* Not listed: each takes a request. */
	FIXED_DIRECTORY(HERE "/stats",
		"what only its own answer tells; found only by its name",
		.flags = ROW_UNLISTED, .attr = answer_attr,
		.endpoint = API_POOLS),
	STATS("mode", "mode", "pooled or on_demand"),
	STATS("pool_size", "pool_size", "containers in the pool"),
	STATS("total_containers", "total_containers", "containers in all"),
	STATS("allocated", "allocated", "of them in use"),
	STATS("available", "available", "of them free"),
	STATS("spawning", "spawning", "of them being started"),
	STATS("network_mode", "network_mode", "which networks there are"),
	STATS("load_1min", "load_1min|load1", "its load over a minute"),
	STATS("load_5min", "load_5min|load5", "over five"),
	STATS("load_15min", "load_15min|load15", "over fifteen"),
	STATS("memory_total_mb", "total_mb", "its memory, in megabytes"),
	STATS("memory_used_mb", "used_mb", "of it in use"),
	STATS("memory_available_mb", "available_mb", "of it free"),
	STATS("memory_used_percent", "used_percent",
		"of it in use, in percent"),
	READABLE(HERE "/stats/stats.json", "the whole answer",
		.attr = stats_attr, .source = stats_source),
	{ 0 },
};
