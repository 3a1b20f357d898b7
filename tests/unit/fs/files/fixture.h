/* SPDX-License-Identifier: MIT */
/* tests/unit/fs/files/fixture.h - files in a temporary state directory */
#ifndef TESTS_UNIT_FS_FILES_FIXTURE_H
#define TESTS_UNIT_FS_FILES_FIXTURE_H

#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "fs/files/files.h"

static struct {
	char dir[64];
	int fd;
	struct files *files;
	struct file *top; /* "run", held */
	struct files_options options;
	struct file_caller caller;
	uint64_t gone[100]; /* numbers of removed files */
	unsigned gone_count;
	unsigned slow; /* descriptors passed to close_slowly */
} fixture;

static inline void fixture_gone(void *ctx, uint64_t number, struct file *file)
{
	assert_ptr_equal(ctx, &fixture);
	if (file)
		assert_int_equal(file->number, number);
	fixture.gone[fixture.gone_count++ % 100] = number;
}

static inline void fixture_close_slowly(void *ctx, int fd)
{
	assert_ptr_equal(ctx, &fixture);
	close(fd);
	fixture.slow++;
}

static inline void fixture_open(void)
{
	fixture.gone_count = fixture.slow = 0;
	assert_int_equal(files_open(fixture.fd, fixture.dir, &fixture.options,
				 &fixture.files),
		0);
	fixture.top = files_top(fixture.files, "run");
	assert_non_null(fixture.top);
}

static inline void fixture_close(void)
{
	files_close(fixture.files);
	fixture.files = NULL;
}

static inline void reload(void)
{
	fixture_close();
	fixture_open();
}

static inline int remove_one(
	const char *path, const struct stat *st, int type, struct FTW *at)
{
	(void)st;
	(void)type;
	(void)at;
	return remove(path);
}

static inline int fixture_setup(void **ctx)
{
	(void)ctx;
	memset(&fixture, 0, sizeof(fixture));
	strcpy(fixture.dir, "/tmp/fs_files.XXXXXX");
	assert_non_null(mkdtemp(fixture.dir));
	fixture.fd = open(fixture.dir, O_RDONLY | O_DIRECTORY);
	fixture.options = (struct files_options){
		.uid = geteuid(),
		.gid = getegid(),
		.top_mode = 0755,
		.gone = fixture_gone,
		.close_slowly = fixture_close_slowly,
		.ctx = &fixture,
	};
	fixture.caller.uid = geteuid();
	fixture.caller.gid = getegid();
	fixture_open();
	return 0;
}

static inline int fixture_teardown(void **ctx)
{
	(void)ctx;
	if (fixture.files)
		fixture_close();
	close(fixture.fd);
	nftw(fixture.dir, remove_one, 64, FTW_DEPTH | FTW_PHYS);
	return 0;
}

/* ---- short forms; the files that they return are held ----------------- */

static inline struct file *find(struct file *dir, const char *name)
{
	struct file *file = NULL;

	return file_lookup(dir, name, &file) ? NULL : file;
}

static inline bool exists(struct file *dir, const char *name)
{
	struct file *file = find(dir, name);

	file_drop(file);
	return file != NULL;
}

static inline struct file *make(struct file *dir, const char *name)
{
	struct file *file = NULL;

	assert_int_equal(file_create(dir, name, 0644, O_RDWR, &fixture.caller,
				 NULL, &file),
		0);
	return file;
}

static inline struct file *make_dir(struct file *dir, const char *name)
{
	struct file *file = NULL;

	assert_int_equal(
		file_mkdir(dir, name, 0755, &fixture.caller, &file), 0);
	return file;
}

static inline void put(struct file *file, const char *text)
{
	struct file_opened opened;

	assert_int_equal(file_open(file, O_WRONLY | O_TRUNC, &opened), 0);
	assert_int_equal(
		file_write(&opened, text, strlen(text), 0), strlen(text));
	file_close(&opened);
}

static inline struct file *save(
	struct file *dir, const char *name, const char *text)
{
	struct file *file = find(dir, name);

	if (!file)
		file = make(dir, name);
	put(file, text);
	return file;
}

static inline void holds(struct file *file, const char *text)
{
	struct file_opened opened;
	char got[4096];
	ssize_t len;

	assert_int_equal(file_open(file, O_RDONLY, &opened), 0);
	len = pread(opened.fd, got, sizeof(got) - 1, 0);
	file_close(&opened);
	assert_true(len >= 0);
	got[len] = '\0';
	assert_string_equal(got, text);
}

static inline struct stat stat_of(struct file *file)
{
	struct stat st;

	assert_int_equal(file_stat(file, &st), 0);
	return st;
}

static inline int commit(struct file *file)
{
	struct file_commit *begun;
	int err;

	begun = file_commit_begin(file, NULL, &err);
	if (!begun)
		return err;
	err = file_commit_work(begun);
	file_commit_end(begun);
	return err;
}

static inline int list_one(
	void *ctx, const char *name, uint64_t number, mode_t type)
{
	(void)number;
	fprintf(ctx, "%s%s\n", name,
		S_ISDIR(type)		? "/"
			: S_ISLNK(type) ? "@"
					: "");
	return 0;
}

static inline int compare_text(const void *a, const void *b)
{
	return strcmp(*(char *const *)a, *(char *const *)b);
}

/* "a b/ c@": the sorted names; to be freed. */
static inline char *names(struct file *dir)
{
	char *text = NULL, *sorted[1000], *all = NULL, *at;
	size_t len, count = 0;
	FILE *out = open_memstream(&text, &len);

	assert_int_equal(file_each(dir, list_one, out), 0);
	fclose(out);
	for (at = strtok(text, "\n"); at; at = strtok(NULL, "\n"))
		sorted[count++] = at;
	qsort(sorted, count, sizeof(*sorted), compare_text);
	out = open_memstream(&all, &len);
	for (size_t i = 0; i < count; i++)
		fprintf(out, "%s%s", i ? " " : "", sorted[i]);
	fclose(out);
	free(text);
	return all;
}

static inline void assert_names(struct file *dir, const char *expected)
{
	char *got = names(dir);

	assert_string_equal(got, expected);
	free(got);
}

/* A path below the state directory. */
static inline const char *at(const char *name)
{
	static char path[4400];

	snprintf(path, sizeof(path), "%s/%s", fixture.dir, name);
	return path;
}

static inline int descriptors(void)
{
	char command[64], count[16] = "";
	FILE *out;

	snprintf(command, sizeof(command), "ls /proc/%d/fd | wc -l", getpid());
	out = popen(command, "r");
	assert_non_null(out);
	assert_non_null(fgets(count, sizeof(count), out));
	pclose(out);
	return atoi(count);
}

#define FILE_TEST(name)                                                        \
	cmocka_unit_test_setup_teardown(name, fixture_setup, fixture_teardown)

#endif
