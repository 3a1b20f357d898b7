/* SPDX-License-Identifier: MIT */
/* fs/resources/session_audit.c - which sessions are recorded */
#include <errno.h>
#include <stdio.h>

#include "fs/core/core.h"
#include "fs/resources/collection_state.h"

/*
 * The API gives the recording if the DELETE asks for it, but no earlier answer
 * says whether there is one, so this mount remembers it.
 */

enum { RECORDED_MAX = 1000 };

bool session_is_recorded(struct core *core, const char *id)
{
	return json_object_get(collection_state(core, &sessions)->recorded, id);
}

int session_record(struct core *core, const char *id, bool is_wanted)
{
	json_t *recorded = collection_state(core, &sessions)->recorded;

	if (is_wanted == session_is_recorded(core, id))
		return 0;
	if (!is_wanted)
		json_object_del(recorded, id);
	else if (json_object_set_new(recorded, id, json_string("1")))
		return -ENOMEM;
	/* Sessions that ended by themselves are still noted, so the oldest is
	 * dropped. */
	if (json_object_size(recorded) > RECORDED_MAX)
		json_object_del(recorded,
			json_object_iter_key(json_object_iter(recorded)));
	return collections_save(core);
}

int audit_render(struct op *op, const struct node *node, FILE *out)
{
	fputs(session_is_recorded(op->core, node->id) ? "1\n" : "0\n", out);
	return 0;
}

int audit_write(
	struct op *op, const struct node *node, const char *text, size_t len)
{
	json_t *value;
	int err =
		resource_parse(op, node, node->row->setting, text, len, &value);

	if (err)
		return err;
	err = session_record(op->core, node->id, json_is_true(value));
	json_decref(value);
	return err;
}
