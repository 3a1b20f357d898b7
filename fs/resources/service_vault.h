/* SPDX-License-Identifier: MIT */
/* fs/resources/service_vault.h - a service's env: its vault, which is kept
 * nowhere */
#ifndef FS_RESOURCES_SERVICE_VAULT_H
#define FS_RESOURCES_SERVICE_VAULT_H

#include "fs/core/row.h"

/*
 * The vault is read with one request each time and kept nowhere: no cache, no
 * state directory, no page of the kernel's. Saving it replaces it, saving it
 * empty deletes it.
 */
int vault_render(struct op *op, const struct node *node, FILE *out);
int vault_write(
	struct op *op, const struct node *node, const char *text, size_t len);

#endif
