/* SPDX-License-Identifier: MIT */
/* fs/resources/key_self.h - the key's own settings, contacts, audit log and
 * tokens */
#ifndef FS_RESOURCES_KEY_SELF_H
#define FS_RESOURCES_KEY_SELF_H

#include <stdio.h>

#include "fs/core/core.h"

/* Functions of rows. If the API lacks these calls, or refuses the key, the
 * files do not exist. */
int key_self_exists(struct op *op, const struct node *node);
int key_self_render(struct op *op, const struct node *node, FILE *out);
/* Sends the member of the row's name, unless it has this value already. */
int key_self_write(
	struct op *op, const struct node *node, const char *text, size_t len);

/* key/self/contacts/: a file, which holds the role, is a contact. The id of
 * its node is its address as a file name. */
int contacts_list(
	struct op *op, const struct node *node, struct listing *listing);
int contacts_find(struct op *op, const struct node *node, const char *name,
	struct lookup_result *found);
/* Refuses: a recursive removal would take the owner. */
int contact_remove(
	struct op *op, const struct node *node, const char *name, bool is_dir);
int contact_render(struct op *op, const struct node *node, FILE *out);
int contact_write(
	struct op *op, const struct node *node, const char *text, size_t len);
int contact_invite(
	struct op *op, const struct node *node, const char *text, size_t len);

/* One entry a line. */
int audit_log_render(struct op *op, const struct node *node, FILE *out);

/* key/tokens/: the list is requested each time and never kept. Reading `mint`
 * gives the token that was minted last. */
int token_list_render(struct op *op, const struct node *node, FILE *out);
int token_mint_render(struct op *op, const struct node *node, FILE *out);
int token_mint(
	struct op *op, const struct node *node, const char *text, size_t len);
int token_revoke(
	struct op *op, const struct node *node, const char *text, size_t len);

#endif
