/* SPDX-License-Identifier: MIT */
/* fs/resources/key_self.c - the key's own settings, contacts and audit log */
#include "fs/resources/key_self.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "fs/base/base.h"
#include "fs/resources/resources.h"

static const char contact_row[] = "/key/self/contacts/{contact}";

static int self_answer(struct op *op, enum api_endpoint endpoint, json_t **json)
{
	struct cache_answer answer;
	int err = op_get(op, endpoint, NULL, &answer);

	*json = err ? NULL : answer.json;
	return err;
}

int key_self_exists(struct op *op, const struct node *node)
{
	json_t *json;
	int err = self_answer(op, node->row->endpoint, &json);

	if (key_is_refused(err) || err == -EOPNOTSUPP)
		return -ENOENT;
	if (err || !node->row->member || node->row->mode & 0222)
		return err;
	return json_member(json, node->row->member) ? 0 : -ENOENT;
}

/* ---- settings ---- */

/* A key may have no address. */
int key_self_render(struct op *op, const struct node *node, FILE *out)
{
	json_t *json;
	int err = self_answer(op, node->row->endpoint, &json);
	const json_t *value = json_member(json, node->row->member);

	return err || !value ? err : render_value(value, out);
}

static bool is_address(const char *text)
{
	const char *at = strchr(text, '@');

	return at && at != text && at[1] && !strpbrk(text, " \t\n/");
}

/* body is taken; NULL: out of memory, but for a DELETE, which has none. */
static int key_call(
	struct op *op, enum api_endpoint endpoint, const char *id, json_t *body)
{
	struct api_request request = {
		.endpoint = endpoint,
		.priority = API_PERSON,
		.id = id,
	};
	json_t *answer;

	if (body)
		request.body = json_write(body, &request.body_len);
	json_decref(body);
	if (!request.body && endpoint != API_KEY_CONTACT_DELETE)
		return -ENOMEM;
	return op_call(op, 0, &request, &answer);
}

/* Three answers have the address. */
static void self_drop(struct op *op, const struct node *node)
{
	struct cache *cache = op->core->cache;

	cache_drop(cache, API_KEY_SELF, NULL);
	cache_drop(cache, API_KEY_CONTACTS, NULL);
	cache_drop(cache, API_KEYS_VALIDATE, NULL);
	key_notify(op->core);
	notify_inode(op->core, node->ino);
}

/* 1: it has this value already. */
static int self_has(struct op *op, const struct node *node, const json_t *value)
{
	json_t *json;
	int err = self_answer(op, node->row->endpoint, &json);

	if (err)
		return err == -EINPROGRESS ? err : 0;
	return json_equal(json_member(json, node->row->member), value);
}

int key_self_write(
	struct op *op, const struct node *node, const char *text, size_t len)
{
	const char *name = row_name(node->row);
	json_t *value;
	int err =
		resource_parse(op, node, node->row->setting, text, len, &value);

	if (err)
		return err;
	if (json_is_string(value) && !is_address(json_string_value(value)))
		err = resource_refuse(
			op, node, -EINVAL, "an address is needed: NAME@HOST");
	if (!err && !op->calls[0].is_started)
		err = self_has(op, node, value);
	if (!err) {
		err = key_call(op, API_KEY_PATCH, NULL,
			json_pack("{s:O}", name, value));
		if (err != -EINPROGRESS)
			self_drop(op, node);
	}
	json_decref(value);
	return err > 0 ? 0 : err;
}

/* ---- contacts ---- */

static const char *text_of(const json_t *object, const char *names)
{
	const char *text = json_string_value(json_member(object, names));

	return text ? text : "";
}

static int contacts_get(struct op *op, const json_t **contacts)
{
	json_t *json;
	int err = self_answer(op, API_KEY_CONTACTS, &json);

	*contacts = err ? NULL : json_array_in(json, "contacts");
	return err || *contacts ? err : -EPROTO;
}

/* The address as a file name. NULL: there is none, or out of memory. Owned by
 * the caller, free(). */
static char *contact_name(const json_t *contact)
{
	return json_file_name(json_member(contact, "email"));
}

int contacts_list(
	struct op *op, const struct node *node, struct listing *listing)
{
	const json_t *contacts, *contact;
	size_t i;
	int err = contacts_get(op, &contacts);

	(void)node;
	if (err)
		return err;
	json_array_foreach (contacts, i, contact) {
		char *name = contact_name(contact);
		if (!name)
			continue;
		err = listing_add_row(
			listing, name, tree_row(contact_row), name, NULL);
		free(name);
		if (err)
			break;
	}
	return err;
}

/* -ENOENT: there is no contact of this name. */
static int contact_get(struct op *op, const char *name, const json_t **contact)
{
	const json_t *contacts;
	size_t i;
	int err = contacts_get(op, &contacts);

	if (err)
		return err;
	json_array_foreach (contacts, i, *contact) {
		char *shown = contact_name(*contact);
		bool is_it = shown && !strcmp(shown, name);
		free(shown);
		if (is_it)
			return 0;
	}
	return -ENOENT;
}

int contacts_find(struct op *op, const struct node *node, const char *name,
	struct lookup_result *found)
{
	const json_t *contact;
	int err = strchr(name, '@') ? contact_get(op, name, &contact) : -ENOENT;

	(void)node;
	return err ? err : lookup_row(found, tree_row(contact_row), name, NULL);
}

int contact_remove(
	struct op *op, const struct node *node, const char *name, bool is_dir)
{
	(void)is_dir;
	return row_refuse(op->core, "REMOVE", node, name, -EPERM,
		"echo none > NAME@HOST removes a contact");
}

int contact_render(struct op *op, const struct node *node, FILE *out)
{
	const json_t *contact, *role;
	int err = contact_get(op, node->id, &contact);

	if (err)
		return err;
	role = json_member(contact, "role");
	return role ? render_value(role, out) : 0;
}

static int contact_send(struct op *op, const struct node *node, json_t *role)
{
	bool is_removed = !strcmp(json_string_value(role), "none");
	char *email = safe_name_decode(node->id);
	int err = -ENOMEM;

	if (email)
		err = key_call(op,
			is_removed ? API_KEY_CONTACT_DELETE
				   : API_KEY_CONTACT_PATCH,
			email,
			is_removed ? NULL : json_pack("{s:O}", "role", role));
	free(email);
	return err;
}

/* 1: the contact has this role. */
static int contact_has(
	struct op *op, const struct node *node, const json_t *role)
{
	const json_t *contact;
	int err = contact_get(op, node->id, &contact);

	return err ? err : json_equal(json_member(contact, "role"), role);
}

int contact_write(
	struct op *op, const struct node *node, const char *text, size_t len)
{
	json_t *role;
	int err =
		resource_parse(op, node, node->row->setting, text, len, &role);

	if (err)
		return err;
	if (!op->calls[0].is_started)
		err = contact_has(op, node, role);
	if (!err) {
		err = contact_send(op, node, role);
		if (err != -EINPROGRESS)
			self_drop(op, node);
	}
	json_decref(role);
	return err > 0 ? 0 : err;
}

static const struct setting invite_words[] = {
	{ .name = "email", .type = SETTING_TEXT },
	{ .name = "role",
		.type = SETTING_CHOICE,
		.choices = "owner operator reader" },
	{ 0 },
};

int contact_invite(
	struct op *op, const struct node *node, const char *text, size_t len)
{
	json_t *body;
	char why[256] = "";
	int err;

	if (!len) /* opened and closed without a write */
		return 0;
	err = key_value_parse(invite_words, text, len, &body, why, sizeof(why));
	if (!err && !is_address(text_of(body, "email"))) {
		snprintf(why, sizeof(why), "email=NAME@HOST is needed");
		json_decref(body);
		err = -EINVAL;
	}
	if (err)
		return resource_refuse(op, node, err, why);
	err = key_call(op, API_KEY_CONTACT_ADD, NULL, body);
	if (err != -EINPROGRESS)
		self_drop(op, node);
	return err;
}

/* ---- the audit log ---- */

static void word_print(
	const json_t *entry, const char *names, const char *after, FILE *out)
{
	char word[512];

	line_escape(text_of(entry, names), word, sizeof(word));
	fprintf(out, "%s%s", *word ? word : "-", after);
}

static int entry_print(const json_t *entry, FILE *out)
{
	const json_t *more = json_member(entry, "metadata|details");
	size_t len;
	char *text;

	word_print(entry, "timestamp|created_at", " ", out);
	word_print(entry, "action", " ", out);
	word_print(entry, "resource_id", " ", out);
	word_print(entry, "result", " ", out);
	word_print(entry, "client_ip", "", out);
	if (json_object_size(more)) {
		text = json_write(more, &len);
		if (!text)
			return -ENOMEM;
		fprintf(out, " %s", text);
		free(text);
	}
	fputc('\n', out);
	return 0;
}

int audit_log_render(struct op *op, const struct node *node, FILE *out)
{
	const json_t *entries, *entry;
	json_t *json;
	size_t i;
	int err = self_answer(op, node->row->endpoint, &json);

	entries = err ? NULL : json_array_in(json, "entries");
	if (!err && !entries)
		err = -EPROTO;
	json_array_foreach (entries, i, entry) {
		err = entry_print(entry, out);
		if (err)
			break;
	}
	return err;
}
