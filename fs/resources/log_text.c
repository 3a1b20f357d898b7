/* SPDX-License-Identifier: MIT */
/* fs/resources/log_text.c - the text of a log in an answer of the API */
#include "fs/resources/log_text.h"

#include <errno.h>
#include <stdlib.h>

#include "api/api.h"
#include "fs/core/row.h"

enum { PIECE = 256 << 10 };

/* A piece ends between two characters, because a byte that JSON cannot hold is
 * mapped to a character. */
static int string_print(const json_t *log, FILE *out)
{
	const char *at = json_string_value(log);
	size_t left = json_string_length(log), size, len;

	for (; left; at += size, left -= size) {
		size = left < PIECE ? left : PIECE;
		while (size < left && (at[size] & 0xc0) == 0x80)
			size--;
		json_t *piece = json_stringn_nocheck(at, size);
		char *bytes = json_to_bytes(piece, &len);
		json_decref(piece);
		if (!bytes)
			return -ENOMEM;
		fwrite(bytes, 1, len, out);
		free(bytes);
	}
	return 0;
}

/* Each line is a string, or where there are several sources, an object that
 * names its source. */
static int lines_print(const json_t *lines, FILE *out)
{
	const json_t *line;
	size_t i;
	int err = 0;

	json_array_foreach (lines, i, line) {
		const char *source =
			json_string_value(json_member(line, "source"));
		if (json_is_object(line))
			line = json_member(line, "line");
		if (!json_is_string(line))
			continue;
		if (source)
			fprintf(out, "%s ", source);
		err = render_value(line, out);
		if (err)
			break;
	}
	return err;
}

int log_text_print(const json_t *answer, FILE *out)
{
	const json_t *log = json_member(answer, "log|logs|lines|stdout");

	if (json_is_string(log))
		return string_print(log, out);
	return json_is_array(log) ? lines_print(log, out) : -EPROTO;
}
