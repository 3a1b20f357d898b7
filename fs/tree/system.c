/* SPDX-License-Identifier: MIT */
/* fs/tree/system.c - shells, and system/: what the API says of itself */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "fs/base/base.h"
#include "fs/core/core.h"
#include "fs/resources/resources.h"
#include "fs/tree/pools.h"
#include "fs/tree/rows.h"
#include "fs/tree/tables.h"

#define ANSWER(what, asked, says, ...)                                         \
	ANSWER_JSON("/system/" what ".json", asked, says,                      \
		.exists = answer_exists),                                      \
		FIXED_DIRECTORY("/system/" what, "the same, a value a file",   \
			.exists = answer_exists, .attr = answer_attr,          \
			.about = answer_about, .endpoint = asked, __VA_ARGS__)
#define VALUE(dir, asked, name, says)                                          \
	ANSWER_VALUE("/system/" dir "/" name, asked, name, says,               \
		.exists = answer_exists)
#define CLUSTER(name, says) VALUE("cluster", API_CLUSTER, name, says)
#define POOLS(name, says) VALUE("pools", API_POOLS, name, says)
#define STATS(name, says) VALUE("stats", API_STATS, name, says)
#define LOG(what, says)                                                        \
	READABLE("/system/logs/" what, says, .flags = ROW_UNSIZED,             \
		.endpoint = API_LOGS, .attr = service_log_attr,                \
		.open = service_log_open)

/* Names that are not listed may exist, too. */
static int log_find(struct op *op, const struct node *node, const char *name,
	struct lookup_result *found)
{
	(void)op;
	(void)node;
	return lookup_row(
		found, tree_row("/system/logs/pool/{pool}"), name, NULL);
}

const struct row tree_system_rows[] = {
	ANSWER_LIST("/shells", API_SHELLS,
		"the shells that sessions may have, one a line"),
	ANSWER_JSON("/shells.json", API_SHELLS,
		"the same by category, as the API gives them"),
	FIXED_DIRECTORY("/system", "what the API says of itself"),
	ANSWER("health", API_HEALTH, "its health"),
	VALUE("health", API_HEALTH, "status", "ok, if it is healthy"),
	ANSWER("cluster", API_CLUSTER, "its containers, and how many are free"),
	CLUSTER("mode", "pooled or on_demand"),
	CLUSTER("pool_size", "containers in the pool"),
	CLUSTER("allocated", "of them in use"),
	CLUSTER("available", "of them free"),
	CLUSTER("spawning", "of them being started"),
	CLUSTER("total_containers", "containers in all"),
	CLUSTER("network_mode", "which networks there are"),
	CLUSTER("version", "the version of the API"),
	ANSWER("pools", API_POOLS, "its pools of containers",
		.list = pools_list, .find = pools_find),
	POOLS("pool_count", "how many there are"),
	POOLS("total_capacity", "containers in all"),
	POOLS("total_allocated", "of them in use"),
	POOLS("total_available", "of them free"),
	ANSWER("stats", API_STATS, "its load"),
	STATS("containers", "running containers"),
	STATS("load_1min", "load over a minute"),
	STATS("load_5min", "over five"),
	STATS("load_15min", "over fifteen"),
	/* Not listed: only partners' keys may read them, and grep -r would
	 * fail. */
	FIXED_DIRECTORY("/system/logs",
		"the API's own logs, for a partner's key",
		.flags = ROW_UNLISTED),
	LOG("all", "of all its parts, each line with the part's name"),
	LOG("api", "of the API"),
	LOG("portal", "of the portal"),
	FIXED_DIRECTORY("/system/logs/pool", "of its nodes", .list = pools_list,
		.find = log_find),
	LOG("pool/{pool}", "of one of them, by its name"),
	{ 0 },
};
