/* SPDX-License-Identifier: MIT */
/* fs/resources/service_ports.c - which of a service's ports listen, and other
 * further answers about a resource */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "fs/core/core.h"
#include "fs/resources/resources.h"

static const char port_row[] = "/services/{service}/listening/{port}";

/* Whether name is a number as printed: no sign, no leading zero. */
static bool is_port(const char *name)
{
	size_t len = strlen(name);

	return len >= 1 && len <= 5 && strspn(name, "0123456789") == len &&
		*name != '0' && atol(name) <= 65535;
}

static int port_add(
	const struct node *node, const json_t *port, struct listing *listing)
{
	struct lookup_result found;
	int64_t number;
	char name[32];

	if (json_to_integer(port, &number))
		return 0;
	snprintf(name, sizeof(name), "%lld", (long long)number);
	if (!is_port(name))
		return 0;
	int err = lookup_row(&found, tree_row(port_row), node->id, name);
	return err ? err : listing_add(listing, name, &found);
}

int ports_list(struct op *op, const struct node *node, struct listing *listing)
{
	const json_t *ports, *port;
	size_t i;
	int err = resource_value(op, node, "ports", &ports);

	if (err)
		return err == -ENOENT ? 0 : err;
	if (!json_is_array(ports)) /* some answers have one number */
		return port_add(node, ports, listing);
	json_array_foreach (ports, i, port) {
		err = port_add(node, port, listing);
		if (err)
			break;
	}
	return err;
}

int ports_find(struct op *op, const struct node *node, const char *name,
	struct lookup_result *found)
{
	(void)op;
	return is_port(name)
		? lookup_row(found, tree_row(port_row), node->id, name)
		: -ENOENT;
}

int port_render(struct op *op, const struct node *node, FILE *out)
{
	const struct api_param query[] = {
		{ "port", node->name },
		{ 0 },
	};
	struct api_request request = {
		.endpoint = API_SERVICE_PORT,
		.priority = API_PERSON,
		.id = node->id,
		.query = query,
	};
	json_t *answer;
	int err = op_call(op, 0, &request, &answer);
	const json_t *listens = err ? NULL : json_member(answer, "listening");

	if (err || !listens)
		return err ? err : -EPROTO;
	return render_value(listens, out);
}

/* ---- other answers ---- */

int resource_part_source(struct op *op, const struct node *node, json_t **json)
{
	struct cache_answer answer;
	int err = op_get(op, node->row->endpoint, node->id, &answer);

	*json = err ? NULL : answer.json;
	return err;
}

int resource_part_exists(struct op *op, const struct node *node)
{
	json_t *json;
	int err = resource_part_source(op, node, &json);

	if (err == -EACCES || err == -EOPNOTSUPP)
		return -ENOENT;
	if (err || !node->row->member)
		return err;
	return json_member(json, node->row->member) ? 0 : -ENOENT;
}
