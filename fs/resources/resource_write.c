/* SPDX-License-Identifier: MIT */
/* fs/resources/resource_write.c - changing what the API can change of a
 * resource */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "fs/base/base.h"
#include "fs/core/core.h"
#include "fs/resources/collection_state.h"

/* No answer came, or none that can be understood. The API may have carried out
 * the request, so known answers may be wrong. */
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

/* Ends a write: no other answer may tell its value, of a session's lock, say.
 * value is taken; NULL: other answers tell it. */
static int write_end(
	struct op *op, const struct node *node, int err, json_t *value)
{
	if (err) {
		json_decref(value);
		return err;
	}
	last_answer_set(op->core, node, value);
	resource_drop(op, node);
	return 0;
}

/* ---- state ---- */

static const struct setting state_setting = {
	.name = "state",
	.type = SETTING_CHOICE,
	.choices = "running frozen sleeping",
};

static bool is_unknown_path(int err)
{
	return err == -ENOENT || err == -EOPNOTSUPP;
}

int resource_state_write(
	struct op *op, const struct node *node, const char *text, size_t len)
{
	const struct collection *collection = collection_of(node->row);
	json_t *value, *answer;
	int err = resource_parse(op, node, &state_setting, text, len, &value);

	if (err)
		return err;
	bool is_running = !strcmp(json_string_value(value), "running");
	const enum api_endpoint *endpoints =
		is_running ? collection->unfreeze : collection->freeze;
	json_decref(value);
	err = resource_call(op, 0, endpoints[0], node, &answer);
	if (is_unknown_path(err))
		err = resource_call(op, 1, endpoints[1], node, &answer);
	return write_end(op, node, err, NULL);
}

/* ---- locked ---- */

static const struct setting flag_setting = {
	.name = "flag",
	.type = SETTING_BOOL,
};

int resource_locked_write(
	struct op *op, const struct node *node, const char *text, size_t len)
{
	const struct collection *collection = collection_of(node->row);
	json_t *value, *answer;
	int err = resource_parse(op, node, &flag_setting, text, len, &value);

	if (err)
		return err;
	err = resource_call(op, 0,
		json_is_true(value) ? collection->lock : collection->unlock,
		node, &answer);
	return write_end(op, node, err, value);
}

/* ---- members ---- */

/* Sends {name: value}. */
static int member_send(struct op *op, unsigned slot, enum api_endpoint endpoint,
	const struct node *node, const char *name, json_t *value)
{
	json_t *answer;

	return resource_send(op, slot, endpoint, node,
		json_pack("{s:O}", name, value), &answer);
}

static const struct setting vcpu_setting = {
	.name = "vcpu",
	.type = SETTING_NUMBER,
	.min = 1,
	.max = 8,
};

/* A session has one vcpu without a boost. */
static int session_vcpu(struct op *op, const struct node *node, json_t *value)
{
	json_t *answer;

	if (json_integer_value(value) == 1)
		return resource_call(op, 0, API_SESSION_UNBOOST, node, &answer);
	return member_send(op, 0, API_SESSION_BOOST, node, "vcpu", value);
}

static int service_vcpu(struct op *op, const struct node *node, json_t *value)
{
	int err = member_send(op, 0, API_SERVICE_PATCH, node, "vcpu", value);

	return is_unknown_path(err)
		? member_send(op, 1, API_SERVICE_RESIZE, node, "vcpu", value)
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
	return write_end(op, node, err, value);
}

int resource_flag_write(
	struct op *op, const struct node *node, const char *text, size_t len)
{
	json_t *value;
	int err = resource_parse(op, node, &flag_setting, text, len, &value);

	if (err)
		return err;
	err = member_send(
		op, 0, API_SERVICE_PATCH, node, row_name(node->row), value);
	return write_end(op, node, err, value);
}

static const struct setting domains_setting = {
	.name = "domains",
	.type = SETTING_LIST,
};

int domains_write(
	struct op *op, const struct node *node, const char *text, size_t len)
{
	json_t *value;
	int err = resource_parse(op, node, &domains_setting, text, len, &value);

	if (err)
		return err;
	err = member_send(
		op, 0, API_SERVICE_DOMAINS, node, "custom_domains", value);
	json_decref(value);
	return write_end(op, node, err, NULL);
}

/* ---- destroy ---- */

int resource_destroy(
	struct op *op, const struct node *node, const char *text, size_t len)
{
	(void)text;
	(void)len;
	return collection_delete(op, collection_of(node->row), node->id);
}
