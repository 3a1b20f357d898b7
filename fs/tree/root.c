/* SPDX-License-Identifier: MIT */
/* fs/tree/root.c - the root, README, languages and key/ */
#include <errno.h>
#include <string.h>

#include "fs/base/json_array.h"
#include "fs/core/core.h"
#include "fs/core/row.h"
#include "fs/files/files.h"
#include "fs/tree/readme.h"
#include "fs/tree/tables.h"

static int readme_render(struct op *op, const struct node *node, FILE *out)
{
	(void)op;
	(void)node;
	fputs(readme_text, out);
	return 0;
}

/* ---- answers about the whole account ---- */

static int answer_attr(struct op *op, enum api_endpoint endpoint,
	struct stat *attr, double *timeout_s)
{
	struct cache_answer answer;
	int err = op_get(op, endpoint, NULL, &answer);

	if (err)
		return err;
	struct timespec at = answer_changed(op->core, endpoint, &answer);
	attr_times(attr, &at, &at);
	*timeout_s = answer_timeout_s(op, &answer);
	return 0;
}

static int languages_source(
	struct op *op, const struct node *node, json_t **json)
{
	struct cache_answer answer;
	int err = op_get(op, API_LANGUAGES, NULL, &answer);

	(void)node;
	*json = answer.json;
	return err;
}

static int languages_attr(struct op *op, const struct node *node,
	struct stat *attr, double *timeout_s)
{
	(void)node;
	return answer_attr(op, API_LANGUAGES, attr, timeout_s);
}

static int languages_render(struct op *op, const struct node *node, FILE *out)
{
	json_t *json;
	int err = languages_source(op, node, &json);

	if (err)
		return err;
	/* The answer may be the bare list (api/API.md 8.1). */
	const json_t *list = json_array_in(json, "languages");
	return list ? render_value(list, out) : -EPROTO;
}

static int languages_json_render(
	struct op *op, const struct node *node, FILE *out)
{
	json_t *json;
	int err = languages_source(op, node, &json);

	return err ? err : render_json(json, out);
}

static int key_source(struct op *op, const struct node *node, json_t **json)
{
	struct cache_answer answer;
	int err = op_get(op, API_KEYS_VALIDATE, NULL, &answer);

	(void)node;
	*json = answer.json;
	return err;
}

static int key_attr(struct op *op, const struct node *node, struct stat *attr,
	double *timeout_s)
{
	/* The directory itself is there before any answer: a listing of the
	 * root asks for nothing. */
	if (!strcmp(node->row->path, "/key"))
		return 0;
	return answer_attr(op, API_KEYS_VALIDATE, attr, timeout_s);
}

static int key_json_render(struct op *op, const struct node *node, FILE *out)
{
	json_t *json;
	int err = key_source(op, node, &json);

	return err ? err : render_json(json, out);
}

static int run_saves(struct op *op, const struct node *dir, struct found *found)
{
	(void)dir;
	return found_top(found, op->core->files, "run");
}

#define KEY(name, names, text)                                                 \
	{                                                                      \
		.path = "/key/" name, .kind = ROW_FILE, .mode = 0444,          \
		.source = key_source, .member = names, .help = text,           \
	}

const struct row tree_root_rows[] = {
	{ .path = "/",
		.kind = ROW_DIR,
		.mode = 0755,
		.help = "the account, as files" },
	{ .path = "/README",
		.kind = ROW_FILE,
		.mode = 0444,
		.flags = ROW_FINAL,
		.render = readme_render,
		.help = "this tree in one screen, with five commands to try" },
	{ .path = "/run",
		.kind = ROW_DIR,
		.mode = 0755,
		.saves = run_saves,
		.help = "save a script here and it runs in a fresh sandbox" },
	{ .path = "/languages",
		.kind = ROW_FILE,
		.mode = 0444,
		.render = languages_render,
		.attr = languages_attr,
		.help = "the languages that the API runs, one a line" },
	{ .path = "/languages.json",
		.kind = ROW_FILE,
		.mode = 0444,
		.render = languages_json_render,
		.attr = languages_attr,
		.help = "the same with their aliases, as the API gives them" },
	{ .path = "/key",
		.kind = ROW_DIR,
		.mode = 0555,
		.attr = key_attr,
		.help = "what the API says of the key" },
	KEY("valid", "valid", "1 while the key is accepted"),
	KEY("public_key", "public_key", "the public half of the key"),
	KEY("status", "status", "active, suspended, ..."),
	KEY("tier", "tier", "the plan's tier"),
	KEY("rate_per_minute", "rate_per_minute|rate_limit",
		"requests a minute that the key allows"),
	KEY("burst", "burst", "requests that may come at once"),
	KEY("concurrency_limit", "concurrency_limit|concurrency",
		"runs at a time that the key allows"),
	KEY("expires_at", "expires_at|valid_through_datetime",
		"when the key ends"),
	KEY("valid_for", "valid_for_human|time_remaining",
		"how long that is from now, in words"),
	KEY("account_id", "account_id", "the account's id"),
	KEY("email", "email", "the account's address"),
	KEY("plan", "plan", "the account's plan"),
	{ .path = "/key/key.json",
		.kind = ROW_FILE,
		.mode = 0444,
		.render = key_json_render,
		.help = "the whole answer" },
	{ 0 },
};
