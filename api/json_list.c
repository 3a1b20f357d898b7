/* SPDX-License-Identifier: MIT */
/* api/json_list.c - lists of resources, each of which stays text */
#include <errno.h>
#include <string.h>

#include "api/api.h"
#include "api/json.h"

/*
 * An account may have a hundred thousand of something. As a tree each takes
 * some 2.5 KB and forty allocations, as text a tenth of it and two, and hardly
 * any is ever looked into twice. So each is parsed here, to know that it is
 * JSON, and its text is what is kept.
 */
struct walk {
	const char *text;
	size_t len, at;
};

static bool is_space(char c)
{
	return c == ' ' || c == '\n' || c == '\t' || c == '\r';
}

/* The next byte that is no white space; '\0' at the end. */
static char walk_peek(struct walk *walk)
{
	while (walk->at < walk->len && is_space(walk->text[walk->at]))
		walk->at++;
	return walk->at < walk->len ? walk->text[walk->at] : '\0';
}

static bool walk_take(struct walk *walk, char wanted)
{
	if (walk_peek(walk) != wanted)
		return false;
	walk->at++;
	return true;
}

static int walk_value(struct walk *walk, json_t **out)
{
	size_t used;
	int err = json_load(
		walk->text + walk->at, walk->len - walk->at, &used, out);

	if (!err)
		walk->at += used;
	return err;
}

static int walk_item(struct walk *walk, json_t *list)
{
	bool is_object = walk_peek(walk) == '{';
	const char *from = walk->text + walk->at;
	json_t *item;
	int err = walk_value(walk, &item);

	if (err)
		return err;
	json_decref(item);
	item = is_object ? json_stringn_nocheck(
				   from, (size_t)(walk->text + walk->at - from))
			 : json_null();
	return json_array_append_new(list, item) ? -ENOMEM : 0;
}

/* Behind its opening bracket. */
static int walk_items(struct walk *walk, json_t *list)
{
	int err = 0;

	if (walk_take(walk, ']'))
		return 0;
	do
		err = walk_item(walk, list);
	while (!err && walk_take(walk, ','));
	if (!err && !walk_take(walk, ']'))
		err = -EPROTO;
	return err;
}

static int walk_list(struct walk *walk, json_t **out)
{
	int err;

	*out = json_array();
	if (!*out)
		return -ENOMEM;
	err = walk_items(walk, *out);
	if (err) {
		json_decref(*out);
		*out = NULL;
	}
	return err;
}

static int walk_member(struct walk *walk, json_t *object)
{
	json_t *key, *value;
	int err = walk_peek(walk) == '"' ? walk_value(walk, &key) : -EPROTO;

	if (err)
		return err;
	if (!walk_take(walk, ':'))
		err = -EPROTO;
	else
		err = walk_take(walk, '[') ? walk_list(walk, &value)
					   : walk_value(walk, &value);
	/* jansson refuses a NUL in a key, too. */
	if (!err && strlen(json_string_value(key)) != json_string_length(key)) {
		json_decref(value);
		err = -EPROTO;
	} else if (!err) {
		err = json_object_set_new_nocheck(
			      object, json_string_value(key), value)
			? -ENOMEM
			: 0;
	}
	json_decref(key);
	return err;
}

static int walk_members(struct walk *walk, json_t *object)
{
	int err = 0;

	if (walk_take(walk, '}'))
		return 0;
	do
		err = walk_member(walk, object);
	while (!err && walk_take(walk, ','));
	if (!err && !walk_take(walk, '}'))
		err = -EPROTO;
	return err;
}

static int walk_object(struct walk *walk, json_t **out)
{
	int err;

	*out = json_object();
	if (!*out)
		return -ENOMEM;
	err = walk_members(walk, *out);
	if (err) {
		json_decref(*out);
		*out = NULL;
	}
	return err;
}

static int load_list(const char *text, size_t len, json_t **out)
{
	struct walk walk = { .text = text, .len = len };
	int err;

	*out = NULL;
	if (walk_take(&walk, '['))
		err = walk_list(&walk, out);
	else if (walk_take(&walk, '{'))
		err = walk_object(&walk, out);
	else
		return json_load(text, len, NULL, out);
	if (!err && (walk_peek(&walk) || walk.at < walk.len)) {
		json_decref(*out);
		*out = NULL;
		err = -EPROTO;
	}
	return err;
}

int json_parse_list(const char *text, size_t len, json_t **out)
{
	return json_parse_with(text, len, load_list, out);
}

json_t *json_list_item(const json_t *item)
{
	json_t *object = NULL;

	if (json_is_string(item))
		json_load(json_string_value(item), json_string_length(item),
			NULL, &object);
	return object;
}
