/* SPDX-License-Identifier: MIT */
/* tests/server/fields.c - fields of resources in requests, under any name */
#include "fields.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "folder.h"
#include "program.h"
#include "server.h"

static int refuse(struct reply *reply, const char *code, const char *message)
{
	reply_error(reply, 400, code, message);
	return -EINVAL;
}

json_t *fields_first(const json_t *json, const char *const *names)
{
	json_t *value = NULL;

	for (; *names && !value; names++) {
		value = json_object_get(json, *names);
		if (json_is_null(value))
			value = NULL;
	}
	return value;
}

void fields_string(char **place, const json_t *json, const char *name)
{
	const char *value = json_string_value(json_object_get(json, name));

	if (value)
		resource_set(place, value);
}

void fields_bool(bool *place, const json_t *json, const char *name)
{
	const json_t *value = json_object_get(json, name);

	if (json_is_boolean(value))
		*place = json_is_true(value);
	else if (json_is_integer(value))
		*place = json_integer_value(value) != 0;
}

int fields_machine(
	struct resource *resource, const json_t *json, struct reply *reply)
{
	int err = program_read_network(&resource->has_network, json, reply);

	return err ? err : program_read_vcpu(&resource->vcpu, json, reply);
}

/* Splits "a,b" into an array. */
static json_t *split(const char *text)
{
	json_t *list = json_array();
	size_t len;

	for (; *text; text += len) {
		text += strspn(text, ", ");
		len = strcspn(text, ", ");
		if (len)
			json_array_append_new(list, json_stringn(text, len));
	}
	return list;
}

static json_t *as_list(const json_t *value)
{
	if (json_is_string(value))
		return split(json_string_value(value));
	return json_is_array(value) ? json_deep_copy(value) : NULL;
}

static json_t *port_of(const json_t *value)
{
	json_int_t number = json_integer_value(value);
	char *end;

	if (json_is_string(value)) {
		number = strtol(json_string_value(value), &end, 10);
		if (*end)
			return NULL;
	}
	return number < 1 || number > 65535 ? NULL : json_integer(number);
}

int fields_ports(
	struct resource *resource, const json_t *json, struct reply *reply)
{
	const json_t *value = json_object_get(json, "ports");
	json_t *list, *ports, *port;
	size_t i;

	if (!value || json_is_null(value))
		return 0;
	list = as_list(value);
	ports = json_array();
	for (i = 0; i < json_array_size(list); i++) {
		port = port_of(json_array_get(list, i));
		if (!port)
			break;
		json_array_append_new(ports, port);
	}
	if (!list || i < json_array_size(list)) {
		json_decref(list);
		json_decref(ports);
		return refuse(reply, "INVALID_PORTS",
			"ports are numbers from 1 to 65535");
	}
	json_decref(list);
	json_decref(resource->ports);
	resource->ports = ports;
	return 0;
}

int fields_list(json_t **place, const json_t *json, const char *const *names,
	struct reply *reply)
{
	const json_t *value = fields_first(json, names);
	json_t *list, *each;
	size_t i;

	if (!value)
		return 0;
	list = as_list(value);
	json_array_foreach (list, i, each) {
		if (json_is_string(each))
			continue;
		json_decref(list);
		list = NULL;
		break;
	}
	if (!list)
		return refuse(reply, "INVALID_LIST",
			"a list must be an array of strings");
	json_decref(*place);
	*place = list;
	return 0;
}

void fields_bootstrap(struct resource *resource, const json_t *json)
{
	static const char *const names[] = { "bootstrap_content", "bootstrap",
		"bootstrap_url" };
	const char *text;
	size_t i;

	for (i = 0; i < 3; i++) {
		text = json_string_value(json_object_get(json, names[i]));
		if (!text || !*text)
			continue;
		resource_set(&resource->bootstrap, text);
		return;
	}
}

int fields_files(struct server *server, const struct resource *resource,
	const json_t *json, struct reply *reply)
{
	struct program files = { 0 };
	char dir[400];
	int err = program_read_files(&files, json, reply);

	resource_dir(server, resource, dir, sizeof(dir));
	if (!err && (folder_make(dir) || program_lay_files(&files, dir))) {
		reply_error(reply, 500, "INTERNAL_ERROR",
			"the input files could not be written");
		err = -EINVAL;
	}
	program_clear(&files);
	return err;
}
