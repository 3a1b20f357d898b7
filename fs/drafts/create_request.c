/* SPDX-License-Identifier: MIT */
/* fs/drafts/create_request.c - the bodies of requests that make something; for
 * the worker
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "fs/drafts/create.h"

static int put_new(json_t *body, const char *name, json_t *value)
{
	return json_object_set_new(body, name, value) ? -ENOMEM : 0;
}

static bool is_empty(const json_t *value)
{
	return !value ||
		(json_is_string(value) && !json_string_length(value)) ||
		(json_is_array(value) && !json_array_size(value));
}

/* What was set, under the API's names; env goes to the vault. */
static int put_settings(const struct run *run, json_t *body)
{
	const struct setting *setting = run->kind->settings;
	int err = 0;

	for (; !err && setting->name; setting++) {
		json_t *value = json_object_get(run->settings, setting->name);
		if (is_empty(value) || setting->type == SETTING_ENV)
			continue;
		if (json_object_set(body,
			    setting->field ? setting->field : setting->name,
			    value))
			err = -ENOMEM;
	}
	return err;
}

static int body_finish(
	struct run *run, json_t *body, int err, enum api_endpoint endpoint)
{
	if (!err)
		err = run_put_inputs(run, body);
	if (!err) {
		run->body = json_write(body, &run->body_len);
		err = run->body ? 0 : -ENOMEM;
	}
	run->endpoint = endpoint;
	json_decref(body);
	return err;
}

/* web.sh makes the service web. */
static json_t *service_name(const struct run *run)
{
	size_t len = strlen(run->name);

	if (len > 3 && !strcmp(run->name + len - 3, ".sh"))
		len -= 3;
	return json_from_bytes(run->name, len);
}

/* Defaults that differ from client to client are sent. */

int create_build_service(struct run *run, const char *content, size_t len)
{
	json_t *body = json_pack("{s:o s:s s:b}", "name", service_name(run),
		"network_mode", "zerotrust", "unfreeze_on_demand", true);
	int err = body ? put_settings(run, body) : -ENOMEM;

	if (!err && len) {
		json_object_del(body, "bootstrap");
		err = put_new(body, "bootstrap_content",
			json_from_bytes(content, len));
	}
	return body_finish(run, body, err, API_SERVICE_CREATE);
}

int create_build_session(struct run *run, const char *content, size_t len)
{
	json_t *body = json_pack(
		"{s:s s:i}", "network_mode", "zerotrust", "ttl", 3600);
	int err = body ? put_settings(run, body) : -ENOMEM;

	while (len && strchr(" \t\r\n", content[len - 1]))
		len--;
	if (!err && len)
		err = put_new(body, "shell", json_from_bytes(content, len));
	return body_finish(run, body, err, API_SESSION_CREATE);
}

int create_build_image(struct run *run, const char *content, size_t len)
{
	json_t *body = json_pack("{s:s s:o}", "source_type", "service", "name",
		json_from_bytes(run->name, strlen(run->name)));
	int err = body ? put_settings(run, body) : -ENOMEM;

	(void)content;
	(void)len;
	if (!err && !json_object_get(body, "source_id")) {
		snprintf(run->why, sizeof(run->why),
			"the draft says no .settings/source_id");
		err = -EINVAL;
	}
	return body_finish(run, body, err, API_IMAGE_PUBLISH);
}
