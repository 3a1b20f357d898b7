/* SPDX-License-Identifier: MIT */
/* fs/resources/log_source.c - whose log a file is, and how the API tells it */
#include "fs/resources/log_source.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "api/api.h"
#include "fs/base/safe_name.h"
#include "fs/core/node.h"
#include "fs/core/row.h"

bool log_source_is_system(const struct node *node)
{
	return !strncmp(node->row->path, "/system/", 8);
}

char *log_source_id(const struct node *node)
{
	char *id, *name;

	if (!log_source_is_system(node))
		return strdup(node->id);
	if (!node->name[0])
		return strdup(row_name(node->row));
	name = safe_name_decode(node->name);
	if (!name || asprintf(&id, "pool/%s", name) < 0)
		id = NULL;
	free(name);
	return id;
}

/* Strings, or where there are several sources, objects that tell theirs. */
static int lines_print(const json_t *lines, FILE *out)
{
	const json_t *line;
	size_t i;

	if (!json_is_array(lines))
		return -EPROTO;
	json_array_foreach (lines, i, line) {
		const char *source =
			json_string_value(json_member(line, "source"));
		int err;

		if (json_is_object(line))
			line = json_member(line, "line");
		if (!json_is_string(line))
			continue;
		if (source)
			fprintf(out, "%s ", source);
		err = render_value(line, out);
		if (err)
			return err;
	}
	return 0;
}

int log_source_text(
	bool is_system, const json_t *answer, char **text, size_t *len)
{
	const json_t *value;

	if (!is_system) {
		value = json_member(answer, "log|logs|stdout");
		*text = json_to_bytes(value, len);
		return *text ? 0 : json_is_string(value) ? -ENOMEM : -EPROTO;
	}
	FILE *out = open_memstream(text, len);
	if (!out)
		return -ENOMEM;
	int err = lines_print(json_member(answer, "lines|logs"), out);
	if (fclose(out) && !err)
		err = -ENOMEM;
	if (err)
		free(*text);
	return err;
}
