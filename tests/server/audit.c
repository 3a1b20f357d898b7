/* SPDX-License-Identifier: MIT */
/* tests/server/audit.c - the record of a session, returned when it ends */
#include "audit.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "artifact.h"
#include "folder.h"
#include "gzip.h"
#include "server.h"

enum {
	LIMIT = 64 << 20,
};

bool audit_is_wanted(
	const struct request *request, const struct resource *session)
{
	char *flag = request_query(request, "audit");
	bool wanted = session->is_audited || (flag && !strcmp(flag, "1"));

	free(flag);
	return wanted;
}

/* Next to the directory that is the session's /tmp, not in it. */
static void audit_path(struct server *server, const struct resource *session,
	const char *name, char *buf, size_t size)
{
	snprintf(buf, size, "%s/session/%s/%s", server->dir, session->id, name);
}

static void append(struct server *server, const struct resource *session,
	const char *name, const char *before, const void *bytes, size_t len)
{
	char path[400];
	FILE *file;

	audit_path(server, session, name, path, sizeof(path));
	file = fopen(path, "ae");
	if (!file)
		return;
	fputs(before, file);
	fwrite(bytes, 1, len, file);
	fclose(file);
}

void audit_note(struct server *server, const struct resource *session,
	const char *command, const struct text *out)
{
	if (!session->is_audited)
		return;
	append(server, session, "bash_history", "", command, strlen(command));
	append(server, session, "bash_history", "\n", "", 0);
	append(server, session, "session.log", "$ ", command, strlen(command));
	append(server, session, "session.log", "\n", out->data, out->len);
}

int audit_open(struct server *server, const struct resource *session)
{
	char path[400];

	if (!session->is_audited)
		return -1;
	audit_path(server, session, "session.log", path, sizeof(path));
	return open(path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
}

static void place(struct server *server, const struct resource *session,
	const char *dir, const char *name, const char *as, bool is_packed)
{
	struct text packed = { 0 };
	char path[400];
	char *bytes = NULL;
	size_t len = 0;

	audit_path(server, session, name, path, sizeof(path));
	folder_read(path, LIMIT, &bytes, &len);
	if (is_packed)
		gzip_pack(&packed, bytes, len);
	else
		text_add(&packed, bytes, len);
	folder_write(dir, as, packed.data, packed.len);
	text_clear(&packed);
	free(bytes);
}

void audit_emit(struct server *server, const struct resource *session,
	struct text *text)
{
	struct text list = { 0 };
	char dir[400], artifacts[440];

	resource_dir(server, session, dir, sizeof(dir));
	snprintf(artifacts, sizeof(artifacts), "%s/artifacts", dir);
	if (folder_make(artifacts))
		return;
	place(server, session, artifacts, "session.log", "session.log.gz",
		true);
	place(server, session, artifacts, "bash_history", "bash_history",
		false);
	artifact_collect(&list, dir, false);
	if (!list.failed)
		emit_json(text, "artifacts", list.data);
	text_clear(&list);
}
