/* SPDX-License-Identifier: MIT */
/* tests/server/switch.h - where sources disagree about the API: a choice */
#ifndef TESTS_SERVER_SWITCH_H
#define TESTS_SERVER_SWITCH_H

#include <stdbool.h>

#include "text.h"

/*
 * Each has a row in switch.c.  They are global: code that reads a request or
 * writes an answer asks for the switch that it depends on.
 */
enum switch_id {
	SWITCH_ARTIFACT_APART,
	SWITCH_ARTIFACT_ERRORS,
	SWITCH_BARE_JOBS,
	SWITCH_BARE_LISTS,
	SWITCH_COLON_WORDS,
	SWITCH_EARLY_ANSWER,
	SWITCH_EMPTY_ACTIONS,
	SWITCH_LEAN_ANSWERS,
	SWITCH_LEAN_ARTIFACTS,
	SWITCH_NO_EXPIRY,
	SWITCH_NO_STATUS,
	SWITCH_NUMBER_TIMES,
	SWITCH_OPENAPI_ONLY,
	SWITCH_SERVICE_SESSIONS,
	SWITCH_SESSION_CODE,
	SWITCH_SIGNED_QUERY,
	SWITCH_TEXT_ACTIONS,
	SWITCH_TEXT_ERRORS,
	SWITCH_TIER_TEXT,
	SWITCH_VAULT_VALUES,
	/* From here on not part of "all": for old clients. */
	SWITCH_OBEY_NETWORK,
	SWITCH_OLD_PATCH,
	/* Numbers, not yes or no. */
	SWITCH_EARLY_MS,
	SWITCH_JOB_KEEP_S,
	SWITCH_SHELL_AUTH,
	SWITCH_COUNT,
};

bool switch_is_on(enum switch_id id);
int switch_number(enum switch_id id);

/*
 * Sets NAME or NAME=NUMBER; "all" sets every switch that is a yes or no, except
 * those that only old clients need. -EINVAL if there is no such switch, or
 * the number is negative.
 */
int switch_set(const char *word);

/* The same for words separated by commas or spaces. */
int switch_set_all(const char *words);

/* Back to the defaults. */
void switch_reset(void);

/* {"NAME": number, ...} */
void switch_emit(struct text *text);

/* Lines for --help. */
void switch_help(void);

#endif
