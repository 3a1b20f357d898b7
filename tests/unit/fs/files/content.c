/* SPDX-License-Identifier: MIT */
/* tests/unit/fs/files/content.c - content, attributes and commits */
#include <linux/falloc.h>
#include <sys/xattr.h>

#include <sys/resource.h>

#include "tests/unit/fs/files/fixture.h"

static int syncs, failing_sync;

int __real_fsync(int fd);
int __wrap_fsync(int fd);

int __wrap_fsync(int fd)
{
	if (__atomic_add_fetch(&syncs, 1, __ATOMIC_RELAXED) == failing_sync) {
		errno = EIO;
		return -1;
	}
	return __real_fsync(fd);
}

/* ---- generations ---- */

static void what_makes_a_new_generation(void **ctx)
{
	struct file *file;
	struct file_opened opened;
	struct stat two = { .st_size = 2 };

	(void)ctx;
	assert_int_equal(file_create(fixture.top, "f", 0644, O_WRONLY | O_TRUNC,
				 &fixture.caller, &opened, &file),
		0);
	assert_int_equal(file->generation, 0);
	assert_int_equal(file_write(&opened, "", 0, 0), 0);
	assert_int_equal(file->generation, 0);
	assert_int_equal(file_write(&opened, "abc", 3, 0), 3);
	assert_int_equal(file->generation, 1);
	assert_int_equal(file_setattr(file, NULL, FILE_SET_SIZE, &two), 0);
	assert_int_equal(file->generation, 2);
	assert_int_equal(file_setattr(file, &opened, FILE_SET_SIZE, &two), 0);
	assert_int_equal(file->generation, 2);
	assert_int_equal(
		file_allocate(&opened, FALLOC_FL_KEEP_SIZE, 0, 9999), 0);
	assert_int_equal(file->generation, 2);
	assert_int_equal(file_allocate(&opened, 0, 0, 2), 0);
	assert_int_equal(file->generation, 2);
	assert_int_equal(file_allocate(&opened, 0, 0, 5), 0);
	assert_int_equal(file->generation, 3);
	assert_int_equal(
		file_allocate(&opened,
			FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE, 0, 1),
		0);
	assert_int_equal(file->generation, 4);
	file_close(&opened);
	assert_int_equal(file_open(file, O_RDWR | O_TRUNC, &opened), 0);
	assert_int_equal(file->generation, 5);
	file_close(&opened);
	assert_int_equal(file_open(file, O_RDWR | O_TRUNC, &opened), 0);
	assert_int_equal(file->generation, 5);
	file_close(&opened);
	file_drop(file);
}

/* With O_APPEND the kernel sends the offset of the end, which counts. */
static void flags_that_are_not_passed_on(void **ctx)
{
	struct file *file = save(fixture.top, "f", "0123");
	struct file_opened opened;

	(void)ctx;
	assert_int_equal(file_open(file,
				 O_RDWR | O_APPEND | O_DIRECT | O_SYNC |
					 O_CREAT | O_EXCL,
				 &opened),
		0);
	assert_int_equal(file_write(&opened, "ab", 2, 1), 2);
	holds(file, "0ab3");
	assert_int_equal(file_write(&opened, "x", 1, -1), -EINVAL);
	file_close(&opened);
	file_drop(file);
}

static void a_hole_is_not_filled(void **ctx)
{
	struct file *file = make(fixture.top, "f");
	struct file_opened opened;

	(void)ctx;
	file_open(file, O_RDWR, &opened);
	assert_int_equal(file_write(&opened, "x", 1, (off_t)5 << 30), 1);
	assert_true(stat_of(file).st_blocks < 100);
	assert_true(lseek(opened.fd, 0, SEEK_DATA) > 4096);
	assert_int_equal(file_write(&opened, "y", 1, 0), 1);
	assert_true(stat_of(file).st_blocks < 100);
	file_close(&opened);
	file_drop(file);
}

static void large_files_are_closed_slowly(void **ctx)
{
	struct file *file = make(fixture.top, "f"), *small, *other;
	struct file_opened opened;

	(void)ctx;
	file_open(file, O_RDWR, &opened);
	assert_int_equal(file_allocate(&opened, 0, 0, 20 << 20), 0);
	file_unlink(fixture.top, "f");
	file_drop(file);
	file_close(&opened);
	assert_int_equal(fixture.slow, 2); /* the handle's, and the one that
					      kept it reachable */
	small = make(fixture.top, "s");
	file_unlink(fixture.top, "s");
	file_drop(small);
	assert_int_equal(fixture.slow, 2);
	/* Also if a rename replaces a file that is not held. */
	other = make(fixture.top, "o");
	file_open(other, O_RDWR, &opened);
	assert_int_equal(file_allocate(&opened, 0, 0, 20 << 20), 0);
	file_close(&opened);
	other->sent = other->generation;
	file_drop(other);
	file_drop(make(fixture.top, "n"));
	assert_int_equal(file_rename(fixture.top, "n", fixture.top, "o", 0), 0);
	assert_int_equal(fixture.slow, 3);
}

static void large_files_are_cut_by_the_caller(void **ctx)
{
	struct file *file = make(fixture.top, "f"),
		    *small = save(fixture.top, "s", "small");
	struct file_opened opened;
	uint64_t generation;
	int fd;

	(void)ctx;
	file_open(file, O_RDWR, &opened);
	assert_int_equal(file_allocate(&opened, 0, 0, 20 << 20), 0);
	file_close(&opened);
	generation = file->generation;
	assert_int_equal(file_open_cut(file, 20 << 20), -ENOENT);
	assert_int_equal(file_open_cut(file, 19 << 20), -ENOENT);
	assert_int_equal(file_open_cut(small, 0), -ENOENT);
	assert_int_equal(file_open_cut(fixture.top, 0), -ENOENT);
	assert_int_equal(file->generation, generation);
	fd = file_open_cut(file, 100);
	assert_true(fd >= 0);
	assert_int_equal(ftruncate(fd, 100), 0);
	close(fd);
	assert_int_equal(file->generation, generation + 1);
	assert_true(file_is_dirty(file));
	assert_int_equal(stat_of(file).st_size, 100);
	file_drop(file);
	file_drop(small);
}

/* ---- attributes ---- */

static void attributes(void **ctx)
{
	struct file *file = save(fixture.top, "f", "x"),
		    *dir = make_dir(fixture.top, "d");
	struct stat set = {
		.st_mode = 04751,
		.st_atim = { 1000000001, 123456789 },
		.st_mtim = { 999999999, 987654321 },
		.st_uid = geteuid(),
		.st_gid = getegid(),
	};

	(void)ctx;
	assert_int_equal(
		file_setattr(file, NULL,
			FILE_SET_MODE | FILE_SET_ATIME | FILE_SET_MTIME |
				FILE_SET_UID | FILE_SET_GID,
			&set),
		0);
	for (int i = 0; i < 2; i++) {
		struct stat st = stat_of(file);
		assert_int_equal(st.st_mode, S_IFREG | 04751);
		assert_int_equal(st.st_atim.tv_nsec, 123456789);
		assert_int_equal(st.st_mtim.tv_sec, 999999999);
		assert_int_equal(st.st_mtim.tv_nsec, 987654321);
		file_drop(file);
		reload();
		file = find(fixture.top, "f");
	}
	dir = find(fixture.top, "d");
	assert_int_equal(file_setattr(file, NULL, FILE_SET_MTIME_NOW, &set), 0);
	assert_int_equal(stat_of(file).st_atim.tv_nsec, 123456789);
	assert_true(stat_of(file).st_mtim.tv_sec > 1500000000);
	assert_int_equal(stat_of(dir).st_nlink, 1);
	assert_int_equal(file_setattr(dir, NULL, FILE_SET_MODE, &set), 0);
	assert_int_equal(stat_of(dir).st_mode, S_IFDIR | 04751);
	assert_int_equal(file_setattr(fixture.top, NULL, FILE_SET_UID,
				 &(struct stat){ .st_uid = geteuid() + 1 }),
		-EPERM);
	file_drop(file);
	file_drop(dir);
}

/* chown clears the set-user-ID and set-group-ID bits. */
static void owners(void **ctx)
{
	struct file_caller caller = { 1234, 2345 };
	struct file *file, *dir, *in;
	struct stat st = { .st_uid = 77, .st_mode = 02777 };

	(void)ctx;
	if (geteuid())
		skip();
	assert_int_equal(file_create(fixture.top, "f", 06755, O_RDWR, &caller,
				 NULL, &file),
		0);
	assert_int_equal(stat_of(file).st_uid, 1234);
	assert_int_equal(stat_of(file).st_gid, 2345);
	assert_int_equal(stat_of(file).st_mode, S_IFREG | 06755);
	assert_int_equal(file_setattr(file, NULL, FILE_SET_UID, &st), 0);
	assert_int_equal(stat_of(file).st_uid, 77);
	file_drop(file);
	dir = make_dir(fixture.top, "d");
	st.st_gid = 99;
	assert_int_equal(
		file_setattr(dir, NULL, FILE_SET_GID | FILE_SET_MODE, &st), 0);
	assert_int_equal(
		file_create(dir, "f", 0644, O_RDWR, &caller, NULL, &file), 0);
	assert_int_equal(stat_of(file).st_gid, 99);
	assert_int_equal(file_mkdir(dir, "in", 0755, &caller, &in), 0);
	assert_int_equal(stat_of(in).st_mode, S_IFDIR | 02755);
	assert_int_equal(stat_of(in).st_gid, 99);
	assert_int_equal(stat_of(in).st_uid, 1234);
	file_drop(file);
	file_drop(in);
	file_drop(dir);
	/* With the mount options uid, fmask and dmask. */
	fixture.options.uid = 4321;
	fixture.options.has_uid = true;
	fixture.options.fmask = fixture.options.dmask = 026;
	reload();
	file = find(fixture.top, "f");
	assert_int_equal(stat_of(file).st_uid, 4321);
	assert_int_equal(stat_of(file).st_mode, S_IFREG | 0751);
	assert_int_equal(stat_of(fixture.top).st_uid, 4321);
	st.st_uid = 4321;
	assert_int_equal(file_setattr(file, NULL, FILE_SET_UID, &st), 0);
	st.st_uid = 1;
	assert_int_equal(file_setattr(file, NULL, FILE_SET_UID, &st), -EPERM);
	file_drop(file);
}

static void extended_attributes(void **ctx)
{
	struct file *file = make(fixture.top, "f"), *top = fixture.top, *link;
	char value[16];

	(void)ctx;
	assert_int_equal(file_getxattr(file, "user.a", value, 16), -ENODATA);
	if (file_setxattr(file, "user.a", "x\0y", 3, 0) == -ENOTSUP)
		skip();
	assert_int_equal(file_getxattr(file, "user.a", NULL, 0), 3);
	assert_int_equal(file_getxattr(file, "user.a", value, 2), -ERANGE);
	assert_int_equal(file_getxattr(file, "user.a", value, 16), 3);
	assert_memory_equal(value, "x\0y", 3);
	assert_int_equal(
		file_setxattr(file, "user.a", "z", 1, XATTR_CREATE), -EEXIST);
	assert_int_equal(
		file_setxattr(file, "user.b", "z", 1, XATTR_REPLACE), -ENODATA);
	for (size_t i = 0; i < 3; i++) {
		static const char *const names[] = { "trusted.x",
			"security.selinux", "system.posix_acl_access" };
		assert_int_equal(
			file_setxattr(file, names[i], "x", 1, 0), -ENOTSUP);
		assert_int_equal(
			file_getxattr(file, names[i], value, 1), -ENOTSUP);
		assert_int_equal(file_removexattr(file, names[i]), -ENOTSUP);
	}
	assert_int_equal(file_listxattr(file, NULL, 0), 7);
	assert_int_equal(file_listxattr(file, value, 3), -ERANGE);
	assert_int_equal(file_listxattr(file, value, 16), 7);
	assert_string_equal(value, "user.a");
	assert_int_equal(file_removexattr(file, "user.a"), 0);
	assert_int_equal(file_listxattr(file, value, 16), 0);
	assert_int_equal(file_setxattr(top, "user.top", "x", 1, 0), 0);
	assert_int_equal(file_getxattr(top, "user.top", value, 16), 1);
	file_unlink(top, "f");
	assert_int_equal(file_setxattr(file, "user.late", "x", 1, 0), 0);
	assert_int_equal(
		file_symlink(top, "l", "t", &fixture.caller, &link), 0);
	assert_int_equal(file_listxattr(link, value, 16), 0);
	file_drop(link);
	file_drop(file);
	top = files_top(fixture.files, "services/none/run");
	assert_int_equal(file_getxattr(top, "user.x", value, 16), -ENODATA);
	assert_int_equal(file_listxattr(top, value, 16), 0);
	file_drop(top);
}

/* ---- commits ---- */

/* How many fsyncs a commit takes. */
static int syncs_of(struct file *file)
{
	syncs = 0;
	assert_int_equal(commit(file), 0);
	return syncs;
}

static void what_a_commit_makes_durable(void **ctx)
{
	struct file *top = fixture.top, *dir = make_dir(top, "d"),
		    *file = save(dir, "f", "x");

	(void)ctx;
	/* The content, d, run, and what run is in. */
	assert_int_equal(syncs_of(file), 4);
	assert_false(file_is_dirty(file));
	assert_int_equal(syncs_of(file), 0);
	put(file, "y");
	assert_int_equal(syncs_of(file), 1);
	assert_int_equal(file_rename(dir, "f", dir, "g", 0), 0);
	assert_true(file_is_dirty(file));
	assert_int_equal(syncs_of(file), 2);
	assert_int_equal(file_rename(dir, "g", top, "h", 0), 0);
	assert_int_equal(syncs_of(file), 2);
	assert_int_equal(syncs_of(dir), 1);
	assert_int_equal(syncs_of(dir), 0);
	file_settings_set(dir, "a", json_true());
	assert_int_equal(syncs_of(dir), 2);
	file_drop(make(top, "other"));
	put(file, "z");
	assert_int_equal(syncs_of(file), 2);
	file_unlink(top, "other");
	assert_int_equal(syncs_of(top), 1);
	assert_int_equal(file_link(file, dir, "l"), 0);
	assert_int_equal(syncs_of(file), 2);
	/* Files that are found at a start may not be synced. */
	file_drop(file);
	file_drop(dir);
	reload();
	file = find(fixture.top, "h");
	assert_true(file_is_dirty(file));
	assert_int_equal(syncs_of(file), 2);
	file_drop(file);
}

static void a_commit_that_fails(void **ctx)
{
	struct file *dir = make_dir(fixture.top, "d"),
		    *file = save(dir, "f", "x");

	(void)ctx;
	for (failing_sync = 1; failing_sync <= 4; failing_sync++) {
		syncs = 0;
		assert_int_equal(commit(file), -EIO);
		assert_true(file_is_dirty(file));
	}
	failing_sync = 0;
	assert_int_equal(syncs_of(file), 4);
	file_drop(file);
	file_drop(dir);
}

static void commits_under_way(void **ctx)
{
	struct file *file = save(fixture.top, "f", "x");
	struct file_commit *first, *second;
	int err;

	(void)ctx;
	first = file_commit_begin(file, NULL, &err);
	/* A second commit of the same content waits for the first. */
	second = file_commit_begin(file, NULL, &err);
	assert_non_null(first);
	assert_non_null(second);
	file_drop(file); /* a commit keeps it */
	file_unlink(fixture.top, "f");
	assert_int_equal(file_commit_work(first), 0);
	file_commit_end(first);
	syncs = 0;
	assert_int_equal(file_commit_work(second), 0);
	assert_int_equal(syncs, 0);
	file_commit_end(second);
	/* A commit without work changes nothing. */
	file = save(fixture.top, "g", "x");
	first = file_commit_begin(file, NULL, &err);
	file_commit_end(first);
	assert_int_equal(syncs_of(file), 3); /* and what run is in, again */
	file_drop(file);
}

/* One that cannot begin is no reason for another to fail. */
static void no_commit_begins(void **ctx)
{
	struct file *file = save(fixture.top, "f", "x");
	struct file *other = save(fixture.top, "g", "x");
	struct file_commit *first, *second;
	struct rlimit limit, none;
	int err;

	(void)ctx;
	first = file_commit_begin(file, NULL, &err);
	second = file_commit_begin(file, NULL, &err);
	assert_int_equal(getrlimit(RLIMIT_NOFILE, &limit), 0);
	none = (struct rlimit){ 0, limit.rlim_max };
	assert_int_equal(setrlimit(RLIMIT_NOFILE, &none), 0);
	assert_null(file_commit_begin(other, NULL, &err));
	assert_int_equal(setrlimit(RLIMIT_NOFILE, &limit), 0);
	assert_int_equal(err, -EMFILE);
	assert_int_equal(file_commit_work(first), 0);
	assert_int_equal(file_commit_end(first), 0);
	assert_int_equal(file_commit_work(second), 0);
	assert_int_equal(file_commit_end(second), 0);
	file_drop(file);
	file_drop(other);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		FILE_TEST(what_makes_a_new_generation),
		FILE_TEST(flags_that_are_not_passed_on),
		FILE_TEST(a_hole_is_not_filled),
		FILE_TEST(large_files_are_closed_slowly),
		FILE_TEST(large_files_are_cut_by_the_caller),
		FILE_TEST(attributes),
		FILE_TEST(owners),
		FILE_TEST(extended_attributes),
		FILE_TEST(what_a_commit_makes_durable),
		FILE_TEST(a_commit_that_fails),
		FILE_TEST(commits_under_way),
		FILE_TEST(no_commit_begins),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
