/* SPDX-License-Identifier: MIT */
/* tests/server/artifact.c - the files that a run leaves behind */
#include "artifact.h"

#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

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

struct adoption {
	const char *dir;
	time_t since;
};

static const char shared[] = "/tmp/artifacts";

static void adopt_one(
	void *arg, const char *name, const void *bytes, size_t len)
{
	const struct adoption *adoption = arg;
	char path[4096];
	struct stat stat;

	snprintf(path, sizeof(path), "%s/%s", shared, name);
	if (lstat(path, &stat) || stat.st_mtime < adoption->since)
		return;
	if (folder_write(adoption->dir, name, bytes, len) == 0)
		unlink(path);
}

void artifact_adopt(const char *dir, time_t since)
{
	char path[4096];
	struct adoption adoption = { path, since };

	snprintf(path, sizeof(path), "%s/artifacts", dir);
	folder_each(shared, LIMIT, adopt_one, &adoption);
	rmdir(shared);
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
