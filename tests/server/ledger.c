/* SPDX-License-Identifier: MIT */
/* tests/server/ledger.c - records requests and runs, for tests */
#include "ledger.h"

#include <openssl/evp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum {
	/* Only the hash of a longer program is recorded. */
	CODE_SHORT = 4096,
	/* A longer body is truncated to this. */
	BODY_SHORT = 16384,
};

void ledger_init(struct ledger *ledger)
{
	memset(ledger, 0, sizeof(*ledger));
	pthread_mutex_init(&ledger->lock, NULL);
}

void ledger_clear(struct ledger *ledger)
{
	ledger_reset_counts(ledger);
	ledger_reset_notes(ledger);
	pthread_mutex_destroy(&ledger->lock);
}

static struct tally *tally_find(struct ledger *ledger, const char *name)
{
	struct tally *grown;
	size_t i;

	for (i = 0; i < ledger->tally_count; i++)
		if (!strcmp(ledger->tallies[i].name, name))
			return ledger->tallies + i;
	grown = realloc(
		ledger->tallies, (ledger->tally_count + 1) * sizeof(*grown));
	if (!grown)
		return NULL;
	ledger->tallies = grown;
	grown += ledger->tally_count;
	grown->count = 0;
	grown->name = strdup(name);
	if (!grown->name)
		return NULL;
	ledger->tally_count++;
	return grown;
}

void ledger_count(
	struct ledger *ledger, const char *method, const char *pattern)
{
	char name[512];
	struct tally *tally;

	snprintf(name, sizeof(name), "%s %s", method, pattern);
	pthread_mutex_lock(&ledger->lock);
	tally = tally_find(ledger, name);
	if (tally)
		tally->count++;
	pthread_mutex_unlock(&ledger->lock);
}

/* Takes ownership of the note. */
static void note_add(
	struct ledger *ledger, struct text *notes, struct text *note)
{
	pthread_mutex_lock(&ledger->lock);
	if (notes->len)
		text_putc(notes, ',');
	text_add(notes, note->data, note->len);
	pthread_mutex_unlock(&ledger->lock);
	text_clear(note);
}

static void notes_emit(
	struct ledger *ledger, const struct text *notes, struct text *text)
{
	pthread_mutex_lock(&ledger->lock);
	text_putc(text, '[');
	text_add(text, notes->data, notes->len);
	text_putc(text, ']');
	pthread_mutex_unlock(&ledger->lock);
}

void ledger_change(struct ledger *ledger, const struct request *request)
{
	struct text note = { 0 };
	size_t len = request->body_len;

	if (!strcmp(request->method, "GET") || !strcmp(request->method, "HEAD"))
		return;
	emit_open(&note, NULL, '{');
	emit_string(&note, "method", request->method);
	emit_string(&note, "path", request->target);
	emit_bytes(&note, "body", request->body,
		len < BODY_SHORT ? len : BODY_SHORT, false);
	emit_close(&note, '}');
	note_add(ledger, &ledger->changes, &note);
}

void ledger_emit_changes(struct ledger *ledger, struct text *text)
{
	notes_emit(ledger, &ledger->changes, text);
}

void ledger_emit_counts(struct ledger *ledger, struct text *text)
{
	size_t i;

	pthread_mutex_lock(&ledger->lock);
	emit_open(text, NULL, '{');
	for (i = 0; i < ledger->tally_count; i++)
		emit_int(text, ledger->tallies[i].name,
			ledger->tallies[i].count);
	emit_close(text, '}');
	pthread_mutex_unlock(&ledger->lock);
}

void ledger_reset_counts(struct ledger *ledger)
{
	size_t i;

	pthread_mutex_lock(&ledger->lock);
	for (i = 0; i < ledger->tally_count; i++)
		free(ledger->tallies[i].name);
	free(ledger->tallies);
	ledger->tallies = NULL;
	ledger->tally_count = 0;
	text_clear(&ledger->changes);
	pthread_mutex_unlock(&ledger->lock);
}

static void emit_digest(struct text *text, const struct text *code)
{
	unsigned char digest[EVP_MAX_MD_SIZE];
	unsigned int len = 0, i;
	char hex[2 * EVP_MAX_MD_SIZE + 1] = "";

	EVP_Digest(code->data, code->len, digest, &len, EVP_sha256(), NULL);
	for (i = 0; i < len; i++)
		snprintf(hex + 2 * i, 3, "%02x", digest[i]);
	emit_string(text, "code_sha256", hex);
}

static void emit_env(struct text *text, const struct program *program)
{
	size_t i, len;
	char *name;

	emit_open(text, "env", '{');
	for (i = 0; i < program->env_count; i++) {
		len = strcspn(program->env[i], "=");
		name = strndup(program->env[i], len);
		if (name)
			emit_string(text, name, program->env[i] + len + 1);
		free(name);
	}
	emit_close(text, '}');
}

void ledger_note(struct ledger *ledger, const char *path, const char *job_id,
	const struct program *program)
{
	struct text note = { 0 };
	size_t i;

	emit_open(&note, NULL, '{');
	emit_string(&note, "job_id", job_id);
	emit_string(&note, "path", path);
	emit_string(&note, "language", program->language->name);
	emit_digest(&note, &program->code);
	emit_int(&note, "code_len", program->code.len);
	if (program->code.len <= CODE_SHORT)
		emit_bytes(&note, "code", program->code.data, program->code.len,
			false);
	emit_open(&note, "input_files", '[');
	for (i = 0; i < program->file_count; i++)
		emit_string(&note, NULL, program->files[i].name);
	emit_close(&note, ']');
	emit_env(&note, program);
	emit_int(&note, "ttl", program->ttl_s);
	emit_int(&note, "vcpu", program->vcpu);
	emit_string(&note, "network_mode",
		program->has_network ? "semitrusted" : "zerotrust");
	emit_bool(&note, "return_artifact", program->wants_artifacts);
	emit_close(&note, '}');
	note_add(ledger, &ledger->executions, &note);
}

void ledger_note_command(struct ledger *ledger, const char *path,
	const char *job_id, const char *resource_id, const char *command)
{
	struct text note = { 0 };

	emit_open(&note, NULL, '{');
	emit_string(&note, "job_id", job_id);
	emit_string(&note, "path", path);
	emit_string(&note, "resource_id", resource_id);
	emit_string(&note, "command", command);
	emit_close(&note, '}');
	note_add(ledger, &ledger->executions, &note);
}

void ledger_emit_notes(struct ledger *ledger, struct text *text)
{
	notes_emit(ledger, &ledger->executions, text);
}

void ledger_reset_notes(struct ledger *ledger)
{
	pthread_mutex_lock(&ledger->lock);
	text_clear(&ledger->executions);
	pthread_mutex_unlock(&ledger->lock);
}
