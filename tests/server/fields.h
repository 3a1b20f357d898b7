/* SPDX-License-Identifier: MIT */
/* tests/server/fields.h - fields of resources in requests, under any name */
#ifndef TESTS_SERVER_FIELDS_H
#define TESTS_SERVER_FIELDS_H

#include "resource.h"

/* The first member that exists and is not null. */
json_t *fields_first(const json_t *json, const char *const *names);

/* Sets a string from the request; other types are ignored. */
void fields_string(char **place, const json_t *json, const char *name);
void fields_bool(bool *place, const json_t *json, const char *name);

/* The rest: 0, or -EINVAL with the reply made. */

/* network_mode and vcpu. */
int fields_machine(
	struct resource *resource, const json_t *json, struct reply *reply);

/* An array of numbers, or un.c's "80,443". */
int fields_ports(
	struct resource *resource, const json_t *json, struct reply *reply);

/* An array of strings, or one with commas; names are tried in order. */
int fields_list(json_t **place, const json_t *json, const char *const *names,
	struct reply *reply);

/* bootstrap_content, bootstrap or bootstrap_url, if not empty. */
void fields_bootstrap(struct resource *resource, const json_t *json);

/* Writes the request's input files to the resource's directory. */
int fields_files(struct server *server, const struct resource *resource,
	const json_t *json, struct reply *reply);

#endif
