/* SPDX-License-Identifier: MIT */
/* fs/files/spool_decode.c - an inode from its record, which may be damaged */
#include "fs/files/spool.h"

#include <errno.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>

#include "api/api.h"
#include "fs/files/spool_private.h"

/* So that counting on from a damaged record cannot overflow. */
#define SERIAL_MAX ((json_int_t)1 << 62)

static int number_get(const json_t *record, const char *member, json_int_t max,
	json_int_t *out)
{
	const json_t *value = json_object_get(record, member);

	*out = json_integer_value(value);
	return json_is_integer(value) && *out >= 0 && *out <= max ? 0 : -EINVAL;
}

static int time_get(
	const json_t *record, const char *member, struct timespec *out)
{
	const json_t *pair = json_object_get(record, member);
	const json_t *s = json_array_get(pair, 0),
		     *ns = json_array_get(pair, 1);

	if (!json_is_integer(s) || !json_is_integer(ns) ||
		json_integer_value(ns) < 0 ||
		json_integer_value(ns) > 999999999)
		return -EINVAL;
	out->tv_sec = (time_t)json_integer_value(s);
	out->tv_nsec = (long)json_integer_value(ns);
	return 0;
}

/* 0 and NULL where there is no such member. */
static int text_get(
	const json_t *record, const char *member, size_t max, char **out)
{
	const json_t *value = json_object_get(record, member);
	size_t len;

	*out = NULL;
	if (!value)
		return 0;
	if (!json_is_string(value))
		return -EINVAL;
	*out = json_to_bytes(value, &len);
	if (!*out)
		return -ENOMEM;
	return len && len <= max && strlen(*out) == len ? 0 : -EINVAL;
}

static int object_get(const json_t *record, const char *member, json_t **out)
{
	json_t *value = json_object_get(record, member);

	if (value && !json_is_object(value))
		return -EINVAL;
	*out = json_incref(value);
	return 0;
}

static int place_read(struct spool_node *node, const json_t *item)
{
	const json_t *parent = json_array_get(item, 0);
	const json_t *name = json_array_get(item, 1);
	const json_t *order = json_array_get(item, 2);
	struct spool_place *place;
	char *bytes;
	size_t len;
	int err;

	if (!json_is_integer(parent) || json_integer_value(parent) <= 0 ||
		json_integer_value(parent) > SERIAL_MAX ||
		!json_is_string(name) || !json_is_integer(order) ||
		json_integer_value(order) <= 0 ||
		json_integer_value(order) > SERIAL_MAX)
		return -EINVAL;
	bytes = json_to_bytes(name, &len);
	if (!bytes)
		return -ENOMEM;
	err = spool_name_check(bytes, len) ? -EINVAL : 0;
	if (!err)
		err = spool_links_reserve(node);
	if (!err) {
		place = spool_place_new(node,
			(uint64_t)json_integer_value(parent), bytes, len,
			(uint64_t)json_integer_value(order));
		if (place)
			spool_links_add(place);
		else
			err = -ENOMEM;
	}
	free(bytes);
	return err;
}

int spool_links_read(struct spool_node *node, const json_t *list)
{
	size_t max = node->inode.root	     ? 0
		: spool_is_dir(&node->inode) ? 1
					     : SPOOL_LINKS_MAX;
	size_t i;
	int err = 0;
	const json_t *item;

	if (!json_is_array(list) || json_array_size(list) > max)
		return -EINVAL;
	json_array_foreach (list, i, item) {
		err = place_read(node, item);
		if (err)
			return err;
	}
	return 0;
}

static int xattrs_check(const json_t *xattrs)
{
	const char *name;
	json_t *value;

	json_object_foreach ((json_t *)xattrs, name, value)
		if (strncmp(name, "user.", 5) || !json_is_string(value))
			return -EINVAL;
	return 0;
}

static int attributes_read(struct spool_node *node, const json_t *record)
{
	struct spool_inode *inode = &node->inode;
	json_int_t mode, uid, gid, sequence, number;

	if (number_get(record, "number", SERIAL_MAX, &number) ||
		number_get(record, "sequence", SERIAL_MAX, &sequence) ||
		number_get(record, "mode", 07777, &mode) ||
		number_get(record, "uid", UINT_MAX, &uid) ||
		number_get(record, "gid", UINT_MAX, &gid) ||
		time_get(record, "atime", &inode->atime) ||
		time_get(record, "mtime", &inode->mtime) ||
		time_get(record, "ctime", &inode->ctime) ||
		time_get(record, "btime", &inode->btime))
		return -EINVAL;
	if ((uint64_t)number != inode->number || !sequence)
		return -EINVAL;
	node->sequence = (uint64_t)sequence;
	inode->mode |= (mode_t)mode;
	inode->uid = (uid_t)uid;
	inode->gid = (gid_t)gid;
	return 0;
}

static int parts_read(struct spool_node *node, const json_t *record)
{
	struct spool_inode *inode = &node->inode;
	json_t *exchange = json_object_get(record, "exchange");
	int err;

	err = text_get(record, "target", PATH_MAX, &inode->target);
	if (!err)
		err = text_get(record, "root", PATH_MAX, &inode->root);
	if (!err)
		err = text_get(record, "home", PATH_MAX, &node->home);
	if (!err)
		err = object_get(record, "settings", &inode->settings);
	if (!err)
		err = object_get(record, "xattrs", &inode->xattrs);
	if (!err)
		err = xattrs_check(inode->xattrs);
	if (!err &&
		(!S_ISLNK(inode->mode) != !inode->target ||
			(inode->root && !spool_is_dir(inode))))
		err = -EINVAL;
	if (err)
		return err;
	node->exchange = json_incref(exchange);
	inode->size = inode->target ? strlen(inode->target) : 0;
	return spool_links_read(node, json_object_get(record, "links"));
}

static mode_t type_read(const json_t *record)
{
	const char *type = json_string_value(json_object_get(record, "type"));

	if (!type)
		return 0;
	return !strcmp(type, "file")	     ? S_IFREG
		: !strcmp(type, "directory") ? S_IFDIR
		: !strcmp(type, "symlink")   ? S_IFLNK
					     : 0;
}

int spool_record_read(struct spool *spool, uint64_t number, const char *text,
	size_t len, struct spool_node **out, const char **why)
{
	struct spool_node *node;
	json_t *record;
	mode_t type;
	int err;

	*why = "it is no JSON";
	err = json_parse(text, len, &record);
	if (err)
		return err == -ENOMEM ? err : -EINVAL;
	*why = "a member is wrong";
	type = type_read(record);
	node = type ? spool_node_new(spool, number, type) : NULL;
	if (!node)
		err = type ? -ENOMEM : -EINVAL;
	if (!err)
		err = attributes_read(node, record);
	if (!err)
		err = parts_read(node, record);
	json_decref(record);
	if (err) {
		spool_node_free(node);
		return err;
	}
	*out = node;
	return 0;
}
