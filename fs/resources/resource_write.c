/* SPDX-License-Identifier: MIT */
/* fs/resources/resource_write.c - changing what the API can change of a
 * resource */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "fs/base/errors.h"
#include "fs/core/core.h"
#include "fs/core/row.h"
#include "fs/resources/collection_state.h"
#include "fs/resources/resource.h"

/* Errors of an answer that did not come, or was none: the API may have done
 * what it was told, so nothing that was known is sure any more. */
static bool may_be_done(int err)
{
	return err == -ECONNRESET || err == -ETIMEDOUT || err == -EPROTO ||
		err == -EREMOTEIO;
}

/* body: taken; NULL: none, or none any more, as it was sent. */
static int send_text(struct op *op, unsigned slot, enum api_endpoint endpoint,
	const struct node *node, char *body, size_t len, json_t **answer)
{
	struct api_request request = {
		.endpoint = endpoint,
		.priority = API_PERSON,
		.id = node->id[0] ? node->id : NULL,
		.body = body,
		.body_len = len,
	};
	int err = op_call(op, slot, &request, answer);

	if (may_be_done(err))
		resource_drop(op, node);
	return err;
}

int resource_call(struct op *op, unsigned slot, enum api_endpoint endpoint,
	const struct node *node, json_t **answer)
{
	bool has_body = strcmp(api_endpoint_method(endpoint), "DELETE") != 0 &&
		!op->calls[slot].is_started;
	char *body = has_body ? strdup("{}") : NULL;

	if (has_body && !body)
		return -ENOMEM;
	return send_text(op, slot, endpoint, node, body, 2, answer);
}

int resource_send(struct op *op, unsigned slot, enum api_endpoint endpoint,
	const struct node *node, json_t *body, json_t **answer)
{
	char *text = NULL;
	size_t len = 0;

	if (body && !op->calls[slot].is_started)
		text = json_write(body, &len);
	json_decref(body);
	if (!text && !op->calls[slot].is_started)
		return -ENOMEM;
	return send_text(op, slot, endpoint, node, text, len, answer);
}

int resource_refuse(
	struct op *op, const struct node *node, int err, const char *why)
{
	errors_add(op->core->errors, &op->core->now, "WRITE", node->row->path,
		0, err, why);
	return err;
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

/* What no other answer may tell is remembered: a session's lock, say. */
static void tell_written(struct op *op, const struct node *node, json_t *value)
{
	memory_tell(op->core, node, value);
	resource_drop(op, node);
}

/* ---- state ---- */

struct state_calls {
	const struct collection *collection;
	/* Each by the name of most clients, else by the other. */
	enum api_endpoint freeze[2], unfreeze[2];
};

static const struct state_calls state_calls[] = {
	{ &sessions, { API_SESSION_FREEZE, API_SESSION_SLEEP },
		{ API_SESSION_UNFREEZE, API_SESSION_WAKE } },
	{ &services, { API_SERVICE_FREEZE, API_SERVICE_SLEEP },
		{ API_SERVICE_UNFREEZE, API_SERVICE_WAKE } },
};

static const struct setting state_setting = {
	.name = "state",
	.type = SETTING_CHOICE,
	.choices = "running frozen sleeping",
};

static bool is_unknown_path(int err)
{
	return err == -ENOENT || err == -EOPNOTSUPP;
}

/* An endpoint, or the other that does the same where this API has not the
 * first. */
static int call_either(struct op *op, const enum api_endpoint endpoints[2],
	const struct node *node, json_t **answer)
{
	int err = resource_call(op, 0, endpoints[0], node, answer);

	return is_unknown_path(err)
		? resource_call(op, 1, endpoints[1], node, answer)
		: err;
}

int resource_state_write(
	struct op *op, const struct node *node, const char *text, size_t len)
{
	const struct collection *collection = collection_of(node->row);
	const struct state_calls *calls = state_calls;
	json_t *value, *answer;
	int err = resource_parse(op, node, &state_setting, text, len, &value);

	if (err)
		return err;
	bool wakes = !strcmp(json_string_value(value), "running");
	json_decref(value);
	while (calls->collection != collection)
		calls++;
	err = call_either(
		op, wakes ? calls->unfreeze : calls->freeze, node, &answer);
	if (!err)
		resource_drop(op, node);
	return err;
}

/* ---- locked ---- */

struct lock_calls {
	const struct collection *collection;
	enum api_endpoint lock, unlock;
};

static const struct lock_calls lock_calls[] = {
	{ &sessions, API_SESSION_LOCK, API_SESSION_UNLOCK },
	{ &services, API_SERVICE_LOCK, API_SERVICE_UNLOCK },
	{ &snapshots, API_SNAPSHOT_LOCK, API_SNAPSHOT_UNLOCK },
	{ &images, API_IMAGE_LOCK, API_IMAGE_UNLOCK },
};

static const struct setting locked_setting = {
	.name = "locked",
	.type = SETTING_BOOL,
};

int resource_locked_write(
	struct op *op, const struct node *node, const char *text, size_t len)
{
	const struct collection *collection = collection_of(node->row);
	const struct lock_calls *calls = lock_calls;
	json_t *value, *answer;
	int err = resource_parse(op, node, &locked_setting, text, len, &value);

	if (err)
		return err;
	while (calls->collection != collection)
		calls++;
	err = resource_call(op, 0,
		json_is_true(value) ? calls->lock : calls->unlock, node,
		&answer);
	if (!err)
		tell_written(op, node, json_incref(value));
	json_decref(value);
	return err;
}

/* ---- vcpu ---- */

static const struct setting vcpu_setting = {
	.name = "vcpu",
	.type = SETTING_NUMBER,
	.min = 1,
	.max = 8,
};

/* A session is boosted, and is as it was made without a boost. */
static int session_vcpu(struct op *op, const struct node *node, json_t *value)
{
	json_t *answer;

	if (json_integer_value(value) == 1)
		return resource_call(op, 0, API_SESSION_UNBOOST, node, &answer);
	return resource_send(op, 0, API_SESSION_BOOST, node,
		json_pack("{s:O}", "vcpu", value), &answer);
}

static int service_vcpu(struct op *op, const struct node *node, json_t *value)
{
	json_t *answer;
	int err = resource_send(op, 0, API_SERVICE_PATCH, node,
		json_pack("{s:O}", "vcpu", value), &answer);

	return is_unknown_path(err)
		? resource_send(op, 1, API_SERVICE_RESIZE, node,
			  json_pack("{s:O}", "vcpu", value), &answer)
		: err;
}

int resource_vcpu_write(
	struct op *op, const struct node *node, const char *text, size_t len)
{
	json_t *value;
	int err = resource_parse(op, node, &vcpu_setting, text, len, &value);

	if (err)
		return err;
	err = collection_of(node->row) == &sessions
		? session_vcpu(op, node, value)
		: service_vcpu(op, node, value);
	if (!err)
		tell_written(op, node, json_incref(value));
	json_decref(value);
	return err;
}

/* ---- flags ---- */

static const struct setting flag_setting = {
	.name = "flag",
	.type = SETTING_BOOL,
};

int resource_flag_write(
	struct op *op, const struct node *node, const char *text, size_t len)
{
	json_t *value, *answer;
	int err = resource_parse(op, node, &flag_setting, text, len, &value);

	if (err)
		return err;
	err = resource_send(op, 0, API_SERVICE_PATCH, node,
		json_pack("{s:O}", row_name(node->row), value), &answer);
	if (!err)
		tell_written(op, node, json_incref(value));
	json_decref(value);
	return err;
}

/* ---- the end ---- */

int resource_destroy(
	struct op *op, const struct node *node, const char *text, size_t len)
{
	(void)text;
	if (!len) /* opened and closed, and nothing written */
		return 0;
	return collection_delete(op, collection_of(node->row), node->id);
}
