/* SPDX-License-Identifier: MIT */
/* fs/jobs/job_artifacts.c - the files that a run has left, out of its answer */
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <syslog.h>
#include <unistd.h>

#include "api/api.h"
#include "fs/base/base.h"
#include "fs/jobs/jobs.h"

/*
 * Files are in the array artifacts; a compiled program is in the object
 * artifact, and as WebAssembly in wasm_artifact (api/API.md 16.4). The API does
 * not know what the source of a program is called, so it cannot name these two.
 * Some sources have the compiled program in the array, too.
 */

enum { ARTIFACTS_MAX = 10000, ARTIFACTS_FEW = 16, MISSING_MAX = 10 };

static const char data_members[] = "content_base64|data|content";
static const char name_members[] = "filename|name";

struct single {
	const char *member;
	const char *ending; /* after the name of the source without its own */
};

static const struct single singles[] = { { "artifact", "" },
	{ "wasm_artifact", ".wasm" } };
enum { SINGLES = sizeof(singles) / sizeof(*singles) };

static const json_t *single_of(const json_t *answer, size_t i)
{
	const json_t *item = json_object_get(answer, singles[i].member);

	return json_is_object(item) ? item : NULL;
}

/* ---- names ---- */

/* Encodes a name that is not one component, or steers a terminal, by the rules
 * of fs/base/safe_name.h. Takes name; NULL if out of memory. */
static char *artifact_encode(char *name, size_t len)
{
	if (len && strcmp(name, ".") && strcmp(name, "..") &&
		safe_name_is_plain(name, len))
		return name;
	char *encoded = safe_name_encode(name, len);
	free(name);
	return encoded;
}

/* Takes a name, or NULL, from the network, which becomes a file name in
 * artifacts/: at most 255 bytes, and no other's. Others are replaced; NULL if
 * out of memory. */
static char *artifact_name(
	const struct storing *storing, char *name, size_t index)
{
	if (name && *name && strlen(name) <= SAFE_NAME_MAX &&
		!json_object_get(storing->names, name))
		return name;
	do {
		free(name);
		if (asprintf(&name, "artifact-%zu", ++index) < 0)
			return NULL;
	} while (json_object_get(storing->names, name));
	return name;
}

/* The name that the answer gives; NULL: none, or out of memory. */
static char *name_given(const json_t *item)
{
	size_t len;
	char *name = json_to_bytes(json_member(item, name_members), &len);

	return name ? artifact_encode(name, len) : NULL;
}

/* The name of what was compiled; NULL: the source is unknown, or out of memory.
 */
static char *name_compiled(const char *program, const char *ending)
{
	const char *dot = program ? strrchr(program, '.') : NULL;
	char *name;
	int len = !program	? 0
		: dot > program ? (int)(dot - program)
				: (int)strlen(program);

	return len && asprintf(&name, "%.*s%s", len, program, ending) >= 0
		? name
		: NULL;
}

/* ---- what cannot be delivered ---- */

static bool is_missing(const json_t *item)
{
	const char *type = json_string_value(json_member(item, "type"));

	return (type && !strcmp(type, "error")) ||
		(json_member(item, "error") &&
			!json_member(item, data_members));
}

/* Notes the message that the answer has in place of an artifact. */
static int note_missing(const json_t *item, struct job_stored *stored)
{
	const char *name = json_string_value(json_member(item, name_members));
	const char *why =
		json_string_value(json_member(item, "error|message|data"));

	if (!why)
		why = "the API does not say why it is missing";
	if (!stored->missing)
		stored->missing = json_array();
	if (json_array_size(stored->missing) >= MISSING_MAX)
		return 0;
	return json_array_append_new(stored->missing,
		       name ? json_sprintf("%s: %s", name, why)
			    : json_string(why))
		? -ENOMEM
		: 0;
}

/* ---- files ---- */

static bool is_program(const char *bytes, size_t len)
{
	return len > 4 && !memcmp(bytes, "\177ELF", 4);
}

/* Takes name; NULL: any. */
static int store_artifact(const struct storing *storing, const json_t *item,
	char *name, struct job_stored *stored)
{
	size_t index = stored->artifact_count, len = 0;
	struct job_artifact *artifact = &stored->artifacts[index];
	const json_t *data = json_member(item, data_members);
	char *bytes = NULL, suffix[40];

	artifact->name = artifact_name(storing, name, index);
	if (!artifact->name)
		return -ENOMEM;
	stored->artifact_count++;
	if (json_object_set_new_nocheck(
		    storing->names, artifact->name, json_true()))
		return -ENOMEM;
	/* Damaged base64 makes an empty file; the rest of the result stays. */
	if (json_is_string(data) &&
		base64_decode(json_string_value(data), json_string_length(data),
			&bytes, &len))
		len = 0;
	snprintf(suffix, sizeof(suffix), "artifact.%zu", index);
	artifact->size = len;
	artifact->is_program = is_program(bytes, len);
	int err = job_store_file(
		storing, suffix, bytes ? bytes : "", &artifact->size);
	free(bytes);
	return err;
}

static int store_single(const struct storing *storing, const json_t *item,
	const char *ending, struct job_stored *stored)
{
	if (is_missing(item))
		return note_missing(item, stored);
	char *name = name_compiled(storing->program, ending);
	return store_artifact(
		storing, item, name ? name : name_given(item), stored);
}

/* Whether the same artifact is also one of the objects beside the array. */
static bool is_single(const json_t *answer, const json_t *item)
{
	const json_t *data = json_member(item, data_members);
	bool is_same = false;

	for (size_t i = 0; data && i < SINGLES; i++)
		is_same |= json_equal(
			data, json_member(single_of(answer, i), data_members));
	return is_same;
}

static int store_listed(const struct storing *storing, const json_t *answer,
	const json_t *item, struct job_stored *stored)
{
	if (is_missing(item))
		return note_missing(item, stored);
	return is_single(answer, item)
		? 0
		: store_artifact(storing, item, name_given(item), stored);
}

/* Thousands of fsyncs would hold up all closes, so many artifacts are made
 * durable by one. Other work is done between a few and the next few. */
static int store_all(const struct storing *storing, const json_t *answer,
	size_t count, struct job_stored *stored)
{
	const json_t *list = json_object_get(answer, "artifacts"), *item;
	bool is_many = storing->is_durable && count > ARTIFACTS_FEW;
	struct storing each = *storing;
	int err = 0;

	each.is_durable = storing->is_durable && !is_many;
	each.names = json_object();
	if (!each.names)
		return -ENOMEM;
	for (size_t i = 0; !err && i < SINGLES; i++)
		if ((item = single_of(answer, i)))
			err = store_single(
				&each, item, singles[i].ending, stored);
	for (size_t i = 0; !err && i < count; i++) {
		if (i % ARTIFACTS_FEW == 0)
			worker_give_way(storing->worker);
		err = store_listed(
			&each, answer, json_array_get(list, i), stored);
	}
	json_decref(each.names);
	if (!err && is_many && syncfs(storing->state->jobs_fd))
		err = -errno;
	return err;
}

int job_store_artifacts(const struct storing *storing, const json_t *answer,
	struct job_stored *stored)
{
	size_t count = json_array_size(json_object_get(answer, "artifacts"));

	if (count > ARTIFACTS_MAX) {
		log_line(LOG_WARNING,
			"job %" PRIu64 ": %zu artifacts, of which the first %d "
			"are kept",
			storing->number, count, ARTIFACTS_MAX);
		count = ARTIFACTS_MAX;
	}
	stored->artifacts = calloc(count + SINGLES, sizeof(*stored->artifacts));
	return stored->artifacts ? store_all(storing, answer, count, stored)
				 : -ENOMEM;
}

size_t job_artifacts_room(const json_t *answer)
{
	const json_t *item;
	size_t i, room = 0;

	for (i = 0; i < SINGLES; i++)
		room += json_string_length(
			json_member(single_of(answer, i), data_members));
	json_array_foreach (json_object_get(answer, "artifacts"), i, item)
		room += json_string_length(json_member(item, data_members));
	return room;
}
