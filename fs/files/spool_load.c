/* SPDX-License-Identifier: MIT */
/* fs/files/spool_load.c - what a start finds on disk */
#include "fs/files/spool.h"

#include <ctype.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "fs/files/spool_private.h"

/* The files of inodes/ that belong to one number. */
enum { HAS_JSON = 1, HAS_NEXT = 2, HAS_DATA = 4 };

struct found {
	uint64_t number;
	int has;
};

struct found_list {
	struct found *list;
	size_t count, room;
};

void spool_complain(struct spool *spool, const char *format, ...)
{
	char line[512];
	va_list args;

	if (!spool->complain)
		return;
	va_start(args, format);
	vsnprintf(line, sizeof(line), format, args);
	va_end(args);
	spool->complain(line);
}

void spool_set_aside(struct spool *spool, uint64_t number, const char *ending)
{
	char name[SPOOL_FILE_LEN], aside[SPOOL_FILE_LEN + 16];
	int fd = spool->state->inodes_fd;

	spool_file_name(name, number, ending);
	snprintf(aside, sizeof(aside), "%s.damaged", name);
	renameat(fd, name, fd, aside);
}

static int found_parse(const char *name, struct found *found)
{
	static const struct {
		const char *ending;
		int has;
	} kinds[] = {
		{ ".json", HAS_JSON },
		{ ".next", HAS_NEXT },
		{ ".data", HAS_DATA },
	};
	char *ending;

	if (!isdigit((unsigned char)*name) || *name == '0')
		return 0;
	errno = 0;
	found->number = strtoull(name, &ending, 10);
	if (errno || found->number > INT64_MAX / 2)
		return 0;
	for (size_t i = 0; i < sizeof(kinds) / sizeof(*kinds); i++)
		if (!strcmp(ending, kinds[i].ending)) {
			found->has = kinds[i].has;
			return 1;
		}
	return 0;
}

static int found_add(struct found_list *all, struct found found)
{
	size_t room = all->room ? all->room * 2 : 256;
	struct found *list;

	if (all->count == all->room) {
		list = realloc(all->list, room * sizeof(*list));
		if (!list)
			return -ENOMEM;
		all->list = list;
		all->room = room;
	}
	all->list[all->count++] = found;
	return 0;
}

static int found_compare(const void *a, const void *b)
{
	const struct found *left = a, *right = b;

	return (left->number > right->number) - (left->number < right->number);
}

/* One row a number. */
static void found_merge(struct found_list *all)
{
	size_t kept = 0;

	if (!all->count)
		return;
	qsort(all->list, all->count, sizeof(*all->list), found_compare);
	for (size_t i = 1; i < all->count; i++)
		if (all->list[i].number == all->list[kept].number)
			all->list[kept].has |= all->list[i].has;
		else
			all->list[++kept] = all->list[i];
	all->count = kept + 1;
}

static int dir_scan(int dir_fd, struct found_list *all)
{
	int fd = openat(dir_fd, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	const struct dirent *entry;
	struct found found;
	DIR *dir;
	int err = 0;

	if (fd < 0)
		return -errno;
	dir = fdopendir(fd);
	if (!dir) {
		close(fd);
		return -ENOMEM;
	}
	while (!err && (errno = 0, entry = readdir(dir)))
		if (found_parse(entry->d_name, &found))
			err = found_add(all, found);
	if (!err && errno)
		err = -errno;
	closedir(dir);
	if (!err)
		found_merge(all);
	return err;
}

/* What the disk or a person did to a file, not what this process lacks. */
static bool is_damage(int err)
{
	return err == -EINVAL || err == -EIO || err == -EFBIG ||
		err == -EISDIR || err == -ELOOP || err == -EACCES ||
		err == -EPERM;
}

/* NULL and 0: no such record, or a damaged one, which was set aside. */
static int slot_read(struct spool *spool, struct found *found, int slot,
	struct spool_node **out)
{
	const char *ending = slot == HAS_JSON ? "json" : "next", *why = NULL;
	char name[SPOOL_FILE_LEN], *text;
	size_t len;
	int err;

	*out = NULL;
	if (!(found->has & slot))
		return 0;
	spool_file_name(name, found->number, ending);
	err = state_read(
		spool->state->inodes_fd, name, SPOOL_RECORD_MAX, &text, &len);
	if (!err) {
		err = spool_record_read(
			spool, found->number, text, len, out, &why);
		free(text);
	}
	if (!is_damage(err))
		return err;
	spool_complain(spool, "inodes/%s is damaged (%s); kept as %s.damaged",
		name, why ? why : strerror(-err), name);
	spool_set_aside(spool, found->number, ending);
	found->has &= ~slot;
	return 0;
}

/* The newer of the two; what N.json says is durable. */
static int node_read(
	struct spool *spool, struct found *found, struct spool_node **out)
{
	struct spool_node *json = NULL, *next = NULL;
	int err;

	err = slot_read(spool, found, HAS_JSON, &json);
	if (!err)
		err = slot_read(spool, found, HAS_NEXT, &next);
	if (err) {
		spool_node_free(json);
		return err;
	}
	if (json)
		json->durable = json->placed = json->sequence;
	if (json && next && next->sequence > json->sequence)
		next->durable = json->durable;
	if (next)
		next->placed = next->sequence;
	*out = !next || (json && json->sequence >= next->sequence) ? json
								   : next;
	spool_node_free(*out == json ? next : json);
	return 0;
}

static int content_find(struct spool_node *node)
{
	char name[SPOOL_FILE_LEN];
	struct stat st;

	if (!S_ISREG(node->inode.mode))
		return 0;
	spool_file_name(name, node->inode.number, "data");
	if (fstatat(node->spool->state->inodes_fd, name, &st,
		    AT_SYMLINK_NOFOLLOW) < 0)
		return errno == ENOENT ? 0 : -errno;
	if (S_ISREG(st.st_mode))
		node->inode.size = (uint64_t)st.st_size;
	return 0;
}

static uint64_t newest(const struct spool_node *node)
{
	uint64_t max = node->sequence;

	for (size_t i = 0; i < node->links.count; i++)
		if (node->links.list[i]->order > max)
			max = node->links.list[i]->order;
	return max;
}

/* Content without a record was being removed, unless its record is damaged. */
static int number_load(struct spool *spool, struct found *found)
{
	struct spool_node *node = NULL;
	int had = found->has, err;

	err = node_read(spool, found, &node);
	if (err)
		return err;
	if (found->number >= spool->serial)
		spool->serial = found->number + 1;
	if (!node && (had & HAS_DATA)) {
		if (had != HAS_DATA)
			spool_set_aside(spool, found->number, "data");
		else
			spool_files_remove(spool, found->number);
	}
	if (!node)
		return 0;
	if (newest(node) > spool->sequence)
		spool->sequence = newest(node);
	err = content_find(node);
	if (!err)
		err = spool_table_add(spool, node);
	if (err)
		spool_node_free(node);
	return err;
}

static int serial_load(struct spool *spool)
{
	unsigned long long serial = 0;
	char *text, *end = NULL;
	size_t len;
	int err =
		state_read(spool->state->inodes_fd, "serial", 64, &text, &len);

	if (err && !is_damage(err))
		return err == -ENOENT ? 0 : err;
	if (!err) {
		serial = strtoull(text, &end, 10);
		if (end == text || *end != '\n' || serial > INT64_MAX / 2)
			err = -EINVAL;
		free(text);
	}
	if (err)
		spool_complain(spool, "inodes/serial is damaged; passed over");
	else if (serial > spool->serial)
		spool->serial = serial;
	return 0;
}

int spool_load(struct spool *spool)
{
	struct found_list all = { 0 };
	int err;

	err = dir_scan(spool->state->inodes_fd, &all);
	for (size_t i = 0; !err && i < all.count; i++)
		err = number_load(spool, &all.list[i]);
	free(all.list);
	if (!err)
		err = serial_load(spool);
	return err ? err : spool_resolve(spool);
}
