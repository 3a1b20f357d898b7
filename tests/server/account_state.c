/* SPDX-License-Identifier: MIT */
/* tests/server/account_state.c - the states of keys, and who gets codes */
#include "account.h"

#include <stdio.h>
#include <string.h>

struct row {
	const char *word;
	int status;
	const char *code;
	const char *message;
};

static const struct row rows[ACCOUNT_STATES] = {
	[ACCOUNT_ACTIVE] = { "active", 200, "", "" },
	[ACCOUNT_FREE] = { "free", 403, "NOT_IN_PLAN",
		"This feature is not part of your plan" },
	[ACCOUNT_EXPIRED] = { "expired", 401, "KEY_EXPIRED",
		"This API key has expired" },
	[ACCOUNT_REVOKED] = { "revoked", 401, "KEY_REVOKED",
		"This API key has been revoked" },
	[ACCOUNT_SUSPENDED] = { "suspended", 403, "KEY_SUSPENDED",
		"This API key is suspended" },
};

const char *account_state_word(enum account_state state)
{
	return rows[state].word;
}

void account_emit_state(const struct account *account, struct text *body)
{
	char url[200];

	emit_bool(body, "valid", false);
	emit_string(body, "reason", rows[account->state].word);
	if (account->state != ACCOUNT_EXPIRED)
		return;
	snprintf(url, sizeof(url), "https://unsandbox.com/keys/extend?key=%s",
		account->public_key);
	emit_string(body, "public_key", account->public_key);
	emit_int(body, "tier", 3);
	emit_string(body, "expired_at_datetime", "2026-01-31T23:59:59Z");
	emit_string(body, "expired_ago", "some days");
	emit_string(body, "renew_url", url);
}

void account_refuse_state(const struct account *account, struct reply *reply)
{
	const struct row *row = &rows[account->state];

	reply_error_open(reply, row->status, row->code, row->message);
	if (account->state != ACCOUNT_FREE)
		account_emit_state(account, &reply->body);
	emit_close(&reply->body, '}');
}

/* Contacts with the role reader get no codes. */
static bool is_operator(const json_t *contact)
{
	const char *role = json_string_value(json_object_get(contact, "role"));

	return role && (!strcmp(role, "owner") || !strcmp(role, "operator"));
}

json_t *account_operators(struct accounts *accounts, const char *public_key)
{
	struct account *account = account_find(accounts, public_key);
	json_t *operators = json_array(), *contact;
	size_t i;

	pthread_mutex_lock(&accounts->lock);
	json_array_foreach (account ? account->contacts : NULL, i, contact) {
		if (is_operator(contact))
			json_array_append(
				operators, json_object_get(contact, "email"));
	}
	pthread_mutex_unlock(&accounts->lock);
	return operators;
}
