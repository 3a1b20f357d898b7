/* SPDX-License-Identifier: MIT */
/* tests/server/image_trust.c - who may use an image */
#include <string.h>

#include "fields.h"
#include "image.h"
#include "route.h"
#include "server.h"

static size_t trusted_index(const struct resource *image, const char *key)
{
	size_t i;

	for (i = 0; i < json_array_size(image->trusted); i++)
		if (!strcmp(json_string_value(
				    json_array_get(image->trusted, i)),
			    key))
			break;
	return i;
}

static void change_trust(
	struct resource *image, const char *key, bool is_granted)
{
	size_t at = trusted_index(image, key);

	if (!image->trusted)
		image->trusted = json_array();
	if (is_granted && at == json_array_size(image->trusted))
		json_array_append_new(image->trusted, json_string(key));
	else if (!is_granted)
		json_array_remove(image->trusted, at);
}

/* The key is in the body under one of four names, or in the path. */
static const char *key_wanted(const struct request *request, const json_t *json)
{
	static const char *const names[] = { "trusted_api_key", "api_key",
		"trusted_key", "key", NULL };

	if (!strcmp(request->pattern, "/images/ID/access/KEY"))
		return request->parts[3];
	return json_string_value(fields_first(json, names));
}

static void set_trust(struct server *server, struct request *request,
	struct reply *reply, bool is_granted)
{
	json_t *json = request_json(request, reply);
	const char *key = key_wanted(request, json);
	struct resource *image;

	if (!json)
		return;
	if (!key || !*key) {
		reply_error(reply, 400, "MISSING_KEY",
			"trusted_api_key is required");
		json_decref(json);
		return;
	}
	image = image_take_own(server, request, reply);
	if (image) {
		change_trust(image, key, is_granted);
		image_reply(server, request, image, reply);
		resource_put(server, image);
	}
	json_decref(json);
}

static void image_grant(
	struct server *server, struct request *request, struct reply *reply)
{
	set_trust(server, request, reply, true);
}

static void image_revoke(
	struct server *server, struct request *request, struct reply *reply)
{
	set_trust(server, request, reply, false);
}

const struct route trust_routes[] = {
	{ "POST", "/images/ID/grant", 0, image_grant },
	{ "POST", "/images/ID/grant-access", ROUTE_OLD, image_grant },
	{ "POST", "/images/ID/access", ROUTE_OLD, image_grant },
	{ "POST", "/images/ID/access/grant", ROUTE_OLD, image_grant },
	{ "POST", "/images/ID/revoke", 0, image_revoke },
	{ "POST", "/images/ID/revoke-access", ROUTE_OLD, image_revoke },
	{ "DELETE", "/images/ID/access", ROUTE_OLD, image_revoke },
	{ "POST", "/images/ID/access/revoke", ROUTE_OLD, image_revoke },
	{ "DELETE", "/images/ID/access/KEY", ROUTE_OLD, image_revoke },
	{ NULL, NULL, 0, NULL },
};
