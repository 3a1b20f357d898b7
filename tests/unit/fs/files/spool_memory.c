/* SPDX-License-Identifier: MIT */
/* tests/unit/fs/files/spool_memory.c - every operation with its n-th allocation
 * failing */
#include "tests/unit/fs/files/spool_fixture.h"

/* TEST_ALLOC_FAIL: the Makefile links this one with malloc wrapped. */
void *__real_malloc(size_t size);
void *__real_calloc(size_t count, size_t size);
void *__real_realloc(void *old, size_t size);
void *__wrap_malloc(size_t size);
void *__wrap_calloc(size_t count, size_t size);
void *__wrap_realloc(void *old, size_t size);

static long allocations, failing;

static int is_failing(void)
{
	return failing && ++allocations == failing;
}

void *__wrap_malloc(size_t size)
{
	return is_failing() ? NULL : __real_malloc(size);
}

void *__wrap_calloc(size_t count, size_t size)
{
	return is_failing() ? NULL : __real_calloc(count, size);
}

void *__wrap_realloc(void *old, size_t size)
{
	return is_failing() ? NULL : __real_realloc(old, size);
}

static int err_of(const void *pointer)
{
	return pointer ? 0 : -errno;
}

static int create(void)
{
	struct spool_inode *inode;

	return spool_create(fixture.spool, fixture.top, "new", S_IFREG | 0600,
		0, 0, later(), &inode);
}

static int create_dir(void)
{
	struct spool_inode *inode;

	return spool_create(fixture.spool, fixture.top, "new", S_IFDIR | 0700,
		0, 0, later(), &inode);
}

static int create_symlink(void)
{
	struct spool_inode *inode;

	return spool_symlink(fixture.spool, fixture.top, "new", "target", 0, 0,
		later(), &inode);
}

static int top(void)
{
	return err_of(spool_top(fixture.spool, "other", 0, 0, later()));
}

static int link_a(void)
{
	return spool_link(fixture.spool, spool_find(fixture.top, "a"),
		fixture.top, "new", later());
}

static int unlink_a(void)
{
	return spool_unlink(fixture.spool, fixture.top, "a", later());
}

static int rename_a(void)
{
	return spool_rename(fixture.spool, fixture.top, "a", fixture.top, "new",
		0, later());
}

static int rename_onto(void)
{
	return spool_rename(
		fixture.spool, fixture.top, "a", fixture.top, "b", 0, later());
}

static int rename_onto_last(void)
{
	return spool_rename(
		fixture.spool, fixture.top, "a", fixture.top, "d", 0, later());
}

static int exchange(void)
{
	return spool_rename(fixture.spool, fixture.top, "a", fixture.top, "b",
		RENAME_EXCHANGE, later());
}

static int set_xattr(void)
{
	return spool_setxattr(fixture.spool, spool_find(fixture.top, "a"),
		"user.new", "x", 1, 0, later());
}

static int remove_xattr(void)
{
	return spool_removexattr(
		fixture.spool, spool_find(fixture.top, "b"), "user.b", later());
}

static int write_a(void)
{
	ssize_t n = spool_write(fixture.spool, spool_find(fixture.top, "a"),
		"new", 3, 1, later());

	return n < 0 ? (int)n : 0;
}

static int read_a(void)
{
	char got[8];
	ssize_t n = spool_read(spool_find(fixture.top, "a"), got, 8, 0);

	return n < 0 ? (int)n : 0;
}

static const struct {
	const char *name;
	int (*act)(void);
} cases[] = {
	{ "create", create },
	{ "mkdir", create_dir },
	{ "symlink", create_symlink },
	{ "top", top },
	{ "link", link_a },
	{ "unlink", unlink_a },
	{ "rename", rename_a },
	{ "rename onto", rename_onto },
	{ "rename onto the last name", rename_onto_last },
	{ "exchange", exchange },
	{ "setxattr", set_xattr },
	{ "removexattr", remove_xattr },
	{ "write", write_a },
	{ "read", read_a },
};

static void prepare(void)
{
	fixture_open();
	save(fixture.top, "a", "aa");
	save(fixture.top, "b", "bb");
	save(fixture.top, "d", "dd");
	assert_int_equal(
		spool_setxattr(fixture.spool, spool_find(fixture.top, "b"),
			"user.b", "x", 1, 0, later()),
		0);
	assert_int_equal(spool_link(fixture.spool, spool_find(fixture.top, "b"),
				 fixture.top, "c", later()),
		0);
}

static void fresh(void)
{
	if (fixture.spool)
		fixture_close();
	path_remove(fixture.dir);
	assert_int_equal(mkdir(fixture.dir, 0700), 0);
	fixture.now.tv_sec = 1700000000;
	prepare();
}

/* -ENOMEM and nothing has changed, or 0 and all has. */
static void operations(void **ctx)
{
	char *before, *after;
	int err;

	(void)ctx;
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++)
		for (long at = 1;; at++) {
			fresh();
			before = tree_text(TREE_ATTRIBUTES);
			allocations = 0;
			failing = at;
			err = cases[i].act();
			failing = 0;
			after = tree_text(TREE_ATTRIBUTES);
			if (err && (err != -ENOMEM || strcmp(before, after)))
				fail_msg("%s, allocation %ld: %d\n%s--- "
					 "before:\n%s",
					cases[i].name, at, err, after, before);
			free(before);
			free(after);
			if (cases[i].act == write_a)
				commit(spool_find(fixture.top, "a"));
			reload_same(cases[i].name);
			if (allocations < at) {
				assert_int_equal(err, 0);
				assert_true(at > 1);
				break;
			}
		}
}

static void commits(void **ctx)
{
	struct spool_commit *done;
	struct spool_inode *inode;
	int err;

	(void)ctx;
	for (long at = 1;; at++) {
		fresh();
		inode = spool_find(fixture.top, "a");
		put(inode, "new");
		allocations = 0;
		failing = at;
		done = spool_commit_begin(fixture.spool, inode, &err);
		failing = 0;
		assert_int_equal(err, done ? 0 : -ENOMEM);
		holds(inode, "new");
		if (!done) {
			commit(inode);
			reload_same("commit");
			continue;
		}
		assert_int_equal(spool_commit_work(done), 0);
		spool_commit_end(fixture.spool, done);
		reload_same("commit");
		if (allocations < at)
			break;
	}
}

/* A start without memory fails, and leaves the files alone. */
static void loading(void **ctx)
{
	char *before, *after;
	int err;

	(void)ctx;
	fresh();
	make(make(fixture.top, "dir", S_IFDIR | 0755), "in", S_IFREG | 0600);
	before = tree_text(TREE_ATTRIBUTES);
	for (long at = 1;; at++) {
		fixture_close();
		allocations = 0;
		failing = at;
		err = fixture_try();
		failing = 0;
		if (err && err != -ENOMEM)
			fail_msg("allocation %ld: %d", at, err);
		if (err)
			assert_int_equal(fixture_try(), 0);
		fixture.top = spool_top(fixture.spool, "run", 0, 0, later());
		after = tree_text(TREE_ATTRIBUTES);
		if (strcmp(before, after))
			fail_msg("allocation %ld\n%s--- before:\n%s", at, after,
				before);
		free(after);
		assert_string_equal(fixture.complaints, "");
		if (!err && allocations < at)
			break;
	}
	free(before);
}

int main(void)
{
#define CASE(test)                                                             \
	cmocka_unit_test_setup_teardown(test, fixture_setup, fixture_teardown)
	const struct CMUnitTest tests[] = {
		CASE(operations),
		CASE(commits),
		CASE(loading),
	};

	/* So that jansson's allocations fail, too. */
	json_set_alloc_funcs(__wrap_malloc, free);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
