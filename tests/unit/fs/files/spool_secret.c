/* SPDX-License-Identifier: MIT */
/* tests/unit/fs/files/spool_secret.c - files that are never on disk */
#include "tests/unit/fs/files/spool_fixture.h"

static const char marker[] = "marker-of-a-secret-0123456789";

static bool named_env(const struct spool_inode *dir, const char *name)
{
	(void)dir;
	return strstr(name, "env") != NULL;
}

static int setup(void **ctx)
{
	int err = fixture_setup(ctx);

	spool_keep_secret(fixture.spool, named_env);
	return err;
}

static unsigned files_with(const char *word)
{
	char command[400], count[16] = "";
	FILE *out;

	snprintf(command, sizeof(command), "grep -rlF -e %s %s | wc -l", word,
		state_file("."));
	out = popen(command, "r");
	assert_non_null(out);
	assert_non_null(fgets(count, sizeof(count), out));
	pclose(out);
	return (unsigned)atoi(count);
}

static void reload(void)
{
	fixture_close();
	fixture_open();
}

static void it_is_written_and_read_in_memory(void **ctx)
{
	struct spool_inode *inode = make(fixture.top, "env", S_IFREG | 0666);

	(void)ctx;
	assert_true(spool_is_secret(inode));
	assert_int_equal(inode->mode, S_IFREG | 0600);
	put(inode, marker);
	assert_int_equal(
		spool_write(fixture.spool, inode, "MARKER", 6, 0, later()), 6);
	holds(inode, "MARKER-of-a-secret-0123456789");
	commit(inode);
	assert_false(spool_is_dirty(inode));
	assert_int_equal(spool_truncate(fixture.spool, inode, 6, later()), 0);
	holds(inode, "MARKER");
	assert_int_equal(files_with("MARKER"), 0);
	spool_hold(inode);
	assert_int_equal(
		spool_unlink(fixture.spool, fixture.top, "env", later()), 0);
	holds(inode, "MARKER");
	spool_drop(fixture.spool, inode);
}

static void it_is_gone_with_the_mount(void **ctx)
{
	(void)ctx;
	put(make(fixture.top, "env", S_IFREG | 0666), marker);
	put(make(fixture.top, "kept", S_IFREG | 0666), "kept");
	commit(spool_find(fixture.top, "kept"));
	reload();
	assert_null(spool_find(fixture.top, "env"));
	holds(spool_find(fixture.top, "kept"), "kept");
	assert_string_equal(fixture.complaints, "");
}

static void its_mode_stays_the_owners(void **ctx)
{
	struct stat wanted = { .st_mode = 0755 };
	struct spool_inode *inode = make(fixture.top, "env", S_IFREG | 0666);

	(void)ctx;
	assert_int_equal(spool_setattr(fixture.spool, inode, SPOOL_SET_MODE,
				 &wanted, later()),
		0);
	assert_int_equal(inode->mode, S_IFREG | 0700);
}

static void it_has_a_limit(void **ctx)
{
	struct spool_inode *inode = make(fixture.top, "env", S_IFREG | 0666);
	off_t max = 1 << 20;

	(void)ctx;
	assert_int_equal(
		spool_write(fixture.spool, inode, "xy", 2, max - 1, later()),
		-EFBIG);
	assert_int_equal(
		spool_truncate(fixture.spool, inode, max + 1, later()), -EFBIG);
	assert_int_equal(
		spool_allocate(fixture.spool, inode, 0, 1, max, later()),
		-EFBIG);
	assert_int_equal(spool_truncate(fixture.spool, inode, max, later()), 0);
}

/* What editors do: the new content under another name first. */
static void a_rename_takes_it_from_disk(void **ctx)
{
	struct spool_inode *inode;

	(void)ctx;
	for (int i = 0; i < 3; i++) {
		inode = make(fixture.top, "draft", S_IFREG | 0666);
		put(inode, marker);
		if (i)
			commit(inode);
		assert_int_equal(files_with(marker), 1);
		assert_int_equal(
			spool_rename(fixture.spool, fixture.top, "draft",
				fixture.top, "env", 0, later()),
			0);
		assert_int_equal(files_with(marker), 0);
		assert_ptr_equal(spool_find(fixture.top, "env"), inode);
		assert_int_equal(inode->mode & 0777, 0600);
		holds(inode, marker);
	}
	reload();
	assert_int_equal(spool_count(fixture.top), 0);
	assert_int_equal(state_count("data"), 0);
}

static void a_link_takes_it_from_disk(void **ctx)
{
	struct spool_inode *inode = make(fixture.top, "draft", S_IFREG | 0666);

	(void)ctx;
	put(inode, marker);
	commit(inode);
	assert_int_equal(
		spool_link(fixture.spool, inode, fixture.top, "env", later()),
		0);
	assert_int_equal(files_with(marker), 0);
	holds(inode, marker);
}

static void a_commit_under_way_leaves_nothing(void **ctx)
{
	struct spool_inode *inode = make(fixture.top, "draft", S_IFREG | 0666);
	struct spool_commit *commit;
	int err;

	(void)ctx;
	put(inode, marker);
	commit = spool_commit_begin(fixture.spool, inode, &err);
	assert_non_null(commit);
	assert_int_equal(spool_rename(fixture.spool, fixture.top, "draft",
				 fixture.top, "env", 0, later()),
		0);
	assert_int_equal(spool_commit_work(commit), 0);
	assert_int_equal(files_with(marker), 1);
	spool_commit_end(fixture.spool, commit);
	assert_int_equal(files_with(marker), 0);
	holds(inode, marker);
	reload();
	assert_int_equal(spool_count(fixture.top), 0);
}

static void it_gets_no_other_name(void **ctx)
{
	struct spool_inode *inode = make(fixture.top, "env", S_IFREG | 0666),
			   *other = make(fixture.top, "other", S_IFREG | 0666);

	(void)ctx;
	put(inode, marker);
	put(other, "other");
	commit(other);
	assert_int_equal(spool_rename(fixture.spool, fixture.top, "env",
				 fixture.top, "plain", 0, later()),
		-EPERM);
	assert_int_equal(
		spool_rename(fixture.spool, fixture.top, "env", fixture.top,
			"other", RENAME_EXCHANGE, later()),
		-EPERM);
	assert_int_equal(spool_rename(fixture.spool, fixture.top, "other",
				 fixture.top, "env", RENAME_EXCHANGE, later()),
		-EPERM);
	assert_int_equal(
		spool_link(fixture.spool, inode, fixture.top, "plain", later()),
		-EPERM);
	assert_int_equal(spool_rename(fixture.spool, fixture.top, "env",
				 fixture.top, "env~", 0, later()),
		0);
	holds(inode, marker);
	assert_int_equal(files_with(marker), 0);
	reload();
	assert_int_equal(spool_count(fixture.top), 1);
	holds(spool_find(fixture.top, "other"), "other");
}

static void a_directory_is_none(void **ctx)
{
	struct spool_inode *dir;

	(void)ctx;
	assert_int_equal(spool_create(fixture.spool, fixture.top, "env",
				 S_IFDIR | 0755, 1, 1, later(), &dir),
		0);
	assert_false(spool_is_secret(dir));
	reload();
	assert_non_null(spool_find(fixture.top, "env"));
}

int main(void)
{
#define CASE(test)                                                             \
	cmocka_unit_test_setup_teardown(test, setup, fixture_teardown)
	const struct CMUnitTest tests[] = {
		CASE(it_is_written_and_read_in_memory),
		CASE(it_is_gone_with_the_mount),
		CASE(its_mode_stays_the_owners),
		CASE(it_has_a_limit),
		CASE(a_rename_takes_it_from_disk),
		CASE(a_link_takes_it_from_disk),
		CASE(a_commit_under_way_leaves_nothing),
		CASE(it_gets_no_other_name),
		CASE(a_directory_is_none),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
