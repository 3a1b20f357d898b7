/* SPDX-License-Identifier: MIT */
/* tests/server/job_emit.c - writes a job as JSON */
#include "job.h"

#include "moment.h"

const char *job_state_name(enum job_state state)
{
	static const char *const names[] = {
		[JOB_PENDING] = "pending",
		[JOB_RUNNING] = "running",
		[JOB_COMPLETED] = "completed",
		[JOB_FAILED] = "failed",
		[JOB_TIMEOUT] = "timeout",
		[JOB_CANCELLED] = "cancelled",
	};

	return names[state];
}

static void emit_time(struct text *text, const char *key, long long ms,
	const struct job_form *form)
{
	char iso[32];

	if (!ms)
		return;
	if (form->is_numeric) {
		emit_int(text, key, ms / 1000);
		return;
	}
	moment_iso(ms, iso, sizeof(iso));
	emit_string(text, key, iso);
}

static void emit_head(
	struct job *job, struct text *text, const struct job_form *form)
{
	emit_string(text, "job_id", job->id);
	if (job->state <= JOB_RUNNING || !form->has_no_status)
		emit_string(text, "status", job_state_name(job->state));
	emit_string(text, "language", job->language);
	emit_string(text, "network_mode",
		job->has_network ? "semitrusted" : "zerotrust");
	emit_time(text, "created_at", job->created_ms, form);
	emit_time(text, "started_at", job->started_ms, form);
	emit_time(text, "completed_at", job->completed_ms, form);
}

void job_emit_summary(
	struct job *job, struct text *text, const struct job_form *form)
{
	pthread_mutex_lock(&job->lock);
	emit_head(job, text, form);
	pthread_mutex_unlock(&job->lock);
}

/* While a job runs, an incomplete character is held back. */
static void emit_output(struct text *text, const char *key,
	const struct text *output, bool is_over, bool is_raw)
{
	size_t len = output->len;

	if (!is_over)
		len = emit_whole(output->data, len);
	emit_bytes(text, key, output->data ? output->data : "", len, is_raw);
}

void job_emit(struct job *job, struct text *text, const struct job_form *form)
{
	bool is_over;

	pthread_mutex_lock(&job->lock);
	is_over = job->state > JOB_RUNNING;
	text_room(text,
		job->out.len + job->err.len + job->artifacts.len +
			job->artifact.len + 1024);
	emit_head(job, text, form);
	if (job->is_detected)
		emit_string(text, "detected_language", job->language);
	if (is_over) {
		emit_bool(text, "success",
			job->state == JOB_COMPLETED && job->exit_code == 0);
		emit_int(text, "exit_code", job->exit_code);
		emit_int(text, "total_time_ms", job->took_ms);
		emit_int(text, "execution_time_ms", job->took_ms);
		emit_int(text, "execution_time", job->took_ms);
	}
	emit_output(text, "stdout", &job->out, is_over, form->is_raw);
	emit_output(text, "stderr", &job->err, is_over, form->is_raw);
	if (job->error.len)
		emit_bytes(
			text, "error", job->error.data, job->error.len, false);
	if (job->artifacts.len)
		emit_json(text, "artifacts", job->artifacts.data);
	if (job->artifact.len)
		emit_json(text, "artifact", job->artifact.data);
	if (job->wasm.len)
		emit_json(text, "wasm_artifact", job->wasm.data);
	pthread_mutex_unlock(&job->lock);
}
