/* SPDX-License-Identifier: MIT */
/* fs/resources/resource_action.c - actions: what a write to a file does once */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "fs/core/core.h"
#include "fs/resources/collection_state.h"

#define WORD(word, kind, ...)                                                  \
	{                                                                      \
		.name = word, .type = SETTING_##kind, __VA_ARGS__              \
	}

static const struct setting clone_words[] = {
	WORD("type", CHOICE, .choices = "session service"),
	WORD("name", TEXT),
	WORD("shell", WORD),
	WORD("ports", NUMBERS, .min = 1, .max = 65535),
	{ 0 },
};
static const struct setting spawn_words[] = {
	WORD("name", TEXT),
	WORD("ports", NUMBERS, .min = 1, .max = 65535),
	WORD("network_mode", CHOICE, .choices = "zerotrust semitrusted"),
	WORD("bootstrap", TEXT),
	WORD("shell", WORD),
	WORD("vcpu", NUMBER, .min = 1, .max = 8),
	{ 0 },
};
static const struct setting copy_words[] = {
	WORD("name", TEXT),
	WORD("description", TEXT),
	{ 0 },
};
static const struct setting transfer_words[] = {
	WORD("to_api_key", WORD),
	{ 0 },
};

static const struct setting snapshot_word = WORD("snapshot_id", WORD);

static const struct collection *const runs[] = { &sessions, &services, NULL };
static const struct collection *const only_sessions[] = { &sessions, NULL };
static const struct collection *const only_services[] = { &services, NULL };
static const struct collection *const only_images[] = { &images, NULL };

static const char restore_help[] =
	"write the id of a snapshot here, or its name in snapshots/, to "
	"restore it from that";

static const struct action actions[] = {
	{ "/services/{service}/redeploy",
		"write 1 here to run the bootstrap again",
		.endpoint = API_SERVICE_REDEPLOY, .changes = only_services },
	{ "/services/{service}/restore_from", restore_help,
		.endpoint = API_SERVICE_RESTORE, .word = &snapshot_word,
		.changes = only_services },
	{ "/sessions/{session}/restore_from", restore_help,
		.endpoint = API_SESSION_RESTORE, .word = &snapshot_word,
		.changes = only_sessions },
	{ "/snapshots/{snapshot}/restore",
		"write 1 here to restore it to its source",
		.endpoint = API_SNAPSHOT_RESTORE, .changes = runs },
	{ "/snapshots/{snapshot}/clone",
		"write type=session or type=service, and optionally name= "
		"shell= ports=",
		.endpoint = API_SNAPSHOT_CLONE, .words = clone_words,
		.needed = "type", .ids = "service_id|session_id|id",
		.changes = runs },
	{ "/images/{image}/spawn",
		"write name= ports= and optionally network_mode= bootstrap= "
		"shell= vcpu=",
		.endpoint = API_IMAGE_SPAWN, .words = spawn_words,
		.needed = "name", .ids = "service_id|session_id|id",
		.changes = runs },
	{ "/images/{image}/clone", "write 1, or any of name= description=",
		.endpoint = API_IMAGE_CLONE, .words = copy_words,
		.ids = "image_id|id", .changes = only_images },
	{ "/images/{image}/transfer",
		"write to_api_key= and the public key of the new owner",
		.endpoint = API_IMAGE_TRANSFER, .words = transfer_words,
		.needed = "to_api_key", .changes = only_images },
	{ 0 },
};

const struct action *action_of(const struct row *row)
{
	for (const struct action *action = actions; action->path; action++)
		if (!strcmp(action->path, row->path))
			return action;
	return NULL;
}

int action_render(struct op *op, const struct node *node, FILE *out)
{
	const json_t *id = last_answer(op->core, node);
	const struct action *action = action_of(node->row);

	if (id)
		return render_value(id, out);
	fprintf(out, "%s\n",
		action ? action->help : "write 1 here to destroy it for good");
	return 0;
}

static void action_done(struct op *op, const struct node *node,
	const struct action *action, const json_t *answer)
{
	const struct collection *const *changes = action->changes;
	char *id = NULL;

	if (action->ids && !resource_id(answer, action->ids, &id))
		last_answer_set(op->core, node, json_string(id));
	free(id);
	/* The snapshot that was restored or cloned has not changed. */
	for (; changes && *changes; changes++)
		collection_drop(op->core, *changes,
			*changes == collection_of(node->row) ? node->id : NULL);
}

static bool has_word(const json_t *body, const char *name)
{
	const char *word = json_string_value(json_object_get(body, name));

	return word && *word;
}

/* The required word that is missing; NULL: none. */
static const char *word_missing(const struct action *action, const json_t *body)
{
	const char *type = json_string_value(json_object_get(body, "type"));

	if (!json_object_size(body))
		return action->words->name;
	if (action->needed && !has_word(body, action->needed))
		return action->needed;
	return type && !strcmp(type, "service") && !has_word(body, "name")
		? "name"
		: NULL;
}

/* *body is owned by the caller. */
static int words_read(struct op *op, const struct node *node,
	const struct action *action, const char *text, size_t len,
	json_t **body)
{
	const char *missing;
	char why[256] = "";
	int err;

	if (!action->words || (!action->needed && text_is_one(text))) {
		*body = json_object();
		return *body ? 0 : -ENOMEM;
	}
	err = key_value_parse(action->words, text, len, body, why, sizeof(why));
	missing = err ? NULL : word_missing(action, *body);
	if (missing) {
		snprintf(why, sizeof(why), "%s= is needed", missing);
		json_decref(*body);
		err = -EINVAL;
	}
	return err ? resource_refuse(op, node, err, why) : 0;
}

/* The id of the snapshot that has this name in snapshots/ of the resource;
 * NULL: none has. Borrowed. */
static int snapshot_named(struct op *op, const struct node *node,
	const char *name, const char **id)
{
	const struct resource_index *index;
	int err = collection_index(op, &snapshots, &index);
	const struct resource *snapshot;

	*id = NULL;
	if (err) /* without a list, the API looks up the id */
		return err == -EINPROGRESS ? err : 0;
	char *key = resource_key(collection_of(node->row), node->id);
	if (!key)
		return -ENOMEM;
	snapshot = resource_by_part(index, key, name);
	if (snapshot)
		*id = snapshot->id;
	free(key);
	return 0;
}

/* *body is owned by the caller. */
static int word_read(struct op *op, const struct node *node,
	const struct setting *setting, const char *text, size_t len,
	json_t **body)
{
	json_t *value;
	const char *id = NULL;
	int err = resource_parse(op, node, setting, text, len, &value);

	if (err)
		return err;
	if (json_string_length(value))
		err = snapshot_named(op, node, json_string_value(value), &id);
	else
		err = resource_refuse(op, node, -EINVAL,
			"the id of a snapshot is needed, or its name");
	if (!err) {
		*body = json_pack("{s:s}", setting->name,
			id ? id : json_string_value(value));
		err = *body ? 0 : -ENOMEM;
	}
	json_decref(value);
	return err;
}

int action_write(
	struct op *op, const struct node *node, const char *text, size_t len)
{
	const struct action *action = action_of(node->row);
	json_t *body, *answer;

	if (!len) /* opened and closed without a write */
		return 0;
	int err = action->word
		? word_read(op, node, action->word, text, len, &body)
		: words_read(op, node, action, text, len, &body);
	if (!err)
		err = action->endpoint == API_SERVICE_REDEPLOY
			? redeploy_send(op, node, body, &answer)
			: resource_send(
				  op, 0, action->endpoint, node, body, &answer);
	if (!err)
		action_done(op, node, action, answer);
	return err;
}
