/* SPDX-License-Identifier: MIT */
/* tests/server/family.c - a process and all that came of it */
#include "family.h"

#include <dirent.h>
#include <fcntl.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

struct member {
	pid_t pid;
	pid_t parent;
	bool is_of_family;
};

/* The parent's pid stands after the name, which may hold any byte but ends in
 * the last ')' of the line.  0 when the process is gone or a zombie. */
static pid_t parent_of(const char *pid)
{
	char path[64], line[512];
	char *tail, state;
	ssize_t len;
	int fd, parent;

	snprintf(path, sizeof(path), "/proc/%.20s/stat", pid);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return 0;
	len = read(fd, line, sizeof(line) - 1);
	close(fd);
	if (len <= 0)
		return 0;
	line[len] = '\0';
	tail = strrchr(line, ')');
	if (!tail || sscanf(tail + 1, " %c %d", &state, &parent) != 2)
		return 0;
	return state == 'Z' ? 0 : parent;
}

static struct member *members_read(size_t *count)
{
	DIR *list = opendir("/proc");
	struct member *members = NULL, *grown;
	struct dirent *entry;
	pid_t parent;

	*count = 0;
	while (list && (entry = readdir(list))) {
		if (entry->d_name[0] < '1' || entry->d_name[0] > '9')
			continue;
		parent = parent_of(entry->d_name);
		if (!parent)
			continue;
		if (*count % 256 == 0) {
			grown = realloc(
				members, (*count + 256) * sizeof(*members));
			if (!grown)
				break;
			members = grown;
		}
		members[(*count)++] = (struct member){
			.pid = atoi(entry->d_name),
			.parent = parent,
		};
	}
	if (list)
		closedir(list);
	return members;
}

static bool is_child(const struct member *member, const struct member *members,
	size_t count, pid_t ancestor)
{
	size_t i;

	if (member->parent == ancestor)
		return true;
	for (i = 0; i < count; i++)
		if (members[i].pid == member->parent)
			return members[i].is_of_family;
	return false;
}

int family_signal(pid_t ancestor, int signal)
{
	size_t count, i;
	struct member *members = members_read(&count);
	bool found = true;
	int sent = 0;

	while (found) {
		found = false;
		for (i = 0; i < count; i++) {
			if (members[i].is_of_family ||
				!is_child(
					members + i, members, count, ancestor))
				continue;
			members[i].is_of_family = true;
			found = true;
			sent++;
			kill(members[i].pid, signal);
		}
	}
	free(members);
	return sent;
}
