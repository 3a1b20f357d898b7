/* SPDX-License-Identifier: MIT */
/* fs/ops/row_xattrs.c - extended attributes of rows: what is known of a
 * directory, and since when */
#include "fs/ops/nodes.h"

#include <errno.h>
#include <string.h>

#include "fs/base/base.h"
#include "fs/core/core.h"

#define PREFIX "user.unsandbox."

static size_t id_print(const struct core *core, const struct about *about,
	char text[ABOUT_LEN])
{
	(void)core;
	return (size_t)snprintf(
		text, ABOUT_LEN, "%s", about->id ? about->id : "");
}

static size_t status_print(const struct core *core, const struct about *about,
	char text[ABOUT_LEN])
{
	(void)core;
	return (size_t)snprintf(text, ABOUT_LEN, "%s", about->status);
}

static size_t stale_print(const struct core *core, const struct about *about,
	char text[ABOUT_LEN])
{
	bool is_stale = about->fresh_until_ms <= core->now_ms;

	return about->is_fetched
		? (size_t)snprintf(text, ABOUT_LEN, "%d", is_stale)
		: 0;
}

static size_t fetched_at_print(const struct core *core,
	const struct about *about, char text[ABOUT_LEN])
{
	int64_t now_ms =
		core->now.tv_sec * INT64_C(1000) + core->now.tv_nsec / 1000000;
	int64_t age_ms = (int64_t)(core->now_ms - about->fetched_ms);
	time_t at = (time_t)((now_ms - age_ms) / 1000);
	struct tm utc;

	return about->is_fetched && gmtime_r(&at, &utc)
		? strftime(text, ABOUT_LEN, "%Y-%m-%dT%H:%M:%SZ", &utc)
		: 0;
}

/* Each prints its value and returns the length; 0: there is none. */
static const struct {
	const char *name;
	size_t (*print)(const struct core *core, const struct about *about,
		char text[ABOUT_LEN]);
} xattrs[] = {
	{ PREFIX "id", id_print },
	{ PREFIX "status", status_print },
	{ PREFIX "fetched_at", fetched_at_print },
	{ PREFIX "stale", stale_print },
};
enum { XATTRS = sizeof(xattrs) / sizeof(*xattrs) };

static bool is_ours(const char *name)
{
	return strncmp(name, PREFIX, strlen(PREFIX)) == 0;
}

/* As in getxattr(2) and listxattr(2), size 0 asks for the length. */
static ssize_t copy(const char *bytes, size_t len, void *to, size_t size)
{
	if (size && len > size)
		return -ERANGE;
	if (size)
		memcpy(to, bytes, len);
	return (ssize_t)len;
}

static void about_fill(
	struct core *core, const struct node *node, struct about *about)
{
	memset(about, 0, sizeof(*about));
	if (node->row->about)
		node->row->about(core, node, about);
}

ssize_t row_getxattr(struct core *core, const struct node *node,
	const char *name, void *value, size_t size)
{
	char text[ABOUT_LEN];
	struct about about;

	if (!is_ours(name))
		return -ENOTSUP;
	about_fill(core, node, &about);
	for (size_t i = 0; i < XATTRS; i++) {
		if (strcmp(name, xattrs[i].name) != 0)
			continue;
		size_t len = xattrs[i].print(core, &about, text);
		return len ? copy(text, len, value, size) : -ENODATA;
	}
	return -ENODATA;
}

ssize_t row_listxattr(
	struct core *core, const struct node *node, char *list, size_t size)
{
	char text[ABOUT_LEN], names[128], *end = names;
	struct about about;

	about_fill(core, node, &about);
	for (size_t i = 0; i < XATTRS; i++)
		if (xattrs[i].print(core, &about, text))
			end = stpcpy(end, xattrs[i].name) + 1;
	return copy(names, (size_t)(end - names), list, size);
}

int row_changexattr(const char *name)
{
	return is_ours(name) ? 0 : -ENOTSUP;
}
