/* SPDX-License-Identifier: MIT */
/* tests/unit/fs/files/spool_xattr.c - extended attributes, any bytes, kept */
#include "tests/unit/fs/files/spool_fixture.h"

#include <sys/xattr.h>

static char long_name[300], big[65537];

static int set(struct spool_inode *inode, const char *name, const void *value,
	size_t size, int flags)
{
	return spool_setxattr(
		fixture.spool, inode, name, value, size, flags, later());
}

static void setting_them(void **ctx)
{
	static const struct {
		const char *what, *name, *value;
		size_t size;
		int flags, err;
	} cases[] = {
		{ "plain", "user.a", "1", 1, 0, 0 },
		{ "again", "user.a", "22", 2, 0, 0 },
		{ "create what is there", "user.a", "3", 1, XATTR_CREATE,
			-EEXIST },
		{ "replace", "user.a", "4\n", 2, XATTR_REPLACE, 0 },
		{ "replace what is not there", "user.b", "5", 1, XATTR_REPLACE,
			-ENODATA },
		{ "create", "user.b", "6", 1, XATTR_CREATE, 0 },
		{ "empty", "user.empty", "", 0, 0, 0 },
		{ "any bytes", "user.bytes", "\0\xff\xfe\0", 4, 0, 0 },
		{ "any name", "user.\xff\xc3\xa4 =", "x", 1, 0, 0 },
		{ "64 KiB", "user.big", big, 65536, 0, 0 },
		{ "more", "user.more", big, 65537, 0, -E2BIG },
		{ "no name", "user.", "x", 1, 0, -EINVAL },
		{ "long name", long_name, "x", 1, 0, -ERANGE },
		{ "security", "security.selinux", "x", 1, 0, -ENOTSUP },
		{ "acl", "system.posix_acl_access", "x", 1, 0, -ENOTSUP },
		{ "nonsense", "x", "x", 1, 0, -ENOTSUP },
		{ "flags", "user.a", "x", 1, 64, -EINVAL },
	};
	struct spool_inode *inode = make(fixture.top, "a", S_IFREG | 0644);
	char got[65536];
	int err;

	(void)ctx;
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		struct timespec before = inode->ctime;

		err = set(inode, cases[i].name, cases[i].value, cases[i].size,
			cases[i].flags);
		if (err != cases[i].err)
			fail_msg("%s: %d", cases[i].what, err);
		assert_int_equal(inode->ctime.tv_sec > before.tv_sec, !err);
		reload_same(cases[i].what);
		inode = spool_find(fixture.top, "a");
		if (err)
			continue;
		assert_int_equal(
			spool_getxattr(inode, cases[i].name, got, sizeof(got)),
			cases[i].size);
		assert_memory_equal(got, cases[i].value, cases[i].size);
	}
}

static void getting_them(void **ctx)
{
	struct spool_inode *inode = make(fixture.top, "a", S_IFDIR | 0755);
	char got[64];

	(void)ctx;
	assert_int_equal(spool_listxattr(inode, got, 0), 0);
	assert_int_equal(spool_getxattr(inode, "user.a", got, 64), -ENODATA);
	assert_int_equal(
		spool_getxattr(inode, "security.x", got, 64), -ENOTSUP);
	set(inode, "user.a", "12345", 5, 0);
	set(inode, "user.\xff", "1", 1, 0);
	assert_int_equal(spool_getxattr(inode, "user.a", NULL, 0), 5);
	assert_int_equal(spool_getxattr(inode, "user.a", got, 4), -ERANGE);
	assert_int_equal(spool_getxattr(inode, "user.a", got, 5), 5);
	assert_int_equal(spool_listxattr(inode, NULL, 0), 14);
	assert_int_equal(spool_listxattr(inode, got, 13), -ERANGE);
	assert_int_equal(spool_listxattr(inode, got, 14), 14);
	assert_memory_equal(got, "user.a\0user.\xff", 14);
	assert_int_equal(
		spool_removexattr(fixture.spool, inode, "user.b", later()),
		-ENODATA);
	assert_int_equal(
		spool_removexattr(fixture.spool, inode, "trusted.b", later()),
		-ENOTSUP);
	assert_int_equal(
		spool_removexattr(fixture.spool, inode, "user.\xff", later()),
		0);
	assert_int_equal(spool_listxattr(inode, NULL, 0), 7);
	reload_same("remove");
}

static void there_is_an_end(void **ctx)
{
	struct spool_inode *inode = make(fixture.top, "a", S_IFREG | 0644);
	char name[64];
	int err = 0, i;

	(void)ctx;
	for (i = 0; i < 100 && !err; i++) {
		snprintf(name, sizeof(name), "user.%d", i);
		err = set(inode, name, big, 65536, 0);
	}
	assert_int_equal(err, -ENOSPC);
	assert_true(i > 16);
	reload_same("a full inode");
}

int main(void)
{
#define CASE(test)                                                             \
	cmocka_unit_test_setup_teardown(test, fixture_setup, fixture_teardown)
	const struct CMUnitTest tests[] = {
		CASE(setting_them),
		CASE(getting_them),
		CASE(there_is_an_end),
	};

	memset(long_name, 'n', sizeof(long_name) - 1);
	memcpy(long_name, "user.", 5);
	memset(big, '\xfe', sizeof(big));
	return cmocka_run_group_tests(tests, NULL, NULL);
}
