/* SPDX-License-Identifier: MIT */
/* fs/files/first_edition.c - turns the first edition's files into plain files
 */
#include "fs/files/first_edition.h"

#include <ctype.h>
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
 * The first edition kept what people saved in inodes/: N.json, or N.next where
 * that is newer, says where inode N stands, in [directory's number, name,
 * order], and N.data is its content. A record of a higher sequence has the name
 * that two claim. Here each content is moved to its name, oldest record first.
 * A kill in between harms nothing: what was moved already is passed over.
 */

#define INODES_NAME "inodes"

enum { RECORD_MAX = 32 << 20 };

struct old {
	uint64_t number;
	json_t *record;
	bool is_busy; /* its directory is being looked for */
};

struct edition {
	int state_fd, fd;
	struct old *list; /* by number */
	size_t count;
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
	json_t *record = NULL;
	char *text;
	size_t len;

	if (state_read(edition->fd, name, RECORD_MAX, &text, &len))
		return NULL;
	record = first_edition_parse(text, len);
	free(text);
	return record;
}

/* The newer of a number's two records; NULL: both are damaged. */
static json_t *record_newest(const struct edition *edition, uint64_t number)
{
	json_t *records[2];
	char name[40];
	bool is_older;

	for (int i = 0; i < 2; i++) {
		snprintf(name, sizeof(name), "%llu.%s",
			(unsigned long long)number, i ? "next" : "json");
		records[i] = record_read(edition, name);
	}
	is_older = records[0] && records[1] &&
		member_number(records[1], "sequence") <
			member_number(records[0], "sequence");
	json_decref(records[is_older || !records[1] ? 1 : 0]);
	return records[is_older || !records[1] ? 0 : 1];
}

static int old_add(struct edition *edition, uint64_t number)
{
	json_t *record = record_newest(edition, number);
	struct old *grown;

	if (!record) {
		log_line(LOG_ERR, "inodes/%llu is damaged: it is left there",
			(unsigned long long)number);
		edition->lost++;
		return 0;
	}
	grown = reallocarray(edition->list, edition->count + 1, sizeof(*grown));
	if (!grown) {
		json_decref(record);
		return -ENOMEM;
	}
	edition->list = grown;
	grown[edition->count++] =
		(struct old){ .number = number, .record = record };
	return 0;
}

/* N.next counts where there is no N.json. */
static int edition_read(struct edition *edition)
{
	DIR *stream = dir_stream(edition->fd, ".");
	struct dirent *entry;
	char *end, json[40];
	int err = 0;

	if (!stream)
		return -errno;
	while (!err && (entry = dir_next(stream))) {
		uint64_t number = strtoull(entry->d_name, &end, 10);
		snprintf(json, sizeof(json), "%llu.json",
			(unsigned long long)number);
		if (!strcmp(end, ".json") ||
			(!strcmp(end, ".next") &&
				faccessat(edition->fd, json, F_OK, 0)))
			err = old_add(edition, number);
	}
	closedir(stream);
	return err;
}

static int compare_number(const void *a, const void *b)
{
	const struct old *one = a, *other = b;

	return (one->number > other->number) - (one->number < other->number);
}

static struct old *old_find(const struct edition *edition, uint64_t number)
{
	const struct old wanted = { .number = number };

	return edition->count ? bsearch(&wanted, edition->list, edition->count,
					sizeof(wanted), compare_number)
			      : NULL;
}

/* An exchange was one record, which says where the other one is now. */
static void exchange_apply(const struct edition *edition, json_t *record)
{
	json_t *exchange = json_object_get(record, "exchange");
	struct old *other = old_find(edition,
		(uint64_t)json_integer_value(json_array_get(exchange, 0)));

	if (other &&
		member_number(other->record, "sequence") <
			member_number(record, "sequence"))
		json_object_set(
			other->record, "links", json_array_get(exchange, 1));
}

/* ---- making ---- */

/* A directory of the state directory and those above it. */
static int top_open(const struct edition *edition, const char *key)
{
	char path[PATH_MAX], *slash;
	int fd;

	if (!*key || strstr(key, ".."))
		key = "run";
	top_path(key, path);
	for (slash = path; (slash = strchr(slash, '/')); *slash++ = '/') {
		*slash = '\0';
		mkdirat(edition->state_fd, path, 0700);
	}
	mkdirat(edition->state_fd, path, 0755);
	fd = openat(edition->state_fd, path,
		O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	return fd < 0 ? -errno : fd;
}

static int old_dir_open(
	const struct edition *edition, uint64_t number, const char *home);

/* What hangs from nothing any more is put into its top directory. */
static int parent_open(const struct edition *edition, const json_t *record,
	size_t i, char **name)
{
	uint64_t parent;
	int fd;

	*name = first_edition_name(record, i, &parent);
	if (!*name)
		return -ENOENT;
	fd = old_dir_open(edition, parent, member_text(record, "home"));
	if (fd < 0)
		free(*name);
	return fd;
}

static int old_dir_open(
	const struct edition *edition, uint64_t number, const char *home)
{
	struct old *old = old_find(edition, number);
	int parent, fd = -ENOENT;
	char *name;

	if (!old || old_type(old->record) != S_IFDIR || old->is_busy)
		return top_open(edition, home);
	if (json_object_get(old->record, "root"))
		return top_open(edition, member_text(old->record, "root"));
	old->is_busy = true;
	parent = parent_open(edition, old->record, 0, &name);
	old->is_busy = false;
	if (parent < 0)
		return top_open(edition, home);
	if (mkdirat(parent, name, 0700) == 0 || errno == EEXIST)
		fd = openat(parent, name,
			O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	if (fd < 0)
		fd = -errno;
	close(parent);
	free(name);
	return fd;
}

static struct timespec old_time(const json_t *record, const char *name)
{
	const json_t *at = json_object_get(record, name);

	return (struct timespec){
		.tv_sec = json_integer_value(json_array_get(at, 0)),
		.tv_nsec = json_integer_value(json_array_get(at, 1)),
	};
}

static void xattrs_set(const char *path, json_t *xattrs)
{
	const char *key;
	json_t *value;

	json_object_foreach (xattrs, key, value) {
		json_t *held = json_string(key);
		size_t len = 0, name_len;
		char *name = json_to_bytes(held, &name_len);
		char *bytes = json_to_bytes(value, &len);
		if (name && bytes && setxattr(path, name, bytes, len, 0))
			log_line(LOG_WARNING, "an attribute %s is lost: %s",
				name, strerror(errno));
		json_decref(held);
		free(name);
		free(bytes);
	}
}

static int attributes_set(int fd, const char *name, const json_t *record)
{
	const struct timespec times[2] = { old_time(record, "atime"),
		old_time(record, "mtime") };
	uid_t uid = (uid_t)member_number(record, "uid");
	gid_t gid = (gid_t)member_number(record, "gid");
	mode_t mode = (mode_t)member_number(record, "mode") & 07777;
	char path[REACH_MAX];
	int err = 0;

	snprintf(path, sizeof(path), "/proc/self/fd/%d%s%s", fd,
		*name ? "/" : "", name);
	if (geteuid() == 0)
		err = fchownat(fd, name, uid, gid,
			AT_SYMLINK_NOFOLLOW | AT_EMPTY_PATH);
	if (!err && old_type(record) != S_IFLNK) {
		xattrs_set(path, json_object_get(record, "xattrs"));
		err = chmod(path, mode);
	}
	if (!err)
		err = utimensat(
			fd, name, times, AT_SYMLINK_NOFOLLOW | AT_EMPTY_PATH);
	return err ? -errno : 0;
}

/* A job's code may be the same file, which is overwritten in place now. */
static int data_copy(const struct edition *edition, const char *data, int fd,
	const char *name)
{
	int from = openat(edition->fd, data, O_RDONLY | O_NOFOLLOW | O_CLOEXEC);
	int to = openat(fd, name,
		O_WRONLY | O_CREAT | O_TRUNC | O_NOFOLLOW | O_CLOEXEC, 0600);
	int err = from < 0 || to < 0 ? -errno : fd_copy(from, to);

	if (from >= 0)
		close(from);
	if (to >= 0)
		close(to);
	if (!err)
		unlinkat(edition->fd, data, 0);
	return err;
}

/* The first name: the content is moved there, unless it was already. */
static int content_place(const struct edition *edition, const struct old *old,
	int fd, const char *name)
{
	char data[40];
	struct stat st;
	int made;

	if (old_type(old->record) == S_IFLNK) {
		made = symlinkat(member_text(old->record, "target"), fd, name);
		return made && errno != EEXIST ? -errno : 0;
	}
	snprintf(data, sizeof(data), "%llu.data",
		(unsigned long long)old->number);
	if (fstatat(edition->fd, data, &st, AT_SYMLINK_NOFOLLOW) == 0) {
		if (st.st_nlink > 1)
			return data_copy(edition, data, fd, name);
		return renameat(edition->fd, data, fd, name) ? -errno : 0;
	}
	made = openat(
		fd, name, O_WRONLY | O_CREAT | O_NOFOLLOW | O_CLOEXEC, 0600);
	if (made < 0)
		return -errno;
	close(made);
	return 0;
}

static int old_place(struct edition *edition, const struct old *old)
{
	const json_t *links = json_object_get(old->record, "links");
	char *name, *more;
	int fd = parent_open(edition, old->record, 0, &name), to;
	int err = fd < 0 ? fd : content_place(edition, old, fd, name);

	if (err == -ENOENT && json_array_size(links))
		edition->lost++; /* its name is none */
	if (fd < 0)
		return err == -ENOENT ? 0 : err; /* it was being removed */
	for (size_t i = 1; !err; i++) {
		to = parent_open(edition, old->record, i, &more);
		if (to < 0)
			break;
		unlinkat(to, more, 0);
		if (linkat(fd, name, to, more, 0))
			err = -errno;
		close(to);
		free(more);
	}
	if (!err)
		err = attributes_set(fd, name, old->record);
	close(fd);
	free(name);
	return err;
}

static bool dir_has_name(const json_t *record)
{
	return old_type(record) == S_IFDIR &&
		(json_object_get(record, "root") ||
			json_array_size(json_object_get(record, "links")));
}

static int dir_make(const struct edition *edition, const struct old *old)
{
	int fd = old_dir_open(edition, old->number, "run");

	if (fd >= 0)
		close(fd);
	return fd < 0 ? fd : 0;
}

/* When all are there, so that its times stay. */
static int dir_finish(const struct edition *edition, const struct old *old)
{
	json_t *settings = json_object_get(old->record, "settings");
	int fd = old_dir_open(edition, old->number, "run"), err = 0;
	size_t len;
	char *text;

	if (fd < 0)
		return fd;
	if (json_object_size(settings)) {
		text = json_write(settings, &len);
		err = text ? state_write(fd, SETTINGS_NAME, text, len, 0)
			   : -ENOMEM;
		free(text);
	}
	if (!err)
		err = attributes_set(fd, "", old->record);
	close(fd);
	return err;
}

/* ---- jobs ---- */

static uint64_t number_now(const struct edition *edition, uint64_t number)
{
	const struct old *old = old_find(edition, number);
	struct stat st = { 0 };
	char *name;
	int fd = old ? parent_open(edition, old->record, 0, &name) : -1;

	if (fd < 0)
		return 0;
	if (fstatat(fd, name, &st, AT_SYMLINK_NOFOLLOW))
		st.st_ino = 0;
	close(fd);
	free(name);
	return st.st_ino;
}

/* Their member "inode" was the old number; "file" is the new one. */
static int job_convert(
	const struct edition *edition, int jobs_fd, const char *name)
{
	json_t *record;
	size_t len;
	char *text;
	int err = state_read(jobs_fd, name, RECORD_MAX, &text, &len);

	if (err)
		return 0; /* damaged: said when the jobs are read */
	err = json_parse(text, len, &record);
	free(text);
	if (err || !json_object_get(record, "inode")) {
		json_decref(err ? NULL : record);
		return 0;
	}
	json_object_set_new(record, "file",
		json_integer((json_int_t)number_now(
			edition, member_number(record, "inode"))));
	json_object_del(record, "inode");
	text = json_write(record, &len);
	err = text ? state_write(jobs_fd, name, text, len, 0) : -ENOMEM;
	json_decref(record);
	free(text);
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

/* ---- all of it ---- */

static int compare_sequence(const void *a, const void *b)
{
	uint64_t one = member_number(
			 (*(struct old *const *)a)->record, "sequence"),
		 other = member_number(
			 (*(struct old *const *)b)->record, "sequence");

	return (one > other) - (one < other);
}

static int edition_place(struct edition *edition)
{
	struct old **order = calloc(edition->count + 1, sizeof(struct old *));
	int err = order ? 0 : -ENOMEM;

	for (size_t i = 0; !err && i < edition->count; i++)
		order[i] = &edition->list[i];
	if (!err)
		qsort(order, edition->count, sizeof(struct old *),
			compare_sequence);
	for (size_t i = 0; !err && i < edition->count; i++)
		if (old_type(order[i]->record) != S_IFDIR)
			err = old_place(edition, order[i]);
	for (size_t i = 0; !err && i < edition->count; i++)
		if (dir_has_name(order[i]->record))
			err = dir_make(edition, order[i]);
	for (size_t i = 0; !err && i < edition->count; i++)
		if (dir_has_name(order[i]->record))
			err = dir_finish(edition, order[i]);
	free(order);
	return err;
}

static int edition_convert(struct edition *edition)
{
	int err = edition_read(edition);

	if (err)
		return err;
	if (edition->count)
		qsort(edition->list, edition->count, sizeof(*edition->list),
			compare_number);
	for (size_t i = 0; i < edition->count; i++)
		exchange_apply(edition, edition->list[i].record);
	err = edition_place(edition);
	if (!err)
		err = jobs_convert(edition);
	if (!err && syncfs(edition->state_fd))
		err = -errno;
	return err;
}

/* What is left there is empty records; of what was damaged it is all there is.
 */
static int edition_put_aside(const struct edition *edition)
{
	const char *aside =
		edition->lost ? "inodes.damaged" : "removed/" INODES_NAME;

	if (edition->count)
		log_line(LOG_NOTICE,
			"the %zu files and directories of the first edition "
			"are plain files now",
			edition->count);
	if (mkdirat(edition->state_fd, "removed", 0700) && errno != EEXIST)
		return -errno;
	return renameat(
		       edition->state_fd, INODES_NAME, edition->state_fd, aside)
		? -errno
		: 0;
}

int files_convert(int state_fd)
{
	struct edition edition = { .state_fd = state_fd };
	int err;

	edition.fd = openat(state_fd, INODES_NAME,
		O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	if (edition.fd < 0)
		return errno == ENOENT ? 0 : -errno;
	err = edition_convert(&edition);
	if (!err)
		err = edition_put_aside(&edition);
	for (size_t i = 0; i < edition.count; i++)
		json_decref(edition.list[i].record);
	free(edition.list);
	close(edition.fd);
	return err;
}
