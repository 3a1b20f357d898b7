/* SPDX-License-Identifier: MIT */
/* tests/server/ledger.h - records requests and runs, for tests */
#ifndef TESTS_SERVER_LEDGER_H
#define TESTS_SERVER_LEDGER_H

#include <pthread.h>

#include "program.h"
#include "request.h"

struct tally {
	char *name;
	long long count;
};

struct ledger {
	pthread_mutex_t lock;
	struct tally *tallies;
	size_t tally_count;
	/* The contents of JSON arrays: an object for each execution, and for
	 * each request other than GET. */
	struct text executions, changes;
};

void ledger_init(struct ledger *ledger);
void ledger_clear(struct ledger *ledger);

/* Counts one request as "METHOD PATTERN". */
void ledger_count(
	struct ledger *ledger, const char *method, const char *pattern);
/* Records it, unless it is a GET. */
void ledger_change(struct ledger *ledger, const struct request *request);
void ledger_emit_changes(struct ledger *ledger, struct text *text);
void ledger_emit_counts(struct ledger *ledger, struct text *text);
/* Resets counts and changes. */
void ledger_reset_counts(struct ledger *ledger);

/* Records that the program was accepted as this job. */
void ledger_note(struct ledger *ledger, const char *path, const char *job_id,
	const struct program *program);

/* Records a command in a session or a service. */
void ledger_note_command(struct ledger *ledger, const char *path,
	const char *job_id, const char *resource_id, const char *command);
void ledger_emit_notes(struct ledger *ledger, struct text *text);
void ledger_reset_notes(struct ledger *ledger);

#endif
