/* SPDX-License-Identifier: MIT */
/* tests/server/vault.h - the dotenv text of a service */
#ifndef TESTS_SERVER_VAULT_H
#define TESTS_SERVER_VAULT_H

#include "text.h"

#include <jansson.h>

/* NAME=VALUE each; free with words_free. */
char **vault_environment(const char *text);

/* The number of variables. */
int vault_count(const char *text);

/* Adds all lines except those of the named variable. */
void vault_without(struct text *out, const char *text, const char *name);

/* Adds a line for each member, quoted if needed. */
void vault_from_json(struct text *out, const json_t *object);

#endif
