/* SPDX-License-Identifier: MIT */
/* tests/unit/fs/files/spool_fixture.h - a spool in a throw-away state directory
 */
#ifndef TESTS_UNIT_FS_FILES_SPOOL_FIXTURE_H
#define TESTS_UNIT_FS_FILES_SPOOL_FIXTURE_H

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

#include "fs/files/spool.h"

#define TEST_KEY "unsb-pk-test-0000-0000-0001"

static struct {
	char dir[64];
	struct state state;
	struct spool *spool;
	struct spool_inode *top; /* "run" */
	struct timespec now;	 /* a second later whenever it is asked for */
	char complaints[16384];
	unsigned gone;
} fixture;

static inline const struct timespec *later(void)
{
	fixture.now.tv_sec++;
	fixture.now.tv_nsec = (fixture.now.tv_nsec + 7777) % 1000000000;
	return &fixture.now;
}

static inline void fixture_complain(const char *line)
{
	size_t used = strlen(fixture.complaints);

	snprintf(fixture.complaints + used, sizeof(fixture.complaints) - used,
		"%s\n", line);
}

static inline void fixture_gone(void *ctx, struct spool_inode *inode)
{
	assert_ptr_equal(ctx, &fixture);
	assert_int_equal(inode->nlink, 0);
	fixture.gone++;
}

static inline int fixture_try(void)
{
	char why[512] = "";
	int err = state_open(
		&fixture.state, fixture.dir, TEST_KEY, why, sizeof(why));

	if (err)
		return err;
	err = spool_open(&fixture.state, fixture_complain, fixture_gone,
		&fixture, &fixture.spool);
	if (err)
		state_close(&fixture.state);
	return err;
}

static inline void fixture_open(void)
{
	fixture.complaints[0] = '\0';
	fixture.gone = 0;
	assert_int_equal(fixture_try(), 0);
	fixture.top = spool_top(fixture.spool, "run", 1000, 100, later());
	assert_non_null(fixture.top);
}

static inline void fixture_close(void)
{
	spool_close(fixture.spool);
	state_close(&fixture.state);
	fixture.spool = NULL;
}

static inline int remove_one(
	const char *path, const struct stat *st, int type, struct FTW *at)
{
	(void)st;
	(void)type;
	(void)at;
	return remove(path);
}

static inline void path_remove(const char *path)
{
	nftw(path, remove_one, 16, FTW_DEPTH | FTW_PHYS);
}

static inline int fixture_setup(void **ctx)
{
	(void)ctx;
	strcpy(fixture.dir, "/tmp/fs_spool.XXXXXX");
	assert_non_null(mkdtemp(fixture.dir));
	fixture.now.tv_sec = 1700000000;
	fixture_open();
	return 0;
}

static inline int fixture_teardown(void **ctx)
{
	(void)ctx;
	if (fixture.spool)
		fixture_close();
	path_remove(fixture.dir);
	return 0;
}

/* The path of a file of the state directory. */
static inline const char *state_file(const char *name)
{
	static char path[256];

	snprintf(path, sizeof(path), "%s/unsandboxfs/" TEST_KEY "/%s",
		fixture.dir, name);
	return path;
}

static inline unsigned state_count(const char *ending)
{
	char command[400], count[16] = "";
	FILE *out;

	snprintf(command, sizeof(command), "ls %s | grep -c '%s$'",
		state_file("inodes"), ending);
	out = popen(command, "r");
	assert_non_null(out);
	assert_non_null(fgets(count, sizeof(count), out));
	pclose(out);
	return (unsigned)atoi(count);
}

/* ---- the tree as text ------------------------------------------------ */

enum {
	TREE_NAMES = 0,	     /* and types, content, targets, link counts */
	TREE_ATTRIBUTES = 1, /* and modes, owners, times, numbers, xattrs */
};

static inline void bytes_print(FILE *out, const char *bytes, size_t len)
{
	for (size_t i = 0; i < len; i++)
		if (bytes[i] > ' ' && bytes[i] < 0x7f && bytes[i] != '\\')
			fputc(bytes[i], out);
		else
			fprintf(out, "\\%02x", (unsigned char)bytes[i]);
}

static inline void json_print(FILE *out, const char *name, const json_t *value)
{
	char *text = value && json_object_size(value)
		? json_dumps(value, JSON_SORT_KEYS)
		: NULL;

	if (text)
		fprintf(out, " %s=%s", name, text);
	free(text);
}

static inline void inode_print(FILE *out, struct spool_inode *inode, int what)
{
	char content[4096];
	ssize_t len;

	fprintf(out, " %c%u",
		S_ISDIR(inode->mode)	       ? 'd'
			: S_ISLNK(inode->mode) ? 'l'
					       : 'f',
		inode->nlink);
	if (S_ISREG(inode->mode)) {
		len = spool_read(inode, content, sizeof(content), 0);
		assert_true(len >= 0);
		fprintf(out, " %llu ", (unsigned long long)inode->size);
		bytes_print(out, content, (size_t)len);
	}
	if (inode->target)
		fprintf(out, " -> %s", inode->target);
	json_print(out, "settings", inode->settings);
	if (what & TREE_ATTRIBUTES) {
		fprintf(out, " %llu %llu %o %u:%u",
			(unsigned long long)inode->number,
			(unsigned long long)inode->ino, inode->mode, inode->uid,
			inode->gid);
		fprintf(out, " %ld.%ld %ld.%ld %ld.%ld %ld.%ld",
			(long)inode->atime.tv_sec, inode->atime.tv_nsec,
			(long)inode->mtime.tv_sec, inode->mtime.tv_nsec,
			(long)inode->ctime.tv_sec, inode->ctime.tv_nsec,
			(long)inode->btime.tv_sec, inode->btime.tv_nsec);
		json_print(out, "xattrs", inode->xattrs);
	}
	fputc('\n', out);
}

static inline void dir_print(
	FILE *out, struct spool_inode *dir, int what, unsigned depth)
{
	struct spool_inode *inode;
	uint64_t cookie = 0, next;
	const char *name;
	size_t i = 0;

	for (; spool_entry(dir, i, &name, &inode); i++) {
		struct spool_inode *same;
		const char *same_name;

		assert_true(spool_entry_after(
			dir, cookie, &next, &same_name, &same));
		assert_true(next > cookie && next > 15);
		assert_ptr_equal(same, inode);
		assert_ptr_equal(same_name, name);
		assert_ptr_equal(spool_find(dir, name), inode);
		cookie = next;
		fprintf(out, "%*s", (int)depth * 2, "");
		bytes_print(out, name, strlen(name));
		inode_print(out, inode, what);
		if (!S_ISDIR(inode->mode))
			continue;
		assert_ptr_equal(inode->parent, dir);
		assert_ptr_equal(inode->top, dir->top);
		dir_print(out, inode, what, depth + 1);
	}
	assert_int_equal(i, spool_count(dir));
	assert_false(spool_entry_after(dir, cookie, &next, &name, &inode));
}

/* All of a spool, for people and for comparison; to be freed. Checks on its way
 * that all ways to the same entry agree. */
static inline char *tree_text(int what)
{
	struct spool_inode *top = NULL;
	char *text = NULL;
	size_t len;
	FILE *out = open_memstream(&text, &len);

	assert_non_null(out);
	while ((top = spool_next_top(fixture.spool, top))) {
		fprintf(out, "[%s]", top->root);
		inode_print(out, top, what);
		dir_print(out, top, what, 1);
	}
	fclose(out);
	return text;
}

/* Closes the spool, opens it again, and finds the same tree. */
static inline void reload_same(const char *after)
{
	char *before = tree_text(TREE_ATTRIBUTES), *text;

	fixture_close();
	fixture_open();
	text = tree_text(TREE_ATTRIBUTES);
	if (strcmp(before, text))
		fail_msg("after %s\n--- before:\n%s--- reloaded:\n%s", after,
			before, text);
	assert_string_equal(fixture.complaints, "");
	free(before);
	free(text);
}

/* ---- short forms ----------------------------------------------------- */

static inline struct spool_inode *make(
	struct spool_inode *dir, const char *name, mode_t mode)
{
	struct spool_inode *inode = NULL;

	assert_int_equal(spool_create(fixture.spool, dir, name, mode, 1000, 100,
				 later(), &inode),
		0);
	return inode;
}

static inline void commit(struct spool_inode *inode)
{
	struct spool_commit *done;
	int err;

	done = spool_commit_begin(fixture.spool, inode, &err);
	assert_int_equal(err, 0);
	if (!done)
		return;
	assert_int_equal(spool_commit_work(done), 0);
	spool_commit_end(fixture.spool, done);
}

static inline void put(struct spool_inode *inode, const char *text)
{
	size_t len = strlen(text);

	assert_int_equal(spool_truncate(fixture.spool, inode, 0, later()), 0);
	if (len)
		assert_int_equal(spool_write(fixture.spool, inode, text, len, 0,
					 later()),
			len);
}

/* A file with this content, committed. */
static inline struct spool_inode *save(
	struct spool_inode *dir, const char *name, const char *text)
{
	struct spool_inode *inode = spool_find(dir, name);

	if (!inode)
		inode = make(dir, name, S_IFREG | 0644);
	put(inode, text);
	commit(inode);
	return inode;
}

static inline void holds(struct spool_inode *inode, const char *text)
{
	char got[4096];
	ssize_t len = spool_read(inode, got, sizeof(got) - 1, 0);

	assert_true(len >= 0);
	got[len] = '\0';
	assert_string_equal(got, text);
	assert_int_equal(inode->size, strlen(text));
}

#endif
