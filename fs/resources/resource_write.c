/* SPDX-License-Identifier: MIT */
/* fs/resources/resource_write.c - changing what the API can change of a
 * resource */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "fs/base/base.h"
#include "fs/core/core.h"
#include "fs/resources/collection_state.h"

/* There was no answer, or none that can be understood. The API may have carried
 * out the request, so cached answers may be stale. */
static bool may_be_done(int err)
{
	return err == -ECONNRESET || err == -ETIMEDOUT || err == -EPROTO ||
		err == -EREMOTEIO;
}

int resource_send(struct op *op, unsigned slot, enum api_endpoint endpoint,
	const struct node *node, json_t *body, json_t **answer)
{
	struct api_request request = {
		.endpoint = endpoint,
		.priority = API_PERSON,
		.id = node->id,
	};

	if (body)
		request.body = json_write(body, &request.body_len);
	json_decref(body);
	if (!request.body)
		return -ENOMEM;
	int err = op_call(op, slot, &request, answer);
	if (may_be_done(err))
		resource_drop(op, node);
	return err;
}

int resource_call(struct op *op, unsigned slot, enum api_endpoint endpoint,
	const struct node *node, json_t **answer)
{
	return resource_send(op, slot, endpoint, node, json_object(), answer);
}

int resource_refuse(
	struct op *op, const struct node *node, int err, const char *why)
{
	return row_refuse(op->core, "WRITE", node, NULL, err, why);
}

int resource_parse(struct op *op, const struct node *node,
	const struct setting *setting, const char *text, size_t len,
	json_t **value)
{
	char why[256] = "";
	int err = setting_parse(setting, text, len, value, why, sizeof(why));

	return err ? resource_refuse(op, node, err, why) : 0;
}

void resource_drop(struct op *op, const struct node *node)
{
	collection_drop(op->core, collection_of(node->row), node->id);
}

/* ---- values ---- */

/* Sources differ in the API's word for a frozen resource. */
static const char *word_of(const struct setting *setting, const json_t *value)
{
	const char *word = json_string_value(value);

	return !strcmp(setting->name, "state") && !strcmp(word, "sleeping")
		? "frozen"
		: word;
}

static bool is_same(
	const struct setting *setting, const json_t *a, const json_t *b)
{
	return setting->type == SETTING_CHOICE
		? !strcmp(word_of(setting, a), word_of(setting, b))
		: json_equal(a, b);
}

/* 1: the resource has this value already. Requests the value if it is not
 * known, so that copying a copy of the tree back changes nothing. */
static int value_is_there(
	struct op *op, const struct node *node, const json_t *value)
{
	const struct setting *setting = node->row->setting;
	const json_t *current;
	json_t *parsed;
	char why[256], *text;
	size_t len;
	int err = resource_value(op, node, node->row->member, &current);

	if (err == -EINPROGRESS)
		return err;
	if (err == -ENOENT)
		current = last_answer(op->core, node);
	if (!current || value_content(current, &text, &len))
		return 0;
	err = setting_parse(setting, text, len, &parsed, why, sizeof(why));
	free(text);
	if (err)
		return 0;
	err = is_same(setting, value, parsed);
	json_decref(parsed);
	return err;
}

/* Keeps the written value, since no answer may have it, for example a session's
 * lock; but not a choice, which answers always have, and which may change by
 * itself. */
static void value_keep(struct op *op, const struct node *node, json_t *value)
{
	bool is_choice = node->row->setting->type == SETTING_CHOICE;

	last_answer_set(op->core, node, is_choice ? NULL : json_incref(value));
	resource_drop(op, node);
}

int resource_value_write(
	struct op *op, const struct node *node, const char *text, size_t len)
{
	json_t *value;
	int err =
		resource_parse(op, node, node->row->setting, text, len, &value);

	if (err)
		return err;
	if (!op->calls[0].is_started)
		err = value_is_there(op, node, value);
	if (!err) {
		err = node->row->send(op, node, value);
		if (!err)
			value_keep(op, node, value);
	}
	json_decref(value);
	return err > 0 ? 0 : err;
}

static bool is_unknown_path(int err)
{
	return err == -ENOENT || err == -EOPNOTSUPP;
}

static void wake_time_keep(
	struct op *op, const struct node *state, const json_t *answer)
{
	json_t *took = json_member(answer, WAKE_TIME);
	struct node *node;
	char path[64];

	if (!took)
		return;
	snprintf(path, sizeof(path), "%s/wake_time",
		collection_of(state->row)->row);
	node = node_hold(&op->core->nodes, tree_row(path), state->id, NULL);
	if (node)
		last_answer_set(op->core, node, json_incref(took));
	node_drop(&op->core->nodes, node);
}

int wake_time_exists(struct op *op, const struct node *node)
{
	int err = resource_exists(op, node);

	return err == -ENOENT && last_answer(op->core, node) ? 0 : err;
}

int state_send(struct op *op, const struct node *node, json_t *value)
{
	const struct collection *collection = collection_of(node->row);
	const enum api_endpoint *endpoints =
		strcmp(json_string_value(value), "running")
		? collection->freeze
		: collection->unfreeze;
	json_t *answer;
	int err = resource_call(op, 0, endpoints[0], node, &answer);

	if (is_unknown_path(err))
		err = resource_call(op, 1, endpoints[1], node, &answer);
	if (!err)
		wake_time_keep(op, node, answer);
	return err;
}

int locked_send(struct op *op, const struct node *node, json_t *value)
{
	const struct collection *collection = collection_of(node->row);
	json_t *answer;

	return resource_call(op, 0,
		json_is_true(value) ? collection->lock : collection->unlock,
		node, &answer);
}

/* Sends {name: value}. */
static int member_send(struct op *op, unsigned slot, enum api_endpoint endpoint,
	const struct node *node, const char *name, json_t *value)
{
	json_t *answer;

	return resource_send(op, slot, endpoint, node,
		json_pack("{s:O}", name, value), &answer);
}

int session_vcpu_send(struct op *op, const struct node *node, json_t *value)
{
	json_t *answer;

	if (json_integer_value(value) == 1)
		return resource_call(op, 0, API_SESSION_UNBOOST, node, &answer);
	return member_send(op, 0, API_SESSION_BOOST, node, "vcpu", value);
}

int service_vcpu_send(struct op *op, const struct node *node, json_t *value)
{
	int err = member_send(op, 0, API_SERVICE_PATCH, node, "vcpu", value);

	return is_unknown_path(err)
		? member_send(op, 1, API_SERVICE_RESIZE, node, "vcpu", value)
		: err;
}

int service_flag_send(struct op *op, const struct node *node, json_t *value)
{
	return member_send(
		op, 0, API_SERVICE_PATCH, node, row_name(node->row), value);
}

int domains_send(struct op *op, const struct node *node, json_t *value)
{
	return member_send(
		op, 0, API_SERVICE_DOMAINS, node, "custom_domains", value);
}

int visibility_send(struct op *op, const struct node *node, json_t *value)
{
	return member_send(
		op, 0, API_IMAGE_VISIBILITY, node, "visibility", value);
}

/* ---- destroy ---- */

int resource_destroy(
	struct op *op, const struct node *node, const char *text, size_t len)
{
	(void)text;
	(void)len;
	return collection_delete(op, collection_of(node->row), node->id);
}
