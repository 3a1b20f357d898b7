/* SPDX-License-Identifier: MIT */
/* tests/server/switch.c - where sources disagree about the API: a choice */
#include "switch.h"

#include <errno.h>
#include <limits.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "emit.h"

struct row {
	const char *name;
	int first;
	const char *what;
};

static const struct row rows[SWITCH_COUNT] = {
	[SWITCH_ARTIFACT_APART] = { "artifact_apart", 0,
		"a compiled program is in artifact, not in artifacts" },
	[SWITCH_ARTIFACT_ERRORS] = { "artifact_errors", 0,
		"each artifact is {\"type\": \"error\", \"error\"}" },
	[SWITCH_BARE_JOBS] = { "bare_jobs", 0, "GET /jobs is a bare array" },
	[SWITCH_BARE_LISTS] = { "bare_lists", 0, "all lists are bare arrays" },
	[SWITCH_COLON_WORDS] = { "colon_words", 0,
		"a 401 says only {\"error\": \":invalid_signature\"}" },
	[SWITCH_EARLY_ANSWER] = { "early_answer", 0,
		"run calls answer {\"job_id\"} after early_ms" },
	[SWITCH_EMPTY_ACTIONS] = { "empty_actions", 0,
		"DELETE and actions answer without a body" },
	[SWITCH_LEAN_ANSWERS] = { "lean_answers", 0,
		"only the members that OpenAPI 2.2.0 has" },
	[SWITCH_LEAN_ARTIFACTS] = { "lean_artifacts", 0,
		"one name for each member of an artifact" },
	[SWITCH_NO_EXPIRY] = { "no_expiry", 0, "expires_at of a key is null" },
	[SWITCH_NO_STATUS] = { "no_status", 0,
		"finished run calls answer without a status" },
	[SWITCH_NUMBER_TIMES] = { "number_times", 0,
		"times are numbers for every client" },
	[SWITCH_OPENAPI_ONLY] = { "openapi_only", 0,
		"404 for paths that OpenAPI 2.2.0 does not have" },
	[SWITCH_SERVICE_SESSIONS] = { "service_sessions", 0,
		"GET /sessions lists the shells of services too" },
	[SWITCH_SESSION_CODE] = { "session_code", 0,
		"sessions run language and code, not command" },
	[SWITCH_SIGNED_QUERY] = { "signed_query", 0,
		"only signatures with the query are accepted" },
	[SWITCH_TEXT_ACTIONS] = { "text_actions", 0,
		"DELETE and actions answer the text OK" },
	[SWITCH_TEXT_ERRORS] = { "text_errors", 0,
		"errors are plain text, except 428" },
	[SWITCH_TIER_TEXT] = { "tier_text", 0,
		"the tier of a key is \"Tier 3\", not 3" },
	[SWITCH_VAULT_VALUES] = { "vault_values", 0,
		"GET .../env shows the values" },
	[SWITCH_OBEY_NETWORK] = { "obey_network", 0,
		"for old clients: network means network_mode" },
	[SWITCH_OLD_PATCH] = { "old_patch", 0,
		"for old clients: PATCH takes name, ports, domains" },
	[SWITCH_EARLY_MS] = { "early_ms", 1000,
		"milliseconds until an early answer" },
	[SWITCH_JOB_KEEP_S] = { "job_keep_s", 180,
		"seconds that finished jobs are kept; 0: for ever" },
	[SWITCH_SHELL_AUTH] = { "shell_auth", 0,
		"a shell is authenticated by: 0 any way, 1 headers, 2 the "
		"query, 3 nothing" },
};

static atomic_int values[SWITCH_COUNT];
/* Whether values has been set; otherwise the first value holds. */
static atomic_bool is_set[SWITCH_COUNT];

int switch_number(enum switch_id id)
{
	return atomic_load(&is_set[id]) ? atomic_load(&values[id])
					: rows[id].first;
}

bool switch_is_on(enum switch_id id)
{
	return switch_number(id) != 0;
}

static void put(int id, int value)
{
	atomic_store(&values[id], value);
	atomic_store(&is_set[id], true);
}

static int set_len(const char *word, size_t len)
{
	size_t name_len = strcspn(word, "= ,");
	long value = 1;
	int id;

	if (name_len < len)
		value = strtol(word + name_len + 1, NULL, 10);
	if (value < 0 || value > INT_MAX)
		return -EINVAL;
	if (name_len == 3 && !strncmp(word, "all", 3)) {
		for (id = 0; id < SWITCH_OBEY_NETWORK; id++)
			put(id, value);
		return 0;
	}
	for (id = 0; id < SWITCH_COUNT; id++) {
		if (strlen(rows[id].name) != name_len ||
			strncmp(rows[id].name, word, name_len))
			continue;
		put(id, value);
		return 0;
	}
	return -EINVAL;
}

int switch_set(const char *word)
{
	return set_len(word, strlen(word));
}

int switch_set_all(const char *words)
{
	size_t len;
	int err = 0;

	for (; *words && !err; words += len) {
		words += strspn(words, ", ");
		len = strcspn(words, ", ");
		if (len)
			err = set_len(words, len);
	}
	return err;
}

void switch_reset(void)
{
	int id;

	for (id = 0; id < SWITCH_COUNT; id++)
		atomic_store(&is_set[id], false);
}

void switch_emit(struct text *text)
{
	int id;

	emit_open(text, NULL, '{');
	for (id = 0; id < SWITCH_COUNT; id++)
		emit_int(text, rows[id].name, switch_number(id));
	emit_close(text, '}');
}

void switch_help(void)
{
	int id;

	for (id = 0; id < SWITCH_COUNT; id++)
		if (id < SWITCH_EARLY_MS)
			printf("  %-17s %s\n", rows[id].name, rows[id].what);
		else
			printf("  %s=N%*s %s (%d)\n", rows[id].name,
				15 - (int)strlen(rows[id].name), "",
				rows[id].what, rows[id].first);
}
