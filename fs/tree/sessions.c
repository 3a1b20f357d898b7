/* SPDX-License-Identifier: MIT */
/* fs/tree/sessions.c - sessions/ */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "fs/core/core.h"
#include "fs/jobs/jobs.h"
#include "fs/tree/job.h"
#include "fs/tree/resource_rows.h"
#include "fs/tree/tables.h"

#define HERE "/sessions/{session}"
#define DRAFT "/sessions/new/{draft}"

/*
 * A session that was recorded stays as a directory when it has ended, until
 * rmdir, with its recording and the files about it.
 */

/* NULL: there is no recording, or the session has not ended. */
static struct job *ended(struct core *core, const char *id)
{
	struct job *job = recording_of(core, id);

	return recording_is_whole(job) ? job : NULL;
}

/* A failed end leaves an error, whatever became of the session. */
static struct job *left(struct core *core, const char *id)
{
	struct job *job = recording_of(core, id);

	return job && job_is_final(job) ? job : NULL;
}

/* ---- sessions/ ---- */

/* What is left of the session that has this name; *job NULL: nothing. -ENOMEM.
 */
static int left_by_name(struct core *core, const char *name, struct job **job)
{
	char *id = safe_name_decode(name);

	*job = id ? left(core, id) : NULL;
	free(id);
	return id ? 0 : -ENOMEM;
}

static int left_list(struct core *core, const struct resource_index *index,
	struct listing *listing)
{
	struct job *job;

	TAILQ_FOREACH(job, &core->jobs->recordings, recorded)
	{
		if (!job_is_final(job) || resource_by_id(index, job->session))
			continue;
		char *name =
			safe_name_encode(job->session, strlen(job->session));
		int err = name
			? listing_add_row(listing, name, tree_row(sessions.row),
				  job->session, NULL)
			: -ENOMEM;
		free(name);
		if (err)
			return err;
	}
	return 0;
}

static int sessions_list(
	struct op *op, const struct node *node, struct listing *listing)
{
	const struct resource_index *index;
	int err = collection_index(op, &sessions, &index);

	if (!err)
		err = left_list(op->core, index, listing);
	return err ? err : collection_list(op, node, listing);
}

/* A name of a session that has ended, unless a draft of that name, which will
 * replace it, hides it: the kernel would not rename a directory onto a link. */
static int alias_find(
	struct op *op, const char *name, struct lookup_result *found)
{
	const struct node drafts = { .row = tree_row("/sessions/new") };
	const char *of = collection_alias(op->core, &sessions, name);
	struct lookup_result draft;

	if (!of || !left(op->core, of))
		return -ENOENT;
	if (!drafts_find(op, &drafts, name, &draft)) {
		lookup_clear(&draft);
		return -ENOENT;
	}
	return lookup_row(found, tree_row(sessions.link), of, name);
}

static int sessions_find(struct op *op, const struct node *node,
	const char *name, struct lookup_result *found)
{
	struct job *job;
	int err = left_by_name(op->core, name, &job);

	if (err)
		return err;
	if (recording_is_whole(job))
		return lookup_row(
			found, tree_row(sessions.row), job->session, NULL);
	err = collection_find(op, node, name, found);
	if (err == -ENOENT)
		err = alias_find(op, name, found);
	return err == -ENOENT && job
		? lookup_row(found, tree_row(sessions.row), job->session, NULL)
		: err;
}

static int alias_render(struct op *op, const struct node *node, FILE *out)
{
	int err = ended(op->core, node->id) ? -ENOENT
					    : collection_link(op, node, out);
	char *name;

	if (err != -ENOENT || !left(op->core, node->id))
		return err;
	name = safe_name_encode(node->id, strlen(node->id));
	if (name)
		fputs(name, out);
	free(name);
	return name ? 0 : -ENOMEM;
}

static int recording_forget(struct op *op, struct job *job, const char *id)
{
	char *session = strdup(id);

	if (!session)
		return -ENOMEM;
	job_remove(job);
	collection_unname(op->core, &sessions, session);
	free(session);
	return 0;
}

/* With -o allow_delete this ends the session. Its recording stays, and so does
 * its directory: an rm -r must not lose it. */
static int session_remove(
	struct op *op, const struct node *node, const char *name, bool is_dir)
{
	int err = collection_remove(op, node, name, is_dir);
	struct job *job;

	if (err || left_by_name(op->core, name, &job) || !job)
		return err;
	return row_refuse(op->core, "REMOVE", node, name, -ENOTEMPTY,
		"the session has ended, and its recording is left in "
		"artifacts/: rmdir again removes that");
}

/* Removes what is left of a session. Unless its recording is complete, the
 * session may still exist, and then it is meant. */
static int sessions_remove(
	struct op *op, const struct node *node, const char *name, bool is_dir)
{
	const struct resource_index *index;
	struct job *job;
	int err = left_by_name(op->core, name, &job);

	if (err)
		return err;
	if (!job || !is_dir || op->calls[0].is_started)
		return session_remove(op, node, name, is_dir);
	if (!recording_is_whole(job)) {
		err = collection_index(op, &sessions, &index);
		if (err == -EINPROGRESS)
			return err;
		if (!err && resource_by_id(index, job->session))
			return session_remove(op, node, name, is_dir);
	}
	return recording_forget(op, job, job->session);
}

/* ---- sessions/ID ---- */

static int session_exists(struct op *op, const struct node *node)
{
	int err =
		ended(op->core, node->id) ? -ENOENT : resource_exists(op, node);

	return err == -ENOENT && left(op->core, node->id) ? job_exists(op, node)
							  : err;
}

static int session_attr(struct op *op, const struct node *node,
	struct stat *attr, double *timeout_s)
{
	int err = ended(op->core, node->id)
		? -ENOENT
		: resource_attr(op, node, attr, timeout_s);

	if (err == -ENOENT && left(op->core, node->id))
		err = job_attr(op, node, attr, timeout_s);
	*timeout_s = left(op->core, node->id) ? 0 : *timeout_s;
	return err;
}

/* rm -r removes the content of a directory first. */
static int session_remove_file(
	struct op *op, const struct node *node, const char *name, bool is_dir)
{
	return left(op->core, node->id)
		? job_remove_file(op, node, name, is_dir)
		: -ENOSYS;
}

static int session_state_render(
	struct op *op, const struct node *node, FILE *out)
{
	if (!ended(op->core, node->id))
		return resource_value_render(op, node, out);
	fputs("terminated\n", out);
	return 0;
}

static int session_state_send(
	struct op *op, const struct node *node, json_t *value)
{
	if (!ended(op->core, node->id))
		return state_send(op, node, value);
	return row_refuse(op->core, "WRITE", node, NULL, -ESRCH,
		"the session has ended; rmdir removes its recording");
}

/* ---- its recording ---- */

static int artifacts_exist(struct op *op, const struct node *node)
{
	return left(op->core, node->id) ? job_exists(op, node) : -ENOENT;
}

const struct row tree_sessions_rows[] = {
	DIRECTORY("/sessions", "shells that live on between commands",
		.instead = "mkdir sessions/new/NAME, then mv it to sessions/",
		.collection = &sessions, .attr = collection_attr,
		.about = collection_about, .list = sessions_list,
		.find = sessions_find, .remove = sessions_remove),
	DRAFTS("/sessions", "session"),
	DRAFT_VALUE(WORD, "shell", "bash", "its shell, one of the file shells"),
	DRAFT_NETWORK("zerotrust"),
	DRAFT_VALUE(NUMBER, "ttl", "3600",
		"seconds after which it ends; 0: no limit", .max = TEN_YEARS_S),
	DRAFT_VCPU,
	DRAFT_VALUE(BOOL, "audit", "0", "1: the API records its terminal"),
	DRAFT_VALUE(WORD, "multiplexer", "",
		"tmux or screen: it outlives its terminal"),
	LINK("/sessions/{alias}",
		"by its container's name, or by the name that it was created "
		"with: a link to its id",
		.attr = session_attr, .render = alias_render),
	DIRECTORY(HERE,
		"a session; rmdir is refused without -o allow_delete, but "
		"removes the recording of one that has ended",
		.flags = ROW_SCRATCH, .locate = resource_locate,
		.instead = "write to a value to change it",
		.exists = session_exists, .attr = session_attr,
		.about = resource_about, .remove = session_remove_file),
	ID,
	FIELD("name", "name", "its name, if it has one"),
	FIELD_E("shell", "shell", "the shell that it runs"),
	WRITABLE(HERE "/state",
		"running or frozen (sleeping); writing frozen or "
		"running makes it so; terminated: its recording is left",
		.exists = session_exists, .flags = ROW_EXPECTED,
		.member = "status|state", .render = session_state_render,
		.write = resource_value_write, .send = session_state_send,
		VALUE_SETTING(CHOICE, "state", "", .choices = STATES)),
	VCPU(session_vcpu_send, "virtual CPUs, 1 to 8; more than 1 is a boost"),
	FIELD("boosted", "boosted", "1 while it has more than its share"),
	FIELD("service_id", "service_id", "the service that it is a shell of"),
	FIELD("image", "image", "the image that it was created from"),
	FIELD("domain", "domain", "the host name that it is served under"),
	FIELD("expires_at", "expires_at", "when it ends by itself"),
	WRITABLE(HERE "/ttl",
		"seconds until then, 0: no limit; writing more, or +SECONDS, "
		"extends it",
		.exists = resource_exists, .flags = ROW_EXPECTED,
		.member = "remaining_ttl|ttl", .render = session_ttl_render,
		.write = session_ttl_write),
	FIELD("websocket_url", "websocket_url", "where its live shell is"),
	CONTAINER("session", API_SESSION_SNAPSHOT),
	WRITABLE(HERE "/audit",
		"1: when it is destroyed, its recording stays in artifacts/",
		.exists = resource_exists, .render = audit_render,
		.write = audit_write, VALUE_SETTING(BOOL, "audit", "0", )),
	DIRECTORY(HERE "/artifacts",
		"what it left when it ended: its recording",
		.exists = artifacts_exist, .list = artifacts_list,
		.find = artifacts_find, .remove = artifact_remove),
	READABLE(HERE "/artifacts/{artifact}", "one file of it",
		.flags = ROW_FINAL, .attr = artifact_attr,
		.open = artifact_open),
	READABLE(HERE "/error", "why its recording is lost, or incomplete",
		.exists = job_text_exists, .attr = job_attr,
		.render = job_text_render),
	ACTION("destroy", resource_destroy, "1 ends the session"),
	JSON("session.json"),
	{ 0 },
};
