/* SPDX-License-Identifier: MIT */
/* fs/jobs/catalog.c - the records of ended jobs in one file, for the start */
#include "fs/jobs/catalog.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "fs/core/core.h"
#include "fs/jobs/jobs.h"

enum { CATALOG_MAX = 1 << 30 };

static const char file_name[] = "catalog";

/* Of a job, as they are in memory. */
#define PIECE(member)                                                          \
	{                                                                      \
		offsetof(struct job, member),                                  \
			sizeof(((struct job *)0)->member)                      \
	}
static const struct piece {
	size_t at, size;
} pieces[] = { PIECE(status), PIECE(err), PIECE(is_async), PIECE(was_accepted),
	PIECE(has_detail), PIECE(may_have_run), PIECE(file), PIECE(born),
	PIECE(has_code), PIECE(code_size), PIECE(answer_size), PIECE(apart),
	PIECE(output_size), PIECE(wanted), PIECE(created), PIECE(changed) };
static const size_t texts[] = { offsetof(struct job, id),
	offsetof(struct job, error), offsetof(struct job, path) };
enum {
	PIECES = sizeof(pieces) / sizeof(*pieces),
	TEXTS = sizeof(texts) / sizeof(*texts),
};

/* Before the pieces, the texts and the fields of a job. Lengths are with a NUL;
 * 0: NULL. */
struct catalog_row {
	struct stamp stamp;
	uint32_t len, text_len[TEXTS], fields_len;
};

/* Another form of the rows has another first word, which a machine of another
 * byte order does not recognize. */
struct head {
	uint64_t form, hash;
};

static uint64_t rows_form(void)
{
	uint64_t form = hash_text(HASH_START, UNSANDBOXFS_VERSION);
	const size_t row = sizeof(struct catalog_row);

	form = hash_bytes(form, &row, sizeof(row));
	form = hash_bytes(form, pieces, sizeof(pieces));
	return hash_bytes(form, texts, sizeof(texts));
}

void stamp_take(struct stamp *stamp, const struct state *state)
{
	struct stat st;

	if (fstatat(state->jobs_fd, job_record_name(stamp->number).text, &st,
		    AT_SYMLINK_NOFOLLOW))
		return;
	stamp->ino = st.st_ino;
	stamp->size = st.st_size;
	stamp->changed = st.st_ctim;
}

/* ---- reading ---- */

static int text_check(struct catalog *catalog)
{
	struct head head;

	if (catalog->len < sizeof(head))
		return -EPROTO;
	memcpy(&head, catalog->text, sizeof(head));
	catalog->at = sizeof(head);
	return head.form == rows_form() &&
			head.hash ==
				hash_words(HASH_START,
					catalog->text + sizeof(head),
					catalog->len - sizeof(head))
		? 0
		: -EPROTO;
}

void catalog_open(struct catalog *catalog, const struct state *state)
{
	char last[NAME_MAX + 1];
	struct stat st;

	*catalog = (struct catalog){ 0 };
	state_last_name(last, file_name);
	if (fstatat(state->fd, last, &st, AT_SYMLINK_NOFOLLOW) ||
		state_read(state->fd, last, CATALOG_MAX, &catalog->text,
			&catalog->len))
		return;
	catalog->written = st.st_mtim;
	if (text_check(catalog))
		catalog_close(catalog);
}

void catalog_close(struct catalog *catalog)
{
	free(catalog->text);
	*catalog = (struct catalog){ 0 };
}

/* The row with this number, else the one after it; *at is behind its struct. */
static bool row_find(struct catalog *catalog, uint64_t number,
	struct catalog_row *row, const char **at)
{
	while (catalog->at + sizeof(*row) <= catalog->len) {
		*at = catalog->text + catalog->at + sizeof(*row);
		memcpy(row, *at - sizeof(*row), sizeof(*row));
		if (row->stamp.number >= number)
			return row->stamp.number == number;
		catalog->at += sizeof(*row) + row->len;
	}
	return false;
}

static bool is_before(const struct timespec *a, const struct timespec *b)
{
	return a->tv_sec != b->tv_sec ? a->tv_sec < b->tv_sec
				      : a->tv_nsec < b->tv_nsec;
}

/* The clock of a disk goes in steps: in the step in which the catalog was
 * written, a record can change twice. */
static bool is_same(const struct catalog *catalog, const struct stamp *stamp,
	const struct stamp *before)
{
	return stamp->ino && stamp->ino == before->ino &&
		stamp->size == before->size &&
		stamp->changed.tv_sec == before->changed.tv_sec &&
		stamp->changed.tv_nsec == before->changed.tv_nsec &&
		is_before(&stamp->changed, &catalog->written);
}

static int job_fill(
	struct job *job, const struct catalog_row *row, const char *at)
{
	for (size_t i = 0; i < PIECES; at += pieces[i++].size)
		memcpy((char *)job + pieces[i].at, at, pieces[i].size);
	job->is_stored = true;
	for (size_t i = 0; i < TEXTS; at += row->text_len[i++]) {
		char **text = (char **)((char *)job + texts[i]);
		if (!row->text_len[i])
			continue;
		if (text == &job->id ? job_set_id(job, at)
				     : !(*text = strdup(at)))
			return -ENOMEM;
	}
	if (row->fields_len)
		job->fields = json_stringn_nocheck(at, row->fields_len - 1);
	return row->fields_len && !job->fields ? -ENOMEM : 0;
}

int catalog_job(struct catalog *catalog, struct core *core,
	const struct stamp *stamp, struct job **out)
{
	struct catalog_row row;
	const char *at;

	*out = NULL;
	if (!row_find(catalog, stamp->number, &row, &at) ||
		!is_same(catalog, stamp, &row.stamp))
		return 0;
	struct job *job = job_new_numbered(core, stamp->number);
	int err = job ? job_fill(job, &row, at) : -ENOMEM;
	if (err && job)
		job_forget(job);
	else
		*out = job;
	return err;
}

/* ---- writing ---- */

bool catalog_takes(const struct job *job)
{
	return job_is_final(job) && !job->artifact_count && !job->hidden &&
		!job->session && !json_is_object(job->fields);
}

static void row_write(
	FILE *out, const struct job *job, const struct stamp *stamp)
{
	const char *fields = json_string_value(job->fields);
	struct catalog_row row = { .stamp = *stamp };
	const char *at[TEXTS];

	for (size_t i = 0; i < PIECES; i++)
		row.len += pieces[i].size;
	for (size_t i = 0; i < TEXTS; i++) {
		at[i] = *(char *const *)((const char *)job + texts[i]);
		row.text_len[i] = at[i] ? strlen(at[i]) + 1 : 0;
		row.len += row.text_len[i];
	}
	row.fields_len = fields ? json_string_length(job->fields) + 1 : 0;
	row.len += row.fields_len;
	fwrite(&row, sizeof(row), 1, out);
	for (size_t i = 0; i < PIECES; i++)
		fwrite((const char *)job + pieces[i].at, pieces[i].size, 1,
			out);
	for (size_t i = 0; i < TEXTS; i++)
		if (at[i])
			fwrite(at[i], row.text_len[i], 1, out);
	if (fields)
		fwrite(fields, row.fields_len, 1, out);
}

void catalog_write(struct core *core, const struct stamp *stamps, size_t count)
{
	struct head head = { .form = rows_form() };
	char *text = NULL;
	size_t len;
	FILE *out = text_stream_open(&text, &len);

	if (!out)
		return;
	fwrite(&head, sizeof(head), 1, out);
	for (size_t i = 0; i < count; i++) {
		const struct job *job = job_by_number(core, stamps[i].number);
		if (job && stamps[i].ino && catalog_takes(job))
			row_write(out, job, &stamps[i]);
	}
	bool is_whole = !ferror(out);
	if (!fclose(out) && is_whole) {
		head.hash = hash_words(
			HASH_START, text + sizeof(head), len - sizeof(head));
		memcpy(text, &head, sizeof(head));
		state_write_last(core->state.fd, file_name, text, len);
	}
	free(text);
}
