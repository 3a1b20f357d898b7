/* SPDX-License-Identifier: MIT */
/* fs/tree/key.c - key/: what the API says of the key */
#include <errno.h>

#include "fs/core/core.h"
#include "fs/tree/rows.h"
#include "fs/tree/tables.h"

/* The answer, even if it refuses the key. */
static int key_source(struct op *op, const struct node *node, json_t **json)
{
	struct key_refusal *refusal = &op->core->key_refusal;
	int err = answer_source(op, node, json);

	if (!err)
		refusal->is_last = false;
	if (!key_is_refused(err) || !refusal->answer)
		return err;
	*json = refusal->answer;
	return 0;
}

static int key_attr(struct op *op, const struct node *node, struct stat *attr,
	double *timeout_s)
{
	const struct key_refusal *refusal = &op->core->key_refusal;
	int err = answer_attr(op, node, attr, timeout_s);

	if (!key_is_refused(err) || !refusal->answer)
		return err;
	attr_times(attr, &refusal->at, &refusal->at);
	*timeout_s = 0;
	return 0;
}

#define KEY(name, names, says)                                                 \
	READABLE("/key/" name, says, .attr = key_attr, .source = key_source,   \
		.endpoint = API_KEYS_VALIDATE, .member = names)

#define THROTTLE(name, says)                                                   \
	ANSWER_VALUE("/key/throttle/" name, API_KEY_THROTTLE, name, says,      \
		.exists = answer_exists)

const struct row tree_key_rows[] = {
	/* It exists before any answer, since listing the root must not send a
	 * request. */
	FIXED_DIRECTORY("/key", "what the API says of the key",
		.about = answer_about, .endpoint = API_KEYS_VALIDATE),
	KEY("valid", "valid", "1 while the key is accepted"),
	KEY("reason", "reason", "why it is not: expired, suspended, ..."),
	KEY("message", "message", "the same, in the API's words"),
	KEY("advice", "advice", "what to do about that"),
	KEY("renew_url", "renew_url", "where the key can be renewed"),
	KEY("public_key", "public_key", "the public half of the key"),
	KEY("status", "status", "active, suspended, ..."),
	KEY("tier", "tier", "the plan's tier"),
	KEY("rate_per_minute", "rate_per_minute|rate_limit",
		"requests a minute that the key allows"),
	KEY("burst", "burst", "requests that may come at once"),
	KEY("concurrency_limit", "concurrency_limit|concurrency",
		"runs at a time that the key allows"),
	KEY("max_sessions", "max_sessions",
		"sessions at a time that the key allows"),
	KEY("expires_at",
		"expires_at|valid_through_datetime|expired_at_datetime",
		"when the key ends, or has ended"),
	KEY("valid_for", "valid_for_human|time_remaining",
		"how long that is from now, in words"),
	KEY("expired_ago", "expired_ago", "how long ago that was, in words"),
	KEY("account_id", "account_id", "the account's id"),
	KEY("email", "email", "the account's address"),
	KEY("plan", "plan", "the account's plan"),
	READABLE("/key/key.json", "the whole answer", .attr = key_attr,
		.source = key_source, .endpoint = API_KEYS_VALIDATE),
	/* Not listed: it is only valid for a moment, and costs a request. */
	FIXED_DIRECTORY("/key/throttle",
		"whether the key's limits are reached now; found only by its "
		"name",
		.flags = ROW_UNLISTED),
	THROTTLE("should_throttle", "1: a request would be refused"),
	THROTTLE("active_executions", "running programs"),
	THROTTLE("requests_used_in_last_60s", "requests of the last minute"),
	ANSWER_JSON("/key/throttle/throttle.json", API_KEY_THROTTLE,
		"the whole answer", .exists = answer_exists),
	{ 0 },
};
