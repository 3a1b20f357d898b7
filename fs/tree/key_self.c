/* SPDX-License-Identifier: MIT */
/* fs/tree/key_self.c - key/self/ and key/tokens/: what the key's owner
 * can change */
#include "fs/resources/resources.h"
#include "fs/tree/rows.h"
#include "fs/tree/tables.h"

#define SELF(name, says)                                                       \
	ANSWER_VALUE("/key/self/" name, API_KEY_SELF, name, says,              \
		.exists = key_self_exists)
#define SELF_VALUE(word, says, kind)                                           \
	WRITABLE("/key/self/" word, says, .exists = key_self_exists,           \
		.attr = answer_attr, .endpoint = API_KEY_SELF, .member = word, \
		.render = key_self_render, .write = key_self_write,            \
		.setting = &(const struct setting){                            \
			.name = word, .type = SETTING_##kind })

#define TOKENS(name, bits, says, ...)                                          \
	ROW(ROW_FILE, "/key/tokens/" name, bits, says, __VA_ARGS__)

const struct row tree_key_self_rows[] = {
	DIRECTORY("/key/self", "the key's own settings, contacts and log",
		.flags = ROW_SCRATCH,
		.instead = "write to email or sudo_required to change it"),
	SELF_VALUE("email", "the address of the key's owner", TEXT),
	SELF_VALUE("sudo_required",
		"1: destroying and unlocking need a one-time code", BOOL),
	SELF("tier", "the plan's tier, as a number"),
	SELF("created_at", "when the key was created"),
	SELF("contacts_count", "how many contacts it has"),
	ANSWER_JSON("/key/self/self.json", API_KEY_SELF, "the whole answer",
		.exists = key_self_exists),
	FIXED_DIRECTORY("/key/self/contacts",
		"who is notified; owners and operators get one-time "
		"codes",
		.exists = key_self_exists, .attr = answer_attr,
		.endpoint = API_KEY_CONTACTS, .list = contacts_list,
		.find = contacts_find, .remove = contact_remove,
		.instead = "echo 'email=NAME@HOST role=reader' > invite adds "
			   "a contact"),
	WRITABLE("/key/self/contacts/{contact}",
		"the contact's role: owner, operator or reader; none removes "
		"it",
		.flags = ROW_VOLATILE, .attr = answer_attr,
		.endpoint = API_KEY_CONTACTS, .render = contact_render,
		.write = contact_write,
		.setting = &(const struct setting){ .name = "role",
			.type = SETTING_CHOICE,
			.choices = "owner operator reader none" }),
	WRITABLE("/key/self/contacts/invite",
		"email=NAME@HOST and role= add a contact",
		.exists = key_self_exists, .endpoint = API_KEY_CONTACTS,
		.text = "write email=NAME@HOST and role=owner, operator or "
			"reader here to add a contact\n",
		.write = contact_invite),
	ANSWER_JSON("/key/self/contacts.json", API_KEY_CONTACTS,
		"the contacts, with who invited them and whether they are "
		"verified",
		.exists = key_self_exists),
	READABLE("/key/self/audit_log",
		"who did what with this key: time, action, id, result, "
		"address",
		.exists = key_self_exists, .attr = answer_attr,
		.endpoint = API_KEY_AUDIT, .render = audit_log_render),
	/* Not listed, so that no backup and no grep -r collects tokens. */
	ROW(ROW_DIR, "/key/tokens", 0700,
		"tokens that stand for the key; found only by its name",
		.flags = ROW_UNLISTED, .instead = "write to mint or revoke"),
	TOKENS("list", 0400, "the tokens, one a line, with their expiry",
		.flags = ROW_UNSIZED | ROW_SECRET, .render = token_list_render),
	TOKENS("mint", 0600,
		"1 or ttl=SECONDS makes one; then reading gives it",
		.flags = ROW_UNSIZED | ROW_SECRET, .render = token_mint_render,
		.write = token_mint),
	TOKENS("revoke", 0600, "a token revokes that one",
		.flags = ROW_UNSIZED | ROW_SECRET,
		.text = "write a token here to revoke it\n",
		.write = token_revoke),
	{ 0 },
};
