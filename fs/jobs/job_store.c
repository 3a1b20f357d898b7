/* SPDX-License-Identifier: MIT */
/* fs/jobs/job_store.c - jobs in the state directory */
#include "fs/jobs/job_store.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "fs/core/core.h"
#include "fs/jobs/jobs.h"

static const char *const suffixes[] = {
	[JOB_STDOUT] = "stdout",
	[JOB_STDERR] = "stderr",
};
static const char *const members[] = {
	[JOB_STDOUT] = "stdout|output",
	[JOB_STDERR] = "stderr",
};

/* A value longer than this is in job.json alone. */
enum { FIELD_MAX = 4096, ARTIFACTS_MAX = 10000 };

int job_open_file(const struct state *state, uint64_t number,
	const char *suffix, int flags)
{
	char name[64];

	snprintf(name, sizeof(name), "%" PRIu64 ".%s", number, suffix);
	int fd = openat(state->jobs_fd, name, flags | O_CLOEXEC, 0600);
	return fd < 0 ? -errno : fd;
}

static int write_all(int fd, const char *bytes, size_t len, off_t offset)
{
	while (len) {
		ssize_t n = pwrite(fd, bytes, len, offset);
		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return -errno;
		bytes += n;
		offset += n;
		len -= n;
	}
	return 0;
}

/* Whether the file begins with these bytes; a read error says no. */
static bool file_begins(int fd, const char *bytes, size_t len)
{
	char held[65536];

	for (size_t done = 0; done < len;) {
		size_t want =
			len - done < sizeof(held) ? len - done : sizeof(held);
		ssize_t n = pread(fd, held, want, done);
		if (n <= 0 || memcmp(held, bytes + done, n))
			return false;
		done += n;
	}
	return true;
}

/*
 * Output grows: what the file has already is not written again, so that who
 * reads it meanwhile finds the same bytes in the same places. An API that gives
 * other bytes than before is believed.
 */
static int output_store(const struct state *state, uint64_t number,
	const char *suffix, const char *bytes, size_t len, bool durable)
{
	struct stat stat;
	int fd = job_open_file(state, number, suffix, O_RDWR | O_CREAT);
	int err = 0;

	if (fd < 0)
		return fd;
	if (fstat(fd, &stat))
		err = -errno;
	size_t held = err ? 0 : stat.st_size;
	if (held > len || !file_begins(fd, bytes, held))
		held = 0;
	if (!err)
		err = write_all(fd, bytes + held, len - held, held);
	if (!err && ftruncate(fd, len))
		err = -errno;
	if (!err && durable && fsync(fd))
		err = -errno;
	close(fd);
	return err;
}

static bool output_size(
	const struct state *state, uint64_t number, int output, size_t *size)
{
	char name[64];
	struct stat stat;

	snprintf(
		name, sizeof(name), "%" PRIu64 ".%s", number, suffixes[output]);
	if (fstatat(state->jobs_fd, name, &stat, 0))
		return false;
	*size = stat.st_size;
	return true;
}

static int answer_store_output(const struct state *state, uint64_t number,
	json_t *answer, bool durable, struct job_stored *stored)
{
	int err = 0;

	for (int i = 0; !err && i < JOB_OUTPUTS; i++) {
		size_t len = 0;
		const json_t *value = json_member(answer, members[i]);
		if (!value && output_size(state, number, i, &len)) {
			stored->output_size[i] = len;
			continue; /* what came before stays */
		}
		char *bytes = value ? json_to_bytes(value, &len) : NULL;
		if (value && json_is_string(value) && !bytes)
			return -ENOMEM;
		err = output_store(state, number, suffixes[i],
			bytes ? bytes : "", len, durable);
		stored->output_size[i] = len;
		free(bytes);
	}
	return err;
}

/* A name from the network becomes a file name in artifacts/: one component,
 * not . or .., at most 255 bytes. What is not gets a name of ours. */
static char *artifact_name(const json_t *item, size_t index)
{
	size_t len;
	const json_t *value = json_member(item, "filename|name");
	char *name = value ? json_to_bytes(value, &len) : NULL;

	if (name && len && len <= 255 && strlen(name) == len &&
		!strchr(name, '/') && strcmp(name, ".") && strcmp(name, ".."))
		return name;
	free(name);
	return asprintf(&name, "artifact-%zu", index + 1) < 0 ? NULL : name;
}

static bool artifact_is_named(const struct job_stored *stored, const char *name)
{
	for (size_t i = 0; i < stored->artifact_count; i++)
		if (!strcmp(stored->artifacts[i].name, name))
			return true;
	return false;
}

static int artifact_store(const struct state *state, uint64_t number,
	const json_t *item, bool durable, struct job_stored *stored)
{
	size_t index = stored->artifact_count, len = 0;
	struct job_artifact *artifact = &stored->artifacts[index];
	const json_t *data = json_member(item, "content_base64|data|content");
	char *bytes = NULL, suffix[40];

	artifact->name = artifact_name(item, index);
	if (!artifact->name)
		return -ENOMEM;
	if (artifact_is_named(stored, artifact->name)) {
		free(artifact->name);
		if (asprintf(&artifact->name, "artifact-%zu", index + 1) < 0) {
			artifact->name = NULL;
			return -ENOMEM;
		}
	}
	stored->artifact_count++;
	if (json_is_string(data) &&
		base64_decode(json_string_value(data), json_string_length(data),
			&bytes, &len))
		len = 0; /* a damaged one costs no other, nor the output */
	snprintf(suffix, sizeof(suffix), "artifact.%zu", index);
	int err = output_store(
		state, number, suffix, bytes ? bytes : "", len, durable);
	artifact->size = len;
	free(bytes);
	return err;
}

static int answer_store_artifacts(const struct state *state, uint64_t number,
	json_t *answer, bool durable, struct job_stored *stored)
{
	const json_t *list = json_object_get(answer, "artifacts");
	size_t count = json_array_size(list);
	int err = 0;

	if (!count)
		return 0;
	if (count > ARTIFACTS_MAX)
		return -EPROTO;
	stored->artifacts = calloc(count, sizeof(*stored->artifacts));
	if (!stored->artifacts)
		return -ENOMEM;
	for (size_t i = 0; !err && i < count; i++)
		err = artifact_store(state, number, json_array_get(list, i),
			durable, stored);
	return err;
}

static int answer_store_fields(json_t *answer, struct job_stored *stored)
{
	const char *name;
	json_t *value;

	stored->fields = json_object();
	if (!stored->fields)
		return -ENOMEM;
	json_object_foreach (answer, name, value) {
		if (!strcmp(name, "stdout") || !strcmp(name, "stderr") ||
			!strcmp(name, "output") || !strcmp(name, "artifacts") ||
			json_is_null(value) ||
			json_string_length(value) > FIELD_MAX ||
			json_array_size(value) > FIELD_MAX ||
			json_object_size(value) > FIELD_MAX)
			continue;
		if (json_object_set_nocheck(stored->fields, name, value))
			return -ENOMEM;
	}
	return 0;
}

static int answer_store_text(const struct state *state, uint64_t number,
	json_t *answer, bool durable, struct job_stored *stored)
{
	size_t len;
	char *text = json_write_pretty(answer, &len);

	if (!text)
		return -ENOMEM;
	int err = output_store(state, number, "answer", text, len, durable);
	stored->answer_size = len;
	free(text);
	return err;
}

void job_store_answer(const struct state *state, uint64_t number,
	json_t *answer, bool is_final, struct job_stored *stored)
{
	int err = answer_store_output(state, number, answer, is_final, stored);

	if (!err)
		err = answer_store_artifacts(
			state, number, answer, is_final, stored);
	if (!err)
		err = answer_store_text(
			state, number, answer, is_final, stored);
	if (!err)
		err = answer_store_fields(answer, stored);
	stored->err = err;
}

void job_store_remove(
	const struct state *state, uint64_t number, size_t artifact_count)
{
	static const char *const all[] = { "json", "json.tmp", "code", "stdout",
		"stderr", "answer" };
	char name[64];

	for (size_t i = 0; i < sizeof(all) / sizeof(*all); i++) {
		snprintf(name, sizeof(name), "%" PRIu64 ".%s", number, all[i]);
		unlinkat(state->jobs_fd, name, 0);
	}
	for (size_t i = 0; i < artifact_count; i++) {
		snprintf(name, sizeof(name), "%" PRIu64 ".artifact.%zu", number,
			i);
		unlinkat(state->jobs_fd, name, 0);
	}
}

void job_store_swap_artifacts(
	const struct state *state, uint64_t number, size_t at, size_t to)
{
	char name[64], last[64];

	snprintf(name, sizeof(name), "%" PRIu64 ".artifact.%zu", number, at);
	snprintf(last, sizeof(last), "%" PRIu64 ".artifact.%zu", number, to);
	if (at == to)
		unlinkat(state->jobs_fd, name, 0);
	else
		renameat(state->jobs_fd, last, state->jobs_fd, name);
}
