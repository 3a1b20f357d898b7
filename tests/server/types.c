/* SPDX-License-Identifier: MIT */
/* tests/server/types.c - the types of members that requests may have */
#include "types.h"

#include <string.h>

enum {
	NUMBER = 1,
	TEXT = 2,
	FLAG = 4,
	LIST = 8,
	OBJECT = 16,
};

struct row {
	const char *name;
	unsigned int types;
};

static const struct row rows[] = {
	{ "add", LIST },
	{ "api_key", TEXT },
	{ "bootstrap", TEXT },
	{ "bootstrap_content", TEXT },
	{ "code", TEXT },
	{ "command", TEXT },
	{ "custom_domains", LIST },
	{ "description", TEXT },
	{ "email", TEXT },
	{ "env", OBJECT | TEXT },
	{ "hot", FLAG },
	{ "input_files", LIST },
	{ "keys", LIST },
	{ "language", TEXT },
	{ "multiplexer", TEXT },
	{ "name", TEXT },
	{ "network_mode", TEXT },
	{ "ports", LIST },
	{ "remove", LIST },
	{ "return_artifact", FLAG },
	{ "return_wasm_artifact", FLAG },
	{ "role", TEXT },
	{ "seconds", NUMBER },
	{ "shell", TEXT },
	{ "show_freeze_page", FLAG },
	{ "snapshot_id", TEXT },
	{ "source_id", TEXT },
	{ "source_type", TEXT },
	{ "sudo_required", FLAG },
	{ "timeout", NUMBER },
	{ "to_api_key", TEXT },
	{ "token", TEXT },
	{ "ttl", NUMBER },
	{ "type", TEXT },
	{ "unfreeze_on_demand", FLAG },
	{ "vcpu", NUMBER },
	{ "visibility", TEXT },
};

static unsigned int types_of(const json_t *value)
{
	switch (json_typeof(value)) {
	case JSON_INTEGER:
		return NUMBER | FLAG;
	case JSON_STRING:
		return TEXT;
	case JSON_TRUE:
	case JSON_FALSE:
		return FLAG;
	case JSON_ARRAY:
		/* PHP writes an empty object as []. */
		return json_array_size(value) ? LIST : LIST | OBJECT;
	case JSON_OBJECT:
		return OBJECT;
	case JSON_NULL:
		return ~0U;
	default:
		return 0;
	}
}

/* Whether any type is accepted for this member of requests to the path. */
static bool is_free(const char *pattern, const char *name)
{
	if (!strncmp(pattern, "/_standin", 9) ||
		!strcmp(pattern, "/services/ID/env"))
		return true;
	/* un.c sends "80,443". */
	return !strcmp(pattern, "/images/ID/spawn") && !strcmp(name, "ports");
}

bool types_fit(const char *pattern, const json_t *json)
{
	const json_t *value;
	size_t i;

	for (i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		value = json_object_get(json, rows[i].name);
		if (value && !(types_of(value) & rows[i].types) &&
			!is_free(pattern, rows[i].name))
			return false;
	}
	return true;
}
