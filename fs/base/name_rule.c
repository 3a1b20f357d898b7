/* SPDX-License-Identifier: MIT */
/* fs/base/name_rule.c - which names run, and which are an editor's own */
#include "fs/base/name_rule.h"

#include <ctype.h>
#include <limits.h>
#include <stddef.h>
#include <string.h>

static const char *const endings[] = { "~", ".swp", ".swo", ".swx", ".tmp",
	".bak", ".bck", ".orig", ".rej", ".part", ".save", ".pyc", ".vsctmp",
	"___jb_old___", "___jb_tmp___" };
static const char *const names[] = { "Thumbs.db", "desktop.ini", "core",
	"__pycache__" };

static bool ends_with(const char *name, const char *ending)
{
	size_t len = strlen(name), ending_len = strlen(ending);

	return len >= ending_len && !strcmp(name + len - ending_len, ending);
}

/* sed -i's temporary file: "sed" and six letters or digits. */
static bool is_of_sed(const char *name)
{
	if (strlen(name) != 9 || strncmp(name, "sed", 3))
		return false;
	for (const char *c = name + 3; *c; c++)
		if (!isalnum((unsigned char)*c))
			return false;
	return true;
}

bool name_is_ignored(const char *name)
{
	size_t len = strlen(name);

	if (name[0] == '.' || strspn(name, "0123456789") == len)
		return true;
	if (len > 1 && name[0] == '#' && name[len - 1] == '#')
		return true;
	for (size_t i = 0; i < sizeof(endings) / sizeof(*endings); i++)
		if (ends_with(name, endings[i]))
			return true;
	for (size_t i = 0; i < sizeof(names) / sizeof(*names); i++)
		if (!strcmp(name, names[i]))
			return true;
	return is_of_sed(name);
}

bool name_hides_files(const char *name)
{
	return name[0] == '.' || !strcmp(name, "__pycache__");
}

bool name_has_ending(const char *name)
{
	const char *dot = strrchr(name, '.');

	return dot && dot != name && dot[1];
}

bool name_of_job(const char *name, char *program)
{
	size_t len = strlen(name);

	if (len <= 4 || len > NAME_MAX || strcmp(name + len - 4, ".job"))
		return false;
	memcpy(program, name, len - 4);
	program[len - 4] = '\0';
	return true;
}
