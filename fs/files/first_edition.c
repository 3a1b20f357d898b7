/* SPDX-License-Identifier: MIT */
/* fs/files/first_edition.c - turns the first edition's files into plain files
 */
#include "fs/files/first_edition.h"

#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/xattr.h>
#include <syslog.h>
#include <unistd.h>

#include "api/api.h"
#include "fs/base/fd.h"
#include "fs/base/log.h"
#include "fs/base/state.h"
#include "fs/files/files_private.h"

/*
 * Version 0.1.0 kept saved files in inodes/: N.json, or N.next if that is
 * newer, has the names of inode N as [directory's number, name, order]; N.data
 * is its content. If two records have the same name, the higher sequence wins.
 * Here each content is moved to its name, oldest record first. If this is
 * killed, it starts again and skips what was moved.
 */

#define INODES_NAME "inodes"

enum { RECORD_MAX = 32 << 20 };

struct old {
	uint64_t number, sequence;
	uint64_t now; /* the inode number that it has got */
	json_t *record;
	bool is_busy; /* its path is being made */
	UT_hash_handle hh;
};

struct edition {
	int state_fd, fd;
	struct old *all; /* by number */
	unsigned lost;
};

static uint64_t member_number(const json_t *record, const char *name)
{
	return (uint64_t)json_integer_value(json_object_get(record, name));
}

static const char *member_text(const json_t *record, const char *name)
{
	const char *text = json_string_value(json_object_get(record, name));

	return text ? text : "";
}

static mode_t old_type(const json_t *record)
{
	const char *type = member_text(record, "type");

	return !strcmp(type, "directory")  ? S_IFDIR
		: !strcmp(type, "symlink") ? S_IFLNK
		: !strcmp(type, "file")	   ? S_IFREG
					   : 0;
}

json_t *first_edition_parse(const char *text, size_t len)
{
	json_t *record;

	if (json_parse(text, len, &record))
		return NULL;
	if (json_is_object(record) && old_type(record) &&
		json_is_integer(json_object_get(record, "sequence")))
		return record;
	json_decref(record);
	return NULL;
}

char *first_edition_name(const json_t *record, size_t i, uint64_t *parent)
{
	const json_t *place =
		json_array_get(json_object_get(record, "links"), i);
	const json_t *name = json_array_get(place, 1);
	size_t len;
	char *bytes = json_is_string(name) ? json_to_bytes(name, &len) : NULL;

	*parent = (uint64_t)json_integer_value(json_array_get(place, 0));
	if (bytes && len && len <= NAME_MAX && strlen(bytes) == len &&
		!strchr(bytes, '/') && strcmp(bytes, ".") &&
		strcmp(bytes, "..") && strcmp(bytes, SETTINGS_NAME))
		return bytes;
	free(bytes);
	return NULL;
}

/* ---- reading ---- */

static json_t *record_read(const struct edition *edition, const char *name)
{
	json_t *record;
	char *text;
	size_t len;

	if (state_read(edition->fd, name, RECORD_MAX, &text, &len))
		return NULL;
	record = first_edition_parse(text, len);
	free(text);
	return record;
}

static struct old *old_find(const struct edition *edition, uint64_t number)
{
	struct old *old;

	HASH_FIND(hh, edition->all, &number, sizeof(number), old);
	return old;
}

static struct old *old_new(struct edition *edition, uint64_t number)
{
	struct old *old = calloc(1, sizeof(*old));

	if (!old)
		return NULL;
	old->number = number;
	HASH_ADD(hh, edition->all, number, sizeof(number), old);
	if (old->hh.tbl)
		return old;
	free(old);
	return NULL;
}

/* Of a number's two records the newer counts. */
static int record_add(
	struct edition *edition, const char *name, uint64_t number)
{
	json_t *record = record_read(edition, name);
	struct old *old = record ? old_find(edition, number) : NULL;

	if (!record) {
		log_line(LOG_ERR, "inodes/%s is damaged", name);
		edition->lost++;
		return 0;
	}
	if (!old)
		old = old_new(edition, number);
	if (!old || old->sequence > member_number(record, "sequence")) {
		json_decref(record);
		return old ? 0 : -ENOMEM;
	}
	json_decref(old->record);
	old->record = record;
	old->sequence = member_number(record, "sequence");
	return 0;
}

static int edition_read(struct edition *edition)
{
	DIR *stream = dir_stream(edition->fd, ".");
	struct dirent *entry;
	char *end;
	int err = 0;

	if (!stream)
		return -errno;
	while (!err && (entry = dir_next(stream))) {
		uint64_t number = strtoull(entry->d_name, &end, 10);
		if (!strcmp(end, ".json") || !strcmp(end, ".next"))
			err = record_add(edition, entry->d_name, number);
	}
	closedir(stream);
	return err;
}

static int compare_sequence(const struct old *one, const struct old *other)
{
	return (one->sequence > other->sequence) -
		(one->sequence < other->sequence);
}

/* An exchange was one record, which says where the other one is now. */
static void exchange_apply(const struct edition *edition, const struct old *old)
{
	json_t *exchange = json_object_get(old->record, "exchange");
	struct old *other = old_find(edition,
		(uint64_t)json_integer_value(json_array_get(exchange, 0)));

	if (other && other->sequence < old->sequence)
		json_object_set(
			other->record, "links", json_array_get(exchange, 1));
}

/* ---- paths, below the state directory ---- */

static void top_make(
	const struct edition *edition, const char *key, char path[PATH_MAX])
{
	char *slash = path;

	top_path(*key && !strstr(key, "..") ? key : "run", path);
	for (; (slash = strchr(slash, '/')); *slash++ = '/') {
		*slash = '\0';
		mkdirat(edition->state_fd, path, 0700);
	}
	mkdirat(edition->state_fd, path, 0755);
}

static bool dir_path(
	const struct edition *edition, struct old *old, char path[PATH_MAX]);

/* The i-th path. If the directory is lost, the file goes to the top one. */
static bool place_path(const struct edition *edition, const struct old *old,
	size_t i, char path[PATH_MAX])
{
	uint64_t parent;
	char *name = first_edition_name(old->record, i, &parent);
	struct old *dir = name ? old_find(edition, parent) : NULL;
	size_t len;

	if (!name)
		return false;
	if (!dir || !dir_path(edition, dir, path))
		top_make(edition, member_text(old->record, "home"), path);
	len = strlen(path);
	len += (size_t)snprintf(path + len, PATH_MAX - len, "/%s", name);
	free(name);
	return len < PATH_MAX;
}

static bool dir_path(
	const struct edition *edition, struct old *old, char path[PATH_MAX])
{
	bool is_found;

	if (old_type(old->record) != S_IFDIR || old->is_busy)
		return false;
	if (json_object_get(old->record, "root")) {
		top_make(edition, member_text(old->record, "root"), path);
		return true;
	}
	old->is_busy = true;
	is_found = place_path(edition, old, 0, path);
	old->is_busy = false;
	if (is_found)
		mkdirat(edition->state_fd, path, 0700);
	return is_found;
}

/* ---- making ---- */

static struct timespec old_time(const json_t *record, const char *name)
{
	const json_t *at = json_object_get(record, name);

	return (struct timespec){
		.tv_sec = json_integer_value(json_array_get(at, 0)),
		.tv_nsec = json_integer_value(json_array_get(at, 1)),
	};
}

static void xattrs_set(int fd, const char *path, json_t *xattrs)
{
	char whole[PATH_MAX + 32];
	const char *key;
	json_t *value;

	snprintf(whole, sizeof(whole), "/proc/self/fd/%d/%s", fd, path);
	json_object_foreach (xattrs, key, value) {
		json_t *held = json_string(key);
		size_t len = 0, name_len;
		char *name = json_to_bytes(held, &name_len);
		char *bytes = json_to_bytes(value, &len);
		if (name && bytes && setxattr(whole, name, bytes, len, 0))
			log_line(LOG_WARNING, "%s: %s is lost: %s", path, name,
				strerror(errno));
		json_decref(held);
		free(name);
		free(bytes);
	}
}

static int attributes_set(int fd, const char *path, const json_t *record)
{
	const struct timespec times[2] = { old_time(record, "atime"),
		old_time(record, "mtime") };
	int err = 0;

	if (geteuid() == 0)
		err = fchownat(fd, path, (uid_t)member_number(record, "uid"),
			(gid_t)member_number(record, "gid"),
			AT_SYMLINK_NOFOLLOW);
	if (!err && old_type(record) != S_IFLNK) {
		xattrs_set(fd, path, json_object_get(record, "xattrs"));
		err = fchmodat(fd, path,
			(mode_t)member_number(record, "mode") & 07777, 0);
	}
	if (!err)
		err = utimensat(fd, path, times, AT_SYMLINK_NOFOLLOW);
	return err ? -errno : 0;
}

/* Moves the content, unless it was moved before. If it is linked to a job's
 * code it is copied, since files are overwritten in place now. */
static int content_place(
	const struct edition *edition, uint64_t number, const char *path)
{
	int flags = O_WRONLY | O_CREAT | O_NOFOLLOW | O_CLOEXEC, from, to;
	struct stat st;
	char data[40];
	int err;

	snprintf(data, sizeof(data), "%llu.data", (unsigned long long)number);
	from = openat(edition->fd, data, O_RDONLY | O_NOFOLLOW | O_CLOEXEC);
	if (from >= 0 && fstat(from, &st) == 0 && st.st_nlink == 1) {
		close(from);
		return renameat(edition->fd, data, edition->state_fd, path)
			? -errno
			: 0;
	}
	to = openat(edition->state_fd, path, flags, 0600);
	err = to < 0 ? -errno : from < 0 ? 0 : fd_copy(from, to);
	if (to >= 0)
		close(to);
	if (from >= 0)
		close(from);
	if (from >= 0 && !err)
		unlinkat(edition->fd, data, 0);
	return err;
}

/* A record without a name was being removed. */
static int old_place(struct edition *edition, struct old *old)
{
	char path[PATH_MAX], more[PATH_MAX];
	int fd = edition->state_fd, err;
	struct stat st;

	if (!json_array_size(json_object_get(old->record, "links")))
		return 0;
	if (!place_path(edition, old, 0, path)) {
		edition->lost++;
		return 0;
	}
	if (old_type(old->record) == S_IFREG)
		err = content_place(edition, old->number, path);
	else
		err = symlinkat(member_text(old->record, "target"), fd, path) &&
				errno != EEXIST
			? -errno
			: 0;
	for (size_t i = 1; !err && place_path(edition, old, i, more); i++) {
		unlinkat(fd, more, 0);
		err = linkat(fd, path, fd, more, 0) ? -errno : 0;
	}
	if (!err)
		err = attributes_set(fd, path, old->record);
	if (!err && fstatat(fd, path, &st, AT_SYMLINK_NOFOLLOW) == 0)
		old->now = st.st_ino;
	return err;
}

static int old_dir_finish(const struct edition *edition, struct old *old)
{
	json_t *settings = json_object_get(old->record, "settings");
	char path[PATH_MAX], *text;
	size_t len;
	int fd, err = 0;

	if (!dir_path(edition, old, path))
		return 0;
	if (json_object_size(settings)) {
		fd = openat(edition->state_fd, path,
			O_RDONLY | O_DIRECTORY | O_CLOEXEC);
		text = json_write(settings, &len);
		err = fd < 0   ? -errno
			: text ? state_write(fd, SETTINGS_NAME, text, len, 0)
			       : -ENOMEM;
		free(text);
		if (fd >= 0)
			close(fd);
	}
	return err ? err : attributes_set(edition->state_fd, path, old->record);
}

/* Files from the oldest record to the newest. Directories twice: the times of
 * one are set when all that is in it is there. */
static int edition_place(struct edition *edition)
{
	struct old *old, *next;
	int err = 0;

	HASH_SORT(edition->all, compare_sequence);
	HASH_ITER(hh, edition->all, old, next)
	exchange_apply(edition, old);
	HASH_ITER(hh, edition->all, old, next)
	if (!err && old_type(old->record) != S_IFDIR)
		err = old_place(edition, old);
	for (int pass = 0; pass < 2; pass++)
		HASH_ITER(hh, edition->all, old, next)
	if (!err && old_type(old->record) == S_IFDIR)
		err = old_dir_finish(edition, old);
	return err;
}

/* ---- jobs ---- */

/* Their member "inode" was the old number; "file" is the new one. */
static int job_convert(
	const struct edition *edition, int jobs_fd, const char *name)
{
	const struct old *old;
	json_t *record;
	size_t len;
	char *text;
	int err = state_read(jobs_fd, name, RECORD_MAX, &text, &len);

	if (err)
		return 0; /* said when the jobs are read */
	err = json_parse(text, len, &record);
	free(text);
	if (err)
		return 0;
	if (json_object_get(record, "inode")) {
		old = old_find(edition, member_number(record, "inode"));
		json_object_set_new(record, "file",
			json_integer(old ? (json_int_t)old->now : 0));
		json_object_del(record, "inode");
		text = json_write(record, &len);
		err = text ? state_write(jobs_fd, name, text, len, 0) : -ENOMEM;
		free(text);
	}
	json_decref(record);
	return err;
}

static int jobs_convert(const struct edition *edition)
{
	DIR *stream = dir_stream(edition->state_fd, "jobs");
	struct dirent *entry;
	const char *ending;
	int err = 0;

	while (stream && !err && (entry = dir_next(stream))) {
		ending = strchr(entry->d_name, '.');
		if (ending && !strcmp(ending, ".json"))
			err = job_convert(
				edition, dirfd(stream), entry->d_name);
	}
	if (stream)
		closedir(stream);
	return err;
}

/* What is left are records, and whatever was damaged. */
static int edition_put_aside(const struct edition *edition)
{
	int fd = edition->state_fd;

	if (edition->all)
		log_line(LOG_NOTICE,
			"the %u files and directories of the first edition "
			"are plain files now",
			HASH_COUNT(edition->all));
	if (syncfs(fd) || (mkdirat(fd, REMOVED_NAME, 0700) && errno != EEXIST))
		return -errno;
	return renameat(fd, INODES_NAME, fd,
		       edition->lost ? INODES_NAME ".damaged"
				     : REMOVED_NAME "/" INODES_NAME)
		? -errno
		: 0;
}

int files_convert(int state_fd)
{
	struct edition edition = { .state_fd = state_fd };
	struct old *old, *next;
	int err;

	edition.fd = openat(state_fd, INODES_NAME,
		O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	if (edition.fd < 0)
		return errno == ENOENT ? 0 : -errno;
	err = edition_read(&edition);
	if (!err)
		err = edition_place(&edition);
	if (!err)
		err = jobs_convert(&edition);
	if (!err)
		err = edition_put_aside(&edition);
	HASH_ITER(hh, edition.all, old, next)
	{
		HASH_DEL(edition.all, old);
		json_decref(old->record);
		free(old);
	}
	close(edition.fd);
	return err;
}
