/* SPDX-License-Identifier: MIT */
/* tests/server/artifact.c - the files that a run leaves behind */
#include "artifact.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base64.h"
#include "emit.h"
#include "folder.h"
#include "mounts.h"
#include "switch.h"

enum {
	LIMIT = 256 << 20,
};

/* Which names its members have with the switch lean_artifacts. */
enum form {
	FORM_RUN,
	FORM_SERVICE,
	FORM_SINGLE,
};

struct collection {
	struct text *text;
	enum form form;
};

static void emit_error(struct text *text, const char *key, const char *message)
{
	emit_open(text, key, '{');
	emit_string(text, "type", "error");
	emit_string(text, "error", message);
	emit_close(text, '}');
}

static void emit_members(struct text *text, enum form form, const char *name,
	const struct text *encoded, size_t len)
{
	bool is_lean = switch_is_on(SWITCH_LEAN_ARTIFACTS);
	bool is_run = !is_lean || form == FORM_RUN;
	bool is_other = !is_lean || form != FORM_RUN;

	emit_string(text, "filename", name);
	if (is_other)
		emit_string(text, "type", "base64");
	if (is_run) {
		emit_string(text, "mime_type", "application/octet-stream");
		emit_int(text, "size", len);
		emit_bytes(text, "content_base64", encoded->data, encoded->len,
			false);
	}
	if (is_other)
		emit_bytes(text, "data", encoded->data, encoded->len, false);
	if (is_lean)
		return;
	emit_string(text, "name", name);
	emit_bytes(text, "content", encoded->data, encoded->len, false);
}

static void emit_one(void *arg, const char *name, const void *bytes, size_t len)
{
	const struct collection *collection = arg;
	struct text *text = collection->text;
	struct text encoded = { 0 };

	if (switch_is_on(SWITCH_ARTIFACT_ERRORS)) {
		emit_error(text, NULL, "The artifact is too large");
		return;
	}
	base64_encode(&encoded, bytes, len);
	emit_open(text, NULL, '{');
	emit_members(text, collection->form, name, &encoded, len);
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

static bool read_binary(const char *dir, char **bytes, size_t *len)
{
	char path[4096];

	snprintf(path, sizeof(path), "%s/a.out", dir);
	return folder_read(path, LIMIT, bytes, len) == 0;
}

void artifact_collect(struct text *text, const char *dir, bool has_binary)
{
	struct collection collection = { text, FORM_RUN };
	char path[4096], *bytes;
	size_t len;

	emit_open(text, NULL, '[');
	if (has_binary && !switch_is_on(SWITCH_ARTIFACT_APART) &&
		read_binary(dir, &bytes, &len)) {
		emit_one(&collection, "a.out", bytes, len);
		free(bytes);
	}
	snprintf(path, sizeof(path), "%s/artifacts", dir);
	folder_each(path, LIMIT, emit_one, &collection);
	snprintf(path, sizeof(path), "%s/%s/artifacts", dir, MOUNTS_ROOT);
	folder_each(path, LIMIT, emit_one, &collection);
	emit_close(text, ']');
}

void artifact_collect_root(
	struct text *text, const char *dir, bool is_sandboxed)
{
	struct collection collection = { text, FORM_SERVICE };
	char path[4096];

	snprintf(path, sizeof(path), "%s/%s/artifacts", dir,
		is_sandboxed ? MOUNTS_ROOT : ".");
	emit_open(text, NULL, '[');
	folder_each(path, LIMIT, emit_one, &collection);
	emit_close(text, ']');
	if (text->len == strlen("[]"))
		text_clear(text);
}

void artifact_binary(struct text *text, const char *dir)
{
	struct collection collection = { text, FORM_SINGLE };
	char *bytes;
	size_t len;

	if (!read_binary(dir, &bytes, &len)) {
		emit_error(text, NULL, "There is no compiled program");
		return;
	}
	emit_one(&collection, "a.out", bytes, len);
	free(bytes);
}

void artifact_wasm(struct text *text, const char *language)
{
	static const char *const able[] = { "c", "cpp", "rust", "zig", "go" };
	static const char module[8] = "\0asm\1\0\0";
	struct collection collection = { text, FORM_SINGLE };
	size_t i;

	for (i = 0; i < sizeof(able) / sizeof(*able); i++) {
		if (strcmp(able[i], language))
			continue;
		emit_one(&collection, "main.wasm", module, sizeof(module));
		return;
	}
	emit_error(
		text, NULL, "This language cannot be compiled to WebAssembly");
}
