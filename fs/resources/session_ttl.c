/* SPDX-License-Identifier: MIT */
/* fs/resources/session_ttl.c - how many seconds a session has left */
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "fs/base/base.h"
#include "fs/core/core.h"
#include "fs/resources/collection_state.h"

/*
 * As the seconds pass, a copy of the file (a backup that is copied back) has
 * more of them than are left. It must not extend the session, but the same
 * number must if somebody writes it. So the number that is read has a blank
 * behind it, which a copy keeps, and which scripts drop with the newline. The
 * blank also pads the number, so that the file's size stays the same as the
 * seconds pass.
 */

enum {
	EXTEND_SLACK_S = 60,   /* how old the known value may be */
	LONGEST_S = 315360000, /* ten years */
};

static const struct setting ttl_setting = {
	.name = "ttl",
	.type = SETTING_NUMBER,
	.max = LONGEST_S,
};

int session_ttl_render(struct op *op, const struct node *node, FILE *out)
{
	const json_t *value;
	int64_t left;
	int err = resource_told_value(op, node, &value);

	if (err || !value)
		return err;
	if (json_to_integer(value, &left))
		return render_value(value, out);
	fprintf(out, "%-9" PRId64 " \n", left);
	return 0;
}

static int seconds_left(struct op *op, const struct node *node, int64_t *left)
{
	const json_t *known;
	int err = resource_value(op, node, node->row->member, &known);

	if (err || json_to_integer(known, left))
		*left = 0;
	return err == -EINPROGRESS ? err : 0;
}

static bool is_copy(const char *text, size_t len)
{
	if (len && text[len - 1] == '\n')
		len--;
	return len && text[len - 1] == ' ';
}

/* How many seconds are to be added; 0: none. */
static int seconds_missing(struct op *op, const struct node *node,
	const char *text, size_t len, int64_t wanted, int64_t left,
	int64_t *seconds)
{
	bool may_be_old = is_copy(text, len);
	char why[160];

	*seconds = wanted - left;
	if (!*seconds || (*seconds < 0 && may_be_old)) {
		*seconds = 0;
		return 0;
	}
	if (*seconds > 0 && !may_be_old)
		return 0;
	snprintf(why, sizeof(why),
		may_be_old ? "it was read here, with a blank at its end, so "
			     "it may be an old copy: to extend the session, "
			     "write the number without the blank, or +SECONDS"
			   : "it can only be extended: %" PRId64
			     " seconds are left",
		left);
	return resource_refuse(op, node, -EINVAL, why);
}

static int extend(struct op *op, unsigned slot, const struct node *node,
	int64_t seconds, json_t **answer)
{
	return resource_send(op, slot, API_SESSION_EXTEND, node,
		json_pack("{s:I}", "seconds", (json_int_t)seconds), answer);
}

/* An extension seems to add seconds. If the answer says that fewer are left
 * than were wanted, it counts from now instead. */
static int extend_to(
	struct op *op, const struct node *node, int64_t seconds, int64_t wanted)
{
	int64_t left;
	json_t *answer;
	int err = extend(op, 0, node, seconds, &answer);

	if (!err && !json_to_integer(json_member(answer, "ttl"), &left) &&
		left + EXTEND_SLACK_S < wanted)
		err = extend(op, 1, node, wanted, &answer);
	if (!err) {
		last_answer_set(op->core, node, json_integer(wanted));
		resource_drop(op, node);
	}
	return err;
}

/* op_call and resource_value return the same answers each time that the
 * operation is run. */
int session_ttl_write(
	struct op *op, const struct node *node, const char *text, size_t len)
{
	bool adds = len && *text == '+';
	int64_t wanted, left, seconds;
	json_t *value;
	int err = resource_parse(
		op, node, &ttl_setting, text + adds, len - adds, &value);

	if (err)
		return err;
	wanted = json_integer_value(value);
	json_decref(value);
	err = seconds_left(op, node, &left);
	if (err)
		return err;
	if (adds) {
		seconds = wanted;
		wanted += left;
	} else {
		err = seconds_missing(
			op, node, text, len, wanted, left, &seconds);
	}
	return err || !seconds ? err : extend_to(op, node, seconds, wanted);
}
