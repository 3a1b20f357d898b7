/* SPDX-License-Identifier: MIT */
/* fs/files/spool_record.c - the record of an inode: encoded, written, removed
 */
#include "fs/files/spool.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "api/api.h"
#include "fs/files/spool_private.h"

char *spool_file_name(
	char out[SPOOL_FILE_LEN], uint64_t number, const char *ending)
{
	snprintf(out, SPOOL_FILE_LEN, "%llu.%s", (unsigned long long)number,
		ending);
	return out;
}

static json_t *time_json(const struct timespec *time)
{
	return json_pack(
		"[I, I]", (json_int_t)time->tv_sec, (json_int_t)time->tv_nsec);
}

static json_t *links_json(const struct spool_node *node)
{
	json_t *list = json_array();
	const struct spool_place *place;
	json_t *name;

	for (size_t i = 0; list && i < node->links.count; i++) {
		place = node->links.list[i];
		name = json_from_bytes(place->name, strlen(place->name));
		if (!name ||
			json_array_append_new(list,
				json_pack("[I, o, I]",
					(json_int_t)place->parent, name,
					(json_int_t)place->order)) < 0) {
			json_decref(list);
			return NULL;
		}
	}
	return list;
}

static const char *type_name(mode_t mode)
{
	return S_ISDIR(mode) ? "directory" : S_ISLNK(mode) ? "symlink" : "file";
}

/* The key of the top directory that it is under, in case that the directories
 * in between are damaged. */
static const char *home_of(const struct spool_node *node)
{
	const struct spool_inode *dir;

	if (!node->links.count || !node->links.list[0]->dir)
		return NULL;
	dir = &node->links.list[0]->dir->inode;
	return dir->top ? dir->top->root : NULL;
}

static int text_set(json_t *record, const char *member, const char *text)
{
	return text ? json_object_set_new(record, member,
			      json_from_bytes(text, strlen(text)))
		    : 0;
}

static int parts_set(json_t *record, const struct spool_node *node)
{
	const struct spool_inode *inode = &node->inode;
	const struct spool_inode *other = NULL;
	int bad = 0;

	bad |= text_set(record, "target", inode->target);
	bad |= text_set(record, "root", inode->root);
	bad |= text_set(record, "home", home_of(node));
	if (inode->xattrs)
		bad |= json_object_set(record, "xattrs", inode->xattrs);
	if (inode->settings)
		bad |= json_object_set(record, "settings", inode->settings);
	if (node->exchanged)
		other = spool_by_number(node->spool, node->exchanged);
	if (other && other->nlink)
		bad |= json_object_set_new(record, "exchange",
			json_pack("[I, o]", (json_int_t)other->number,
				links_json(spool_node(other))));
	return bad;
}

/* While content is being written, what is committed has the older mtime. */
static json_t *record_json(const struct spool_node *node, uint64_t sequence)
{
	const struct spool_inode *inode = &node->inode;
	const struct spool_content *content = &node->content;
	json_t *record;

	record = json_pack("{s:I, s:I, s:s, s:i, s:I, s:I, s:o, s:o, s:o, s:o,"
			   " s:o}",
		"sequence", (json_int_t)sequence, "number",
		(json_int_t)inode->number, "type", type_name(inode->mode),
		"mode", (int)(inode->mode & 07777), "uid",
		(json_int_t)inode->uid, "gid", (json_int_t)inode->gid, "atime",
		time_json(&inode->atime), "mtime",
		time_json(content->working ? &content->saved : &inode->mtime),
		"ctime", time_json(&inode->ctime), "btime",
		time_json(&inode->btime), "links", links_json(node));
	if (record && parts_set(record, node) < 0) {
		json_decref(record);
		record = NULL;
	}
	return record;
}

/* Not by json_dumps: where memory runs out it may leave the name of a member
 * out, and say nothing (jansson 2.14). */
char *spool_record_text(
	const struct spool_node *node, uint64_t sequence, size_t *len)
{
	json_t *record = record_json(node, sequence);
	char *text = NULL;

	if (record)
		text = json_write(record, len);
	json_decref(record);
	return text;
}

static int record_write(
	struct spool_node *node, const char *ending, int durable)
{
	struct spool *spool = node->spool;
	char name[SPOOL_FILE_LEN], *text;
	size_t len;
	int err;

	if (node->is_secret)
		return 0;
	text = spool_record_text(node, ++spool->sequence, &len);
	if (!text)
		return -ENOMEM;
	spool_file_name(name, node->inode.number, ending);
	err = state_write(spool->state->inodes_fd, name, text, len, durable);
	free(text);
	if (!err) {
		node->sequence = spool->sequence;
		node->is_stale = false;
	}
	return err;
}

int spool_record_write(struct spool_node *node)
{
	return record_write(node, "next", 0);
}

int spool_record_place(struct spool_node *node)
{
	int err = spool_record_write(node);

	if (!err)
		node->placed = node->sequence;
	return err;
}

/* A number that no record has: the next commit finds one to be written. */
static void stale_set(struct spool_node *node)
{
	node->sequence = ++node->spool->sequence;
	node->is_stale = true;
}

void spool_record_follow(struct spool_node *node)
{
	if (!node->inode.nlink || spool_record_place(node) == 0)
		return;
	stale_set(node);
	node->placed = node->sequence;
}

void spool_record_touch(struct spool_node *dir, const struct timespec *now)
{
	dir->inode.mtime = dir->inode.ctime = *now;
	if (dir->inode.nlink && spool_record_write(dir) < 0)
		stale_set(dir);
}

static int node_settle(struct spool_node *node)
{
	char name[SPOOL_FILE_LEN];
	int err = record_write(node, "json", 1);

	if (err)
		return err;
	node->durable = node->sequence;
	spool_file_name(name, node->inode.number, "next");
	unlinkat(node->spool->state->inodes_fd, name, 0);
	return 0;
}

int spool_record_settle(struct spool_node *node)
{
	struct spool_node *dir = node;
	int err;

	while (dir->links.count) {
		dir = dir->links.list[0]->dir;
		err = dir->durable < dir->placed ? node_settle(dir) : 0;
		if (err)
			return err;
	}
	return node_settle(node);
}

static int file_remove(struct spool *spool, uint64_t number, const char *ending)
{
	char name[SPOOL_FILE_LEN];

	spool_file_name(name, number, ending);
	if (unlinkat(spool->state->inodes_fd, name, 0) < 0 && errno != ENOENT)
		return -errno;
	return 0;
}

/* What it replaced goes first: else that would be back after a kill. N.json
 * goes before N.next, which knows the newer name. A commit that is under way
 * writes N.json again, so then a record without a name outdoes it. */
int spool_record_remove(struct spool_node *node)
{
	struct spool *spool = node->spool;
	int err = spool_doomed_remove(node);

	if (err || node->kept)
		return err;
	if (node->commits && spool_record_write(node) == 0)
		return 0;
	err = file_remove(spool, node->inode.number, "json");
	if (err)
		return err;
	node->durable = 0;
	return file_remove(spool, node->inode.number, "next");
}

int spool_files_remove(struct spool *spool, uint64_t number)
{
	int err = file_remove(spool, number, "json");

	if (!err)
		err = file_remove(spool, number, "next");
	return err ? err : file_remove(spool, number, "data");
}

int spool_doomed_remove(struct spool_node *node)
{
	int err;

	while (node->doomed_count) {
		err = spool_files_remove(
			node->spool, node->doomed[node->doomed_count - 1]);
		if (err)
			return err;
		node->doomed_count--;
	}
	free(node->doomed);
	node->doomed = NULL;
	return 0;
}
