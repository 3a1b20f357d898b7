/* SPDX-License-Identifier: MIT */
/* tests/unit/fs/files/secret.c - files that are never on disk */
#include "tests/unit/fs/files/fixture.h"

static const char marker[] = "marker-of-a-secret-0123456789";

static bool named_env(const struct file *dir, const char *name)
{
	(void)dir;
	return strstr(name, "env") != NULL;
}

static int setup(void **ctx)
{
	int err = fixture_setup(ctx);

	fixture.options.is_secret = named_env;
	reload();
	return err;
}

static unsigned files_with(const char *word)
{
	char command[400], count[16] = "";
	FILE *out;

	snprintf(command, sizeof(command), "grep -rlF -e %s %s | wc -l", word,
		fixture.dir);
	out = popen(command, "r");
	assert_non_null(out);
	assert_non_null(fgets(count, sizeof(count), out));
	pclose(out);
	return (unsigned)atoi(count);
}

static void it_is_written_and_read_in_memory(void **ctx)
{
	struct file *file = make(fixture.top, "env"), *out;
	struct file_opened opened;

	(void)ctx;
	assert_true(file_is_secret(file));
	assert_int_equal(stat_of(file).st_mode, S_IFREG | 0600);
	assert_int_equal(stat_of(file).st_nlink, 1);
	assert_names(fixture.top, "env");
	assert_int_equal(file_create(fixture.top, "env", 0644, O_RDWR,
				 &fixture.caller, NULL, &out),
		-EEXIST);
	assert_int_equal(
		file_mkdir(fixture.top, "env", 0755, &fixture.caller, &out),
		-EEXIST);
	put(file, marker);
	assert_int_equal(file_open(file, O_RDWR, &opened), 0);
	assert_int_equal(file_write(&opened, "MARKER", 6, 0), 6);
	file_close(&opened);
	holds(file, "MARKER-of-a-secret-0123456789");
	assert_false(file_is_dirty(file));
	assert_int_equal(commit(file), 0);
	struct stat six = { .st_size = 6 };
	assert_int_equal(file_setattr(file, NULL, FILE_SET_SIZE, &six), 0);
	holds(file, "MARKER");
	assert_int_equal(files_with("MARKER"), 0);
	assert_int_equal(file_unlink(fixture.top, "env"), 0);
	holds(file, "MARKER");
	assert_int_equal(stat_of(file).st_nlink, 0);
	file_drop(file);
	assert_false(exists(fixture.top, "env"));
}

static void it_stays_while_nobody_looks(void **ctx)
{
	struct file *dir = make_dir(fixture.top, "d"), *file;

	(void)ctx;
	file_drop(save(dir, "env", marker));
	file_drop(dir);
	dir = find(fixture.top, "d");
	file = find(dir, "env");
	holds(file, marker);
	file_drop(file);
	assert_int_equal(file_settings_set(dir, "ttl", json_true()), 0);
	assert_int_equal(file_rmdir(fixture.top, "d"), -ENOTEMPTY);
	assert_int_equal(access(at("run/d/.settings"), F_OK), 0);
	file_drop(make_dir(fixture.top, "e"));
	assert_int_equal(
		file_rename(fixture.top, "e", fixture.top, "d", 0), -ENOTEMPTY);
	assert_int_equal(file_rename(fixture.top, "d", fixture.top, "e", 0), 0);
	file = find(dir, "env");
	holds(file, marker);
	file_drop(file);
	assert_int_equal(file_unlink(dir, "env"), 0);
	assert_int_equal(file_rmdir(fixture.top, "e"), 0);
	file_drop(dir);
}

static void it_is_gone_with_the_mount(void **ctx)
{
	struct file *kept;

	(void)ctx;
	file_drop(save(fixture.top, "env", marker));
	file_drop(save(fixture.top, "kept", "kept"));
	reload();
	assert_names(fixture.top, "kept");
	kept = find(fixture.top, "kept");
	holds(kept, "kept");
	file_drop(kept);
}

static void it_is_gone_with_its_tree(void **ctx)
{
	struct file *dir = make_dir(fixture.top, "d"), *file;

	(void)ctx;
	file = save(dir, "env", marker);
	file_drop(save(dir, "env2", marker));
	assert_int_equal(file_remove_tree(dir), 0);
	assert_names(dir, "");
	assert_int_equal(stat_of(file).st_nlink, 0);
	file_drop(file);
	file_drop(dir);
	files_sweep(fixture.fd);
}

static void its_mode_stays_the_owners(void **ctx)
{
	struct stat wanted = { .st_mode = 0755 };
	struct file *file = make(fixture.top, "env");

	(void)ctx;
	assert_int_equal(file_setattr(file, NULL, FILE_SET_MODE, &wanted), 0);
	assert_int_equal(stat_of(file).st_mode, S_IFREG | 0700);
	file_drop(file);
}

static void it_has_a_limit(void **ctx)
{
	struct file *file = make(fixture.top, "env"), *plain;
	struct stat st = { .st_size = (1 << 20) + 1 };
	struct file_opened opened;

	(void)ctx;
	assert_int_equal(file_open(file, O_RDWR, &opened), 0);
	assert_int_equal(file_write(&opened, "xy", 2, (1 << 20) - 1), -EFBIG);
	assert_int_equal(file_allocate(&opened, 0, 1, 1 << 20), -EFBIG);
	assert_int_equal(file_setattr(file, NULL, FILE_SET_SIZE, &st), -EFBIG);
	st.st_size = 1 << 20;
	assert_int_equal(file_setattr(file, NULL, FILE_SET_SIZE, &st), 0);
	file_close(&opened);
	file_drop(file);
	plain = make(fixture.top, "plain");
	st.st_size++;
	assert_int_equal(file_setattr(plain, NULL, FILE_SET_SIZE, &st), 0);
	assert_int_equal(
		file_rename(fixture.top, "plain", fixture.top, "env", 0),
		-EFBIG);
	assert_true(exists(fixture.top, "plain"));
	file_drop(plain);
}

/* What editors do: the new content under another name first. */
static void a_rename_takes_it_from_disk(void **ctx)
{
	struct file *file, *found, *other;
	struct file_opened opened;
	uint64_t number;

	(void)ctx;
	for (int i = 0; i < 3; i++) {
		file = save(fixture.top, "draft", marker);
		number = file->number;
		assert_int_equal(file_open(file, O_RDWR, &opened), 0);
		if (i)
			commit(file);
		assert_int_equal(files_with(marker), 1);
		assert_int_equal(file_rename(fixture.top, "draft", fixture.top,
					 "env", 0),
			0);
		assert_int_equal(files_with(marker), 0);
		assert_names(fixture.top, "env");
		found = find(fixture.top, "env");
		assert_ptr_equal(found, file);
		file_drop(found);
		assert_int_equal(stat_of(file).st_mode & 0777, 0600);
		assert_int_equal(lseek(opened.fd, 0, SEEK_CUR), 0);
		holds(file, marker);
		other = make(fixture.top, "other"); /* not of its number */
		assert_true(other->number != number);
		file_unlink(fixture.top, "other");
		file_drop(other);
		/* Who has it open writes to the same. */
		assert_int_equal(file_write(&opened, "MARK", 4, 0), 4);
		holds(file, "MARKer-of-a-secret-0123456789");
		file_close(&opened);
		assert_int_equal(files_with("MARKer"), 0);
		file_drop(file);
	}
	reload();
	assert_names(fixture.top, "");
}

static void a_link_takes_it_from_disk(void **ctx)
{
	struct file *file = save(fixture.top, "draft", marker);

	(void)ctx;
	assert_int_equal(file_link(file, fixture.top, "d2"), 0);
	commit(file);
	file_drop(file);
	reload();
	file = find(fixture.top, "draft");
	assert_int_equal(file_link(file, fixture.top, "env"), 0);
	assert_int_equal(files_with(marker), 0);
	holds(file, marker);
	assert_int_equal(stat_of(file).st_nlink, 3);
	assert_names(fixture.top, "d2 draft env");
	assert_int_equal(file_unlink(fixture.top, "draft"), 0);
	assert_names(fixture.top, "d2 env");
	file_drop(file);
}

static void a_commit_under_way_leaves_nothing(void **ctx)
{
	struct file *file = save(fixture.top, "draft", marker);
	struct file_commit *begun;
	int err;

	(void)ctx;
	begun = file_commit_begin(file, NULL, &err);
	assert_non_null(begun);
	assert_int_equal(
		file_rename(fixture.top, "draft", fixture.top, "env", 0), 0);
	assert_int_equal(file_commit_work(begun), 0);
	file_commit_end(begun);
	assert_int_equal(files_with(marker), 0);
	holds(file, marker);
	file_drop(file);
	reload();
	assert_names(fixture.top, "");
}

static void it_gets_no_other_name(void **ctx)
{
	struct file *top = fixture.top, *file = save(top, "env", marker),
		    *other = save(top, "other", "other"), *found;

	(void)ctx;
	assert_int_equal(file_rename(top, "env", top, "plain", 0), -EPERM);
	assert_int_equal(
		file_rename(top, "env", top, "other", RENAME_EXCHANGE), -EPERM);
	assert_int_equal(
		file_rename(top, "other", top, "env", RENAME_EXCHANGE), -EPERM);
	assert_int_equal(
		file_rename(top, "other", top, "env", RENAME_NOREPLACE),
		-EEXIST);
	assert_int_equal(file_link(file, top, "plain"), -EPERM);
	assert_int_equal(file_rename(top, "env", top, "env~", 0), 0);
	holds(file, marker);
	assert_int_equal(files_with(marker), 0);
	file_drop(save(top, "env", "new"));
	assert_int_equal(
		file_rename(top, "env", top, "env~", RENAME_EXCHANGE), 0);
	found = find(top, "env");
	assert_ptr_equal(found, file);
	file_drop(found);
	assert_int_equal(file_link(file, top, "env3"), 0);
	assert_int_equal(stat_of(file).st_nlink, 2);
	assert_int_equal(file_rename(top, "env", top, "env3", 0), 0);
	assert_int_equal(file_rename(top, "env~", top, "env3", 0), 0);
	assert_int_equal(file_rename(top, "none", top, "env3", 0), -ENOENT);
	assert_names(top, "env env3 other"); /* of one file both stayed */
	file_drop(file);
	file_drop(other);
	reload();
	assert_names(fixture.top, "other");
}

static void a_directory_is_none(void **ctx)
{
	struct file *dir = make_dir(fixture.top, "env"),
		    *file = save(fixture.top, "env.txt", marker);

	(void)ctx;
	assert_false(file_is_secret(dir));
	assert_int_equal(
		file_rename(fixture.top, "env", fixture.top, "env.txt", 0),
		-ENOTDIR);
	assert_int_equal(
		file_rename(fixture.top, "env.txt", fixture.top, "env", 0),
		-EISDIR);
	assert_int_equal(
		file_rename(fixture.top, "env", fixture.top, "plain", 0), 0);
	assert_int_equal(file_rmdir(fixture.top, "env.txt"), -ENOTDIR);
	assert_int_equal(file_rmdir(fixture.top, "plain"), 0);
	file_drop(dir);
	file_drop(file);
}

#define SECRET_TEST(name)                                                      \
	cmocka_unit_test_setup_teardown(name, setup, fixture_teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		SECRET_TEST(it_is_written_and_read_in_memory),
		SECRET_TEST(it_stays_while_nobody_looks),
		SECRET_TEST(it_is_gone_with_the_mount),
		SECRET_TEST(it_is_gone_with_its_tree),
		SECRET_TEST(its_mode_stays_the_owners),
		SECRET_TEST(it_has_a_limit),
		SECRET_TEST(a_rename_takes_it_from_disk),
		SECRET_TEST(a_link_takes_it_from_disk),
		SECRET_TEST(a_commit_under_way_leaves_nothing),
		SECRET_TEST(it_gets_no_other_name),
		SECRET_TEST(a_directory_is_none),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
