/* SPDX-License-Identifier: MIT */
/* tests/server/artifact.c - the files that a run leaves behind */
#include "artifact.h"

#include <stdio.h>
#include <stdlib.h>

#include "base64.h"
#include "emit.h"
#include "folder.h"

enum {
	LIMIT = 256 << 20,
};

static void emit_one(void *arg, const char *name, const void *bytes, size_t len)
{
	struct text *text = arg;
	struct text encoded = { 0 };

	base64_encode(&encoded, bytes, len);
	emit_open(text, NULL, '{');
	emit_string(text, "filename", name);
	emit_string(text, "name", name);
	emit_string(text, "type", "base64");
	emit_int(text, "size", len);
	emit_bytes(text, "content_base64", encoded.data, encoded.len, false);
	emit_bytes(text, "data", encoded.data, encoded.len, false);
	emit_bytes(text, "content", encoded.data, encoded.len, false);
	emit_close(text, '}');
	text_clear(&encoded);
}

void artifact_collect(struct text *text, const char *dir, bool has_binary)
{
	char path[4096];
	char *bytes;
	size_t len;

	emit_open(text, NULL, '[');
	snprintf(path, sizeof(path), "%s/a.out", dir);
	if (has_binary && folder_read(path, LIMIT, &bytes, &len) == 0) {
		emit_one(text, "a.out", bytes, len);
		free(bytes);
	}
	snprintf(path, sizeof(path), "%s/artifacts", dir);
	folder_each(path, LIMIT, emit_one, text);
	emit_close(text, ']');
}
