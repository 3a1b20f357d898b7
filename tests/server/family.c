/* SPDX-License-Identifier: MIT */
/* tests/server/family.c - a process and its descendants */
#include "family.h"

#include <dirent.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>

/*
 * Walks the tree down from its root by each thread's list of children.  It
 * does not read all of /proc: an unrelated process that is stuck in the kernel,
 * such as one that waits for a FUSE mount, may block its readers.
 */

struct family {
	pid_t *pids;
	size_t count;
	size_t size;
};

static void family_add(struct family *family, pid_t pid)
{
	pid_t *grown;

	if (family->count == family->size) {
		family->size += 64;
		grown = realloc(family->pids, family->size * sizeof(*grown));
		if (!grown) {
			family->size -= 64;
			return;
		}
		family->pids = grown;
	}
	family->pids[family->count++] = pid;
}

static void add_children_of_thread(
	struct family *family, pid_t pid, const char *thread)
{
	char path[80];
	FILE *list;
	int child;

	snprintf(path, sizeof(path), "/proc/%d/task/%.20s/children", (int)pid,
		thread);
	list = fopen(path, "re");
	if (!list)
		return;
	while (fscanf(list, "%d", &child) == 1)
		family_add(family, child);
	fclose(list);
}

static void add_children(struct family *family, pid_t pid)
{
	struct dirent *thread;
	char path[40];
	DIR *threads;

	snprintf(path, sizeof(path), "/proc/%d/task", (int)pid);
	threads = opendir(path);
	while (threads && (thread = readdir(threads)))
		if (thread->d_name[0] != '.')
			add_children_of_thread(family, pid, thread->d_name);
	if (threads)
		closedir(threads);
}

int family_signal(pid_t ancestor, int signal)
{
	struct family family = { 0 };
	size_t i;
	int sent = 0;

	add_children(&family, ancestor);
	for (i = 0; i < family.count; i++) {
		sent += kill(family.pids[i], signal) == 0;
		add_children(&family, family.pids[i]);
	}
	free(family.pids);
	return sent;
}
