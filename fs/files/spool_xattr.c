/* SPDX-License-Identifier: MIT */
/* fs/files/spool_xattr.c - extended attributes of user.* */
#include "fs/files/spool.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/xattr.h>

#include "api/api.h"
#include "fs/files/spool_private.h"

#define VALUE_MAX ((size_t)64 * 1024)
#define NAME_MAX_LEN 255
/* listxattr(2) cannot tell of more names; the record shall stay readable. */
#define NAMES_MAX ((size_t)64 * 1024)
#define VALUES_MAX ((size_t)1024 * 1024)

static int name_check(const char *name)
{
	if (strncmp(name, "user.", 5))
		return -ENOTSUP;
	if (!name[5])
		return -EINVAL;
	return strlen(name) > NAME_MAX_LEN ? -ERANGE : 0;
}

/* jansson's keys are UTF-8; names may be any bytes. Borrowed from *holder. */
static const char *key_of(const char *name, json_t **holder)
{
	*holder = json_from_bytes(name, strlen(name));
	return json_string_value(*holder);
}

/* 1: it has one; 0: not; -ENOMEM. */
static int has_attribute(const struct spool_inode *inode, const char *name)
{
	json_t *holder;
	const char *key = key_of(name, &holder);
	int found = key ? json_object_get(inode->xattrs, key) != NULL : -ENOMEM;

	json_decref(holder);
	return found;
}

/* What all names and values would take; only an upper bound is wanted. */
static bool is_full(const json_t *xattrs)
{
	size_t names = 0, values = 0;
	const char *key;
	json_t *value;

	json_object_foreach ((json_t *)xattrs, key, value) {
		names += strlen(key) + 1;
		values += json_string_length(value);
	}
	return names > NAMES_MAX || values > 4 * VALUES_MAX;
}

/* Takes the new set; on error the inode keeps the old one. */
static int xattrs_replace(struct spool *spool, struct spool_inode *inode,
	json_t *xattrs, const struct timespec *now)
{
	struct timespec ctime = inode->ctime;
	json_t *old = inode->xattrs;
	int err;

	inode->xattrs = xattrs;
	inode->ctime = *now;
	err = spool_record(spool, inode);
	if (err) {
		inode->xattrs = old;
		inode->ctime = ctime;
		json_decref(xattrs);
	} else {
		json_decref(old);
	}
	return err;
}

int spool_setxattr(struct spool *spool, struct spool_inode *inode,
	const char *name, const void *value, size_t size, int flags,
	const struct timespec *now)
{
	json_t *xattrs, *holder;
	const char *key;
	int err = name_check(name);

	if (err)
		return err;
	if (size > VALUE_MAX)
		return -E2BIG;
	if (flags & ~(XATTR_CREATE | XATTR_REPLACE))
		return -EINVAL;
	err = has_attribute(inode, name);
	if (err < 0)
		return err;
	if (err && (flags & XATTR_CREATE))
		return -EEXIST;
	if (!err && (flags & XATTR_REPLACE))
		return -ENODATA;
	xattrs = inode->xattrs ? json_twin(inode->xattrs) : json_object();
	key = key_of(name, &holder);
	err = 0;
	if (!xattrs || !key ||
		json_object_set_new(xattrs, key, json_from_bytes(value, size)) <
			0)
		err = -ENOMEM;
	else if (is_full(xattrs))
		err = -ENOSPC;
	json_decref(holder);
	if (!err)
		return xattrs_replace(spool, inode, xattrs, now);
	json_decref(xattrs);
	return err;
}

ssize_t spool_getxattr(const struct spool_inode *inode, const char *name,
	void *value, size_t size)
{
	json_t *holder, *held;
	const char *key;
	char *bytes;
	size_t len;
	int err = name_check(name);

	if (err)
		return err;
	key = key_of(name, &holder);
	if (!key)
		return -ENOMEM;
	held = json_object_get(inode->xattrs, key);
	json_decref(holder);
	if (!held)
		return -ENODATA;
	bytes = json_to_bytes(held, &len);
	if (!bytes)
		return -ENOMEM;
	if (size && len > size)
		err = -ERANGE;
	else if (size)
		memcpy(value, bytes, len);
	free(bytes);
	return err ? err : (ssize_t)len;
}

ssize_t spool_listxattr(
	const struct spool_inode *inode, char *list, size_t size)
{
	size_t used = 0, len;
	const char *key;
	json_t *value, *holder;
	char *name;

	json_object_foreach (inode->xattrs, key, value) {
		holder = json_string(key);
		name = holder ? json_to_bytes(holder, &len) : NULL;
		json_decref(holder);
		if (!name)
			return -ENOMEM;
		len++;
		if (size && used + len > size) {
			free(name);
			return -ERANGE;
		}
		if (size)
			memcpy(list + used, name, len);
		used += len;
		free(name);
	}
	return (ssize_t)used;
}

int spool_removexattr(struct spool *spool, struct spool_inode *inode,
	const char *name, const struct timespec *now)
{
	json_t *xattrs, *holder;
	const char *key;
	int err = name_check(name);

	if (!err)
		err = has_attribute(inode, name);
	if (err <= 0)
		return err ? err : -ENODATA;
	xattrs = json_twin(inode->xattrs);
	key = key_of(name, &holder);
	err = xattrs && key && json_object_del(xattrs, key) == 0 ? 0 : -ENOMEM;
	json_decref(holder);
	if (!err)
		return xattrs_replace(spool, inode, xattrs, now);
	json_decref(xattrs);
	return err;
}
