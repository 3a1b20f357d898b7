/* SPDX-License-Identifier: MIT */
/* fs/core/key.c - a key that the API does not accept, and what to do */
#include "fs/core/key.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "fs/core/core.h"

enum { CODE_WANTED = 428 };

bool key_is_refused(int err)
{
	return err == -EKEYREJECTED || err == -EKEYEXPIRED || err == -EACCES;
}

/* ---- what to do ---- */

struct advice {
	int err;
	const char *word; /* in the answer; NULL: any answer */
	const char *text;
	bool is_about_keys; /* also says where the keys are */
};

/* The first that matches is used. */
static const struct advice advices[] = {
	{ -EKEYREJECTED, "timestamp",
		"set this machine's clock: timedatectl set-ntp true", false },
	{ -EKEYREJECTED, "signature",
		"the secret key is probably wrong: correct it", true },
	{ -EKEYREJECTED, "revoked",
		"it will not work again: replace it by another key", true },
	{ -EKEYREJECTED, "suspended", "ask why at https://unsandbox.com",
		false },
	{ -EACCES, "suspended", "ask why at https://unsandbox.com", false },
	{ -EKEYREJECTED, NULL, "check the keys", true },
};

static bool has_word(const struct api_answer *answer, const char *word)
{
	return !word || strcasestr(answer->message, word) ||
		strcasestr(answer->code, word);
}

static const struct advice *advice_find(const struct api_answer *answer)
{
	for (size_t i = 0; i < sizeof(advices) / sizeof(*advices); i++)
		if (advices[i].err == answer->err &&
			has_word(answer, advices[i].word))
			return &advices[i];
	return NULL;
}

static void renewal_print(const struct api_credentials *credentials,
	const struct api_answer *answer, char *out, size_t size)
{
	const char *url =
		json_string_value(json_member(answer->json, "renew_url"));

	if (url)
		snprintf(out, size, "renew it: %s", url);
	else
		snprintf(out, size,
			"renew it: https://unsandbox.com/keys/extend?key=%s",
			credentials->public_key);
}

/* Contacts with these roles get a code each, if they have an address; readers
 * are only notified (api/API.md 16.11). */
static bool gets_code(const json_t *contact, const char **role)
{
	*role = json_string_value(json_member(contact, "role"));
	return json_string_length(json_member(contact, "email")) && *role &&
		(!strcmp(*role, "owner") || !strcmp(*role, "operator"));
}

/* Prints who gets codes, if that is known: "A (owner), B (operator)". Returns
 * how many; -1: unknown. */
static int code_holders_print(const struct core *core, char *out, size_t size)
{
	const json_t *contacts, *contact;
	struct cache_answer answer;
	const char *role;
	size_t i, len = 0;
	int count = 0;

	*out = '\0';
	if (!core || !core->cache ||
		cache_peek_stale(core->cache, API_KEY_CONTACTS, NULL, &answer))
		return -1;
	contacts = json_array_in(answer.json, "contacts");
	json_array_foreach (contacts, i, contact) {
		if (!gets_code(contact, &role))
			continue;
		if (len < size)
			len += snprintf(out + len, size - len, "%s%s (%s)",
				count ? ", " : "",
				json_string_value(
					json_member(contact, "email")),
				role);
		count++;
	}
	return contacts ? count : -1;
}

static void code_print(const struct core *core, char *out, size_t size)
{
	char holders[256];
	int count = code_holders_print(core, holders, sizeof(holders));

	if (!count)
		snprintf(out, size,
			"no contact of the key gets a code: write an address "
			"to key/self/email, then do it again");
	else
		snprintf(out, size,
			"%s%s; write the code to .unsandboxfs/otp, then do it "
			"again",
			count > 0 ? "a code went to "
				  : "owners and operators in "
				    "key/self/contacts get a code by e-mail",
			holders);
}

void key_advice(const struct core *core,
	const struct api_credentials *credentials,
	const struct api_answer *answer, char *out, size_t size)
{
	const struct advice *advice = advice_find(answer);

	*out = '\0';
	if (answer->status == CODE_WANTED)
		code_print(core, out, size);
	else if (answer->err == -EKEYEXPIRED)
		renewal_print(credentials, answer, out, size);
	else if (advice && advice->is_about_keys)
		snprintf(out, size, "%s (%s), then mount again", advice->text,
			credentials->source);
	else if (advice)
		snprintf(out, size, "%s", advice->text);
}

/* ---- what is remembered ---- */

static int member_add(json_t *all, const char *name, json_t *value)
{
	if (!value || json_member(all, name)) {
		json_decref(value);
		return 0;
	}
	return json_object_set_new(all, name, value);
}

/* The answer, with the members that it lacks. NULL: out of memory. */
static json_t *refusal_new(
	const struct core *core, const struct api_answer *answer)
{
	json_t *all = json_is_object(answer->json) ? json_twin(answer->json)
						   : json_object();
	const char *code = answer->code;
	char advice[512];

	key_advice(core, core->credentials, answer, advice, sizeof(advice));
	if (all && !json_object_set_new(all, "valid", json_false()) &&
		!member_add(all, "public_key",
			json_string(core->credentials->public_key)) &&
		!member_add(all, "reason", *code ? json_string(code) : NULL) &&
		!member_add(all, "message", json_string(answer->message)) &&
		!member_add(
			all, "advice", *advice ? json_string(advice) : NULL))
		return all;
	json_decref(all);
	return NULL;
}

static void rows_notify(struct core *core, const char *path)
{
	const struct row *dir = tree_row(path), *row;

	notify_inode(core, node_ino(dir, NULL, NULL));
	for (size_t i = 0; (row = tree_child(dir, i)); i++)
		notify_inode(core, node_ino(row, NULL, NULL));
}

void key_notify(struct core *core)
{
	rows_notify(core, "/key");
	rows_notify(core, "/key/self");
}

static bool is_about_key(const struct api_answer *answer, bool is_validation)
{
	if (answer->err == -EKEYREJECTED)
		return is_validation || !has_word(answer, "timestamp");
	return answer->err == -EKEYEXPIRED ||
		(answer->err == -EACCES &&
			(is_validation || has_word(answer, "suspended")));
}

void key_note(
	struct core *core, const char *path, const struct api_answer *answer)
{
	bool is_validation =
		!strcmp(path, api_endpoint_path(API_KEYS_VALIDATE));
	struct key_refusal *refusal = &core->key_refusal;

	/* GET /health is not signed. */
	if (!is_about_key(answer, is_validation) ||
		!strcmp(path, api_endpoint_path(API_HEALTH)))
		return;
	if (is_validation) {
		json_decref(refusal->answer);
		refusal->answer = refusal_new(core, answer);
	} else if (!refusal->is_last) {
		cache_drop(core->cache, API_KEYS_VALIDATE, NULL);
		cache_drop(core->cache, API_KEY_SELF, NULL);
	}
	if (refusal->is_last)
		return;
	refusal->is_last = true;
	refusal->at = core->now;
	key_notify(core);
}

void key_explain(struct core *core, const char *method, const char *path,
	const struct api_answer *answer)
{
	char message[768], advice[384];
	char *reason = json_reason(answer->json, answer->message);

	key_note(core, path, answer);
	key_advice(core, core->credentials, answer, advice, sizeof(advice));
	snprintf(message, sizeof(message), "%.360s%s%s",
		reason ? reason : answer->message, *advice ? "; " : "", advice);
	free(reason);
	errors_add(core->errors, &core->now, method, path, answer->status,
		answer->err, message);
}
