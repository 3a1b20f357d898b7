/* SPDX-License-Identifier: MIT */
/* fs/jobs/job_store.c - jobs in the state directory */
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <syslog.h>
#include <unistd.h>

#include "api/api.h"
#include "fs/base/base.h"
#include "fs/jobs/jobs.h"

static const char *const suffixes[] = {
	[JOB_STDOUT] = "stdout",
	[JOB_STDERR] = "stderr",
};
static const char *const members[] = {
	[JOB_STDOUT] = "stdout|output",
	[JOB_STDERR] = "stderr",
};
const char job_output_members[] = "stdout|output|stderr";

enum {
	FIELD_MAX = 4096, /* a longer value is only in job.json */
	ROOM_SPARE = 1 << 16,
};

/* ---- files ---- */

struct file_name {
	char text[64];
};

static struct file_name file_name(uint64_t number, const char *suffix)
{
	struct file_name name;

	snprintf(
		name.text, sizeof(name.text), "%" PRIu64 ".%s", number, suffix);
	return name;
}

static struct file_name artifact_file(uint64_t number, size_t index)
{
	char suffix[40];

	snprintf(suffix, sizeof(suffix), "artifact.%zu", index);
	return file_name(number, suffix);
}

int job_open_file(const struct state *state, uint64_t number,
	const char *suffix, int flags)
{
	int fd = openat(state->jobs_fd, file_name(number, suffix).text,
		flags | O_NOFOLLOW | O_CLOEXEC, 0600);

	return fd < 0 ? -errno : fd;
}

int job_open_output(const struct job *job, enum job_output output)
{
	return job_open_file(
		&job->core->state, job->number, suffixes[output], O_RDONLY);
}

static void remove_files(const struct state *state, uint64_t number,
	const char *const *each, size_t count)
{
	for (size_t i = 0; i < count; i++)
		unlinkat(state->jobs_fd, file_name(number, each[i]).text, 0);
}

/* One job's may be thousands, and nobody waits for them: in steps, among what
 * the recorder does for others. */
struct sweep {
	struct core *core;
	uint64_t number;
	size_t next, count;
};

enum { SWEEP_STEP = 64 };

static void sweep_step(void *ctx)
{
	struct sweep *sweep = ctx;
	const struct state *state = &sweep->core->state;

	for (int i = 0; i < SWEEP_STEP && sweep->next < sweep->count; i++)
		unlinkat(state->jobs_fd,
			artifact_file(sweep->number, sweep->next++).text, 0);
}

/* What it does not get to before the end is removed at the next start. */
static void sweep_again(void *ctx)
{
	struct sweep *sweep = ctx;
	struct core *core = sweep->core;

	if (!core->api || sweep->next == sweep->count ||
		worker_submit(core->recorder, sweep_step, sweep_again, sweep))
		free(sweep);
}

static void remove_artifacts(struct core *core, uint64_t number, size_t count)
{
	struct sweep *sweep = calloc(1, sizeof(*sweep));

	if (!sweep)
		return;
	*sweep = (struct sweep){ core, number, 0, count };
	if (core->recorder && count > SWEEP_STEP) {
		sweep_again(sweep);
		return;
	}
	while (sweep->next < sweep->count)
		sweep_step(sweep);
	free(sweep);
}

void job_store_remove(struct core *core, uint64_t number, size_t artifact_count)
{
	static const char *const all[] = { "json", "json.last", "code" };

	remove_files(&core->state, number, all, sizeof(all) / sizeof(*all));
	job_store_remove_output(core, number, artifact_count);
}

void job_store_remove_partial(const struct state *state, uint64_t number)
{
	unlinkat(state->jobs_fd, file_name(number, "answer").text, 0);
}

void job_store_remove_output(
	struct core *core, uint64_t number, size_t artifact_count)
{
	static const char *const all[] = { "stdout", "stderr", "answer",
		"rest" };

	remove_files(&core->state, number, all, sizeof(all) / sizeof(*all));
	remove_artifacts(core, number, artifact_count);
}

void job_store_swap_artifacts(
	const struct state *state, uint64_t number, size_t at, size_t to)
{
	struct file_name removed = artifact_file(number, at);
	struct file_name moved = artifact_file(number, to);

	if (at == to)
		unlinkat(state->jobs_fd, removed.text, 0);
	else
		renameat(state->jobs_fd, moved.text, state->jobs_fd,
			removed.text);
}

/* ---- an answer ---- */

/* Takes fd. */
static int sync_later(struct syncs *syncs, int fd)
{
	if (syncs->count < PARTS_BESIDE) {
		syncs->fds[syncs->count++] = fd;
		return 0;
	}
	int err = part_sync(&fd);
	close(fd);
	return err;
}

void syncs_parts(struct syncs *syncs, struct part parts[PARTS_BESIDE])
{
	for (size_t i = 0; i < syncs->count; i++)
		parts[i] = (struct part){ part_sync, &syncs->fds[i], 0 };
}

void syncs_clear(struct syncs *syncs)
{
	while (syncs->count)
		close(syncs->fds[--syncs->count]);
}

static int sync_all(struct syncs *syncs)
{
	struct part parts[PARTS_BESIDE];

	syncs_parts(syncs, parts);
	int err = parts_do(parts, syncs->count);
	syncs_clear(syncs);
	return err;
}

/* bytes NULL: the file keeps what it has. */
static void syncs_hash(struct syncs *syncs, const char *bytes, size_t len)
{
	bool is_known = syncs->hash && len <= HASHED_MAX && (bytes || !len);

	syncs->hash = is_known ? hash_bytes(syncs->hash, bytes, len) : 0;
}

/* It is not truncated first: output grows, and a reader finds the same bytes in
 * the same places all the time. An empty file has nothing to sync but its name,
 * which is synced with that of the record. */
int job_store_file(const struct storing *storing, const char *suffix,
	const char *bytes, uint64_t *len)
{
	struct stat stat;
	int fd = job_open_file(
		storing->state, storing->number, suffix, O_WRONLY | O_CREAT);

	if (fd < 0)
		return fd;
	int err = fstat(fd, &stat) ? -errno : 0;
	if (!bytes)
		*len = stat.st_size;
	syncs_hash(storing->syncs, bytes, *len);
	bool is_empty = !stat.st_size && !*len;
	if (!err && bytes && !is_empty)
		err = fd_write(fd, bytes, *len);
	bool is_longer = bytes && (uint64_t)stat.st_size > *len;
	if (!err && is_longer && ftruncate(fd, *len))
		err = -errno;
	if (err || is_empty || !storing->is_durable) {
		close(fd);
		return err;
	}
	/* The disk begins while the next file is made. */
	if (*len > HASHED_MAX)
		sync_file_range(fd, 0, 0, SYNC_FILE_RANGE_WRITE);
	return sync_later(storing->syncs, fd);
}

/* The file gets the name. Nothing if it has another, as stdout and stderr may
 * be the same, or if there is such a file, which has readers. */
static bool spooled_link(const struct storing *storing, const char *suffix,
	const struct spooled *spooled)
{
	char path[32];
	struct stat stat;

	snprintf(path, sizeof(path), "/proc/self/fd/%d", spooled->fd);
	return !fstat(spooled->fd, &stat) && !stat.st_nlink &&
		!linkat(AT_FDCWD, path, storing->state->jobs_fd,
			file_name(storing->number, suffix).text,
			AT_SYMLINK_FOLLOW);
}

/* What the disk has lost meanwhile may be missing at the end, or told by fsync.
 */
static int spooled_copy(
	const struct storing *storing, const struct spooled *spooled, int fd)
{
	struct stat stat;

	if ((storing->is_durable && fsync(spooled->fd)) ||
		fstat(spooled->fd, &stat))
		return -errno;
	if ((uint64_t)stat.st_size != spooled->size)
		return -EIO;
	int err = fd_copy(spooled->fd, fd);
	return !err && ftruncate(fd, stat.st_size) ? -errno : err;
}

static int store_spooled(const struct storing *storing, const char *suffix,
	const struct spooled *spooled)
{
	storing->syncs->hash = 0; /* it is long */
	if (spooled->err)
		return spooled->err;
	bool is_linked = spooled_link(storing, suffix, spooled);
	int fd = job_open_file(
		storing->state, storing->number, suffix, O_WRONLY | O_CREAT);
	if (fd < 0)
		return fd;
	int err = is_linked ? 0 : spooled_copy(storing, spooled, fd);
	if (!err && storing->is_durable)
		return sync_later(storing->syncs, fd);
	close(fd);
	return err;
}

/* If there is no value, the file keeps what it has. */
static int store_value(const struct storing *storing, const char *suffix,
	struct stored_output *output, uint64_t *size)
{
	size_t len;
	char *owned;
	const char *bytes = json_bytes(output->value, &len, &owned);

	if (json_is_string(output->value) && !bytes)
		return -ENOMEM;
	*size = len;
	int err = job_store_file(storing, suffix, bytes, size);
	if (storing->is_durable && len > HASHED_MAX)
		output->escaped = json_escaped_len(bytes, len);
	free(owned);
	return err;
}

static int store_output(const struct storing *storing, const char *suffix,
	struct stored_output *output, uint64_t *size)
{
	if (!output->spooled)
		return store_value(storing, suffix, output, size);
	*size = output->spooled->size;
	output->escaped = output->spooled->escaped_size;
	return store_spooled(storing, suffix, output->spooled);
}

static bool is_field(const char *name, const json_t *value)
{
	static const char *const files[] = { "stdout", "stderr", "output",
		"artifacts", "artifact", "wasm_artifact" };

	for (size_t i = 0; i < sizeof(files) / sizeof(*files); i++)
		if (!strcmp(name, files[i]))
			return false;
	return !json_is_null(value) && json_string_length(value) <= FIELD_MAX &&
		json_array_size(value) <= FIELD_MAX &&
		json_object_size(value) <= FIELD_MAX;
}

/* NULL if out of memory. */
static json_t *answer_fields(json_t *answer)
{
	json_t *fields = json_object(), *value;
	const char *name;

	json_object_foreach (answer, name, value) {
		if (is_field(name, value) &&
			json_object_set_nocheck(fields, name, value)) {
			json_decref(fields);
			return NULL;
		}
	}
	return fields;
}

/* Its strings are written twice: as files, and in job.json, but for the last
 * output if it is long. */
static uint64_t answer_room(const struct storing *storing, const json_t *answer,
	const struct stored_output outputs[JOB_OUTPUTS])
{
	uint64_t room = 2 * job_artifacts_room(answer) + ROOM_SPARE;

	for (int i = 0; i < JOB_OUTPUTS; i++) {
		const struct spooled *spooled = outputs[i].spooled;
		uint64_t len = spooled ? spooled->size
				       : json_string_length(outputs[i].value);
		room += storing->is_durable && len > HASHED_MAX ? len : 2 * len;
		/* it may have to be copied to a file that has readers */
		room += spooled ? len : 0;
	}
	return room;
}

void job_store_answer(const struct storing *answered, json_t *answer,
	struct job_stored *stored)
{
	struct storing storing = *answered;
	struct stored_output outputs[JOB_OUTPUTS] = { 0 };
	struct syncs *syncs = storing.syncs = &stored->syncs;
	int err = 0;

	syncs->hash = HASH_START;
	for (int i = 0; i < JOB_OUTPUTS; i++) {
		outputs[i].value = json_member(answer, members[i]);
		outputs[i].spooled =
			spool_find(storing.spool, outputs[i].value);
	}
	stored->wanted = answer_room(&storing, answer, outputs);
	for (int i = 0; !err && i < JOB_OUTPUTS; i++)
		err = store_output(&storing, suffixes[i], &outputs[i],
			&stored->output_size[i]);
	if (!err)
		err = job_store_artifacts(&storing, answer, stored);
	if (!err)
		err = job_store_json(&storing, answer, outputs, stored);
	if (!storing.is_durable || stored->artifact_count > PARTS_BESIDE)
		syncs->hash = 0;
	if (!err && !syncs->hash)
		err = sync_all(syncs);
	if (!err) {
		stored->fields = answer_fields(answer);
		err = stored->fields ? 0 : -ENOMEM;
	}
	for (size_t i = 0; err && i < stored->artifact_count; i++)
		unlinkat(storing.state->jobs_fd,
			artifact_file(storing.number, i).text, 0);
	if (err)
		syncs_clear(syncs);
	stored->err = err;
}

/* ---- after a kill or a power cut ---- */

static int check_file(const struct job *job, const char *suffix, uint64_t size,
	uint64_t *hash)
{
	int fd =
		job_open_file(&job->core->state, job->number, suffix, O_RDONLY);
	char *bytes;
	size_t len;

	if (fd < 0)
		return fd == -ENOENT && !size ? 0 : fd;
	int err = fsync(fd) ? -errno : fd_read(fd, size, &bytes, &len);
	close(fd);
	if (err)
		return err;
	*hash = hash_bytes(*hash, bytes, len);
	free(bytes);
	return len == size ? 0 : -EPROTO;
}

int job_check_output(const struct job *job)
{
	uint64_t hash = HASH_START;
	char suffix[40];
	int err = 0;

	for (int i = 0; !err && i < JOB_OUTPUTS; i++)
		err = check_file(job, suffixes[i], job->output_size[i], &hash);
	for (size_t i = 0; !err && i < job->artifact_count; i++) {
		snprintf(suffix, sizeof(suffix), "artifact.%zu", i);
		err = check_file(job, suffix, job->artifacts[i].size, &hash);
	}
	if (!err)
		err = check_file(job, "answer", job->answer_size, &hash);
	return err ? err : hash == job->hash ? 0 : -EPROTO;
}

void job_stored_clear(struct job_stored *stored)
{
	job_artifacts_free(stored->artifacts, stored->artifact_count);
	json_decref(stored->fields);
	json_decref(stored->missing);
	syncs_clear(&stored->syncs);
	*stored = (struct job_stored){ 0 };
}
