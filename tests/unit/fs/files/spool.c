/* SPDX-License-Identifier: MIT */
/* tests/unit/fs/files/spool.c - names and attributes of saved files, also after
 * a start */
#include "tests/unit/fs/files/spool_fixture.h"

#include <limits.h>
#include <sys/wait.h>

static char name_255[256], name_256[257];

static void names(void **ctx)
{
	static const struct {
		const char *what, *name;
		int err;
	} cases[] = {
		{ "plain", "a.py", 0 },
		{ "spaces", "a b  c ", 0 },
		{ "newline", "a\nb", 0 },
		{ "utf-8", "gr\xc3\xbc\xc3\x9f.py", 0 },
		{ "no utf-8", "\xff\xfe\x80", 0 },
		{ "the mapping's own code points", "\xf4\x8f\xbe\x80", 0 },
		{ "three dots", "...", 0 },
		{ "quotes", "\"'\\", 0 },
		{ "255 bytes", name_255, 0 },
		{ "256 bytes", name_256, -ENAMETOOLONG },
		{ "nothing", "", -EINVAL },
		{ "dot", ".", -EINVAL },
		{ "dot dot", "..", -EINVAL },
		{ "slash", "a/b", -EINVAL },
		{ "taken", "a.py", -EEXIST },
	};
	struct spool_inode *inode;
	int err;

	(void)ctx;
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		err = spool_create(fixture.spool, fixture.top, cases[i].name,
			0644, 1, 2, later(), &inode);
		if (err != cases[i].err)
			fail_msg("%s: %d", cases[i].what, err);
		reload_same(cases[i].what);
		if (!err)
			assert_non_null(spool_find(fixture.top, cases[i].name));
	}
}

static void refusals(void **ctx)
{
	struct spool_inode *dir, *file, *removed, *inode;
	char *target = calloc(1, PATH_MAX + 1);
	struct spool *spool = fixture.spool;
	struct spool_inode *top = fixture.top;

	(void)ctx;
	dir = make(top, "dir", S_IFDIR | 0755);
	file = make(top, "file", S_IFREG | 0644);
	removed = make(top, "removed", S_IFDIR | 0755);
	make(dir, "inner", S_IFREG | 0644);
	spool_hold(removed);
	assert_int_equal(spool_rmdir(spool, top, "removed", later()), 0);
	memset(target, 'x', PATH_MAX);

#define REFUSED(errno, call) assert_int_equal(call, -errno)
	REFUSED(ENOTDIR,
		spool_create(spool, file, "x", 0644, 0, 0, later(), &inode));
	REFUSED(ENOENT,
		spool_create(spool, removed, "x", 0644, 0, 0, later(), &inode));
	REFUSED(EPERM,
		spool_create(spool, top, "x", S_IFIFO | 0644, 0, 0, later(),
			&inode));
	REFUSED(ENOENT,
		spool_symlink(spool, top, "x", "", 0, 0, later(), &inode));
	REFUSED(ENAMETOOLONG,
		spool_symlink(spool, top, "x", target, 0, 0, later(), &inode));
	REFUSED(EEXIST,
		spool_symlink(spool, top, "file", "t", 0, 0, later(), &inode));
	REFUSED(EPERM, spool_link(spool, dir, top, "x", later()));
	REFUSED(EEXIST, spool_link(spool, file, top, "dir", later()));
	REFUSED(ENOENT, spool_unlink(spool, top, "none", later()));
	REFUSED(ENOTDIR, spool_unlink(spool, file, "none", later()));
	REFUSED(EISDIR, spool_unlink(spool, top, "dir", later()));
	REFUSED(ENOENT, spool_rmdir(spool, top, "none", later()));
	REFUSED(ENOTDIR, spool_rmdir(spool, file, "none", later()));
	REFUSED(ENOTDIR, spool_rmdir(spool, top, "file", later()));
	REFUSED(ENOTEMPTY, spool_rmdir(spool, top, "dir", later()));
	REFUSED(EISDIR, spool_truncate(spool, dir, 1, later()));
	REFUSED(EISDIR, (int)spool_write(spool, dir, "x", 1, 0, later()));
	REFUSED(EISDIR, (int)spool_read(dir, target, 1, 0));
#undef REFUSED
	spool_drop(spool, removed);
	free(target);
	reload_same("refusals");
}

static void operations_reload(void **ctx)
{
	struct spool_inode *dir, *file, *link;
	struct stat st = { .st_mode = 0400, .st_uid = 7, .st_gid = 8 };

	(void)ctx;
	make(fixture.top, "dir", S_IFDIR | 01777);
	reload_same("mkdir");
	save(spool_find(fixture.top, "dir"), "file.py", "print(1)\n");
	reload_same("save");
	dir = spool_find(fixture.top, "dir");
	file = spool_find(dir, "file.py");
	assert_int_equal(spool_symlink(fixture.spool, dir, "link", "../x y", 1,
				 2, later(), &link),
		0);
	assert_int_equal(link->size, 6);
	reload_same("symlink");
	dir = spool_find(fixture.top, "dir");
	file = spool_find(dir, "file.py");
	assert_int_equal(spool_link(fixture.spool, file, fixture.top, "hard.py",
				 later()),
		0);
	assert_int_equal(file->nlink, 2);
	reload_same("link");
	file = spool_find(fixture.top, "hard.py");
	st.st_atim = (struct timespec){ -5, 999999999 };
	st.st_mtim = (struct timespec){ 1, 2 };
	assert_int_equal(
		spool_setattr(fixture.spool, file, 31, &st, later()), 0);
	assert_int_equal(file->mode, S_IFREG | 0400);
	assert_int_equal(file->uid, 7);
	assert_int_equal(file->mtime.tv_nsec, 2);
	reload_same("setattr");
	file = spool_find(fixture.top, "hard.py");
	assert_int_equal(file->atime.tv_sec, -5);
	save(fixture.top, "hard.py", "print(2)\n");
	reload_same("save again");
	dir = spool_find(fixture.top, "dir");
	holds(spool_find(dir, "file.py"), "print(2)\n");
	assert_int_equal(
		spool_unlink(fixture.spool, fixture.top, "hard.py", later()),
		0);
	reload_same("unlink of one link");
	dir = spool_find(fixture.top, "dir");
	assert_int_equal(
		spool_unlink(fixture.spool, dir, "file.py", later()), 0);
	reload_same("unlink of the last");
	dir = spool_find(fixture.top, "dir");
	assert_int_equal(spool_unlink(fixture.spool, dir, "link", later()), 0);
	assert_int_equal(
		spool_rmdir(fixture.spool, fixture.top, "dir", later()), 0);
	reload_same("rmdir");
	assert_int_equal(spool_count(fixture.top), 0);
	assert_int_equal(state_count("data"), 0);
	assert_int_equal(state_count("json"), 1);
	assert_int_equal(state_count("next"), 1); /* of run/, since touched */
}

static void directory_times_move(void **ctx)
{
	struct spool_inode *top = fixture.top;
	struct timespec before = top->mtime;

	(void)ctx;
	make(top, "a", S_IFREG | 0644);
	assert_true(top->mtime.tv_sec > before.tv_sec);
	before = top->mtime;
	spool_write(fixture.spool, spool_find(top, "a"), "x", 1, 0, later());
	assert_memory_equal(&top->mtime, &before, sizeof(before));
	spool_unlink(fixture.spool, top, "a", later());
	assert_true(top->mtime.tv_sec > before.tv_sec);
	assert_memory_equal(&top->mtime, &top->ctime, sizeof(before));
	reload_same("unlink");
}

static void settings_and_tops(void **ctx)
{
	struct spool_inode *one, *two;
	const char *file;
	struct spool_inode *dir;

	(void)ctx;
	two = spool_top(fixture.spool, "services/\xff x/run", 0, 0, later());
	one = spool_top(fixture.spool, "jobs/new", 0, 0, later());
	assert_ptr_equal(
		spool_top(fixture.spool, "jobs/new", 9, 9, later()), one);
	two->settings = json_pack(
		"{s:i, s:{s:s, s:s}}", "ttl", 5, "env", "B", "1", "A", "2");
	assert_int_equal(spool_record(fixture.spool, two), 0);
	dir = make(two, "d", S_IFDIR | 0755);
	make(dir, "f", S_IFREG | 0644);
	assert_ptr_equal(dir->top, two);
	reload_same("tops");
	two = spool_top(fixture.spool, "services/\xff x/run", 0, 0, later());
	assert_string_equal(json_object_iter_key(json_object_iter(
				    json_object_get(two->settings, "env"))),
		"B");
	dir = spool_find(two, "d");
	spool_link(fixture.spool, spool_find(dir, "f"), fixture.top, "kept",
		later());
	spool_hold(dir);
	spool_drop_top(fixture.spool, two);
	assert_int_equal(dir->nlink, 0);
	assert_int_equal(fixture.gone, 1);
	spool_drop(fixture.spool, dir);
	assert_int_equal(fixture.gone, 2);
	reload_same("drop_top");
	assert_true(
		spool_link_at(spool_find(fixture.top, "kept"), 0, &dir, &file));
	assert_ptr_equal(dir, fixture.top);
	assert_string_equal(file, "kept");
	assert_false(
		spool_link_at(spool_find(fixture.top, "kept"), 1, &dir, &file));
}

static void numbers_are_never_used_again(void **ctx)
{
	uint64_t number, ino;
	struct spool_inode *inode;

	(void)ctx;
	inode = make(fixture.top, "a", S_IFREG | 0644);
	number = inode->number;
	ino = inode->ino;
	assert_true(ino > UINT32_MAX && ino < (UINT64_C(1) << 63));
	assert_ptr_equal(spool_by_ino(fixture.spool, ino), inode);
	assert_ptr_equal(spool_by_number(fixture.spool, number), inode);
	spool_unlink(fixture.spool, fixture.top, "a", later());
	assert_null(spool_by_ino(fixture.spool, ino));
	assert_null(spool_by_number(fixture.spool, number));
	reload_same("unlink");
	inode = make(fixture.top, "b", S_IFREG | 0644);
	assert_int_equal(inode->number, number + 1);
}

/* Nor after a kill, when the newest of them had been removed. */
static void numbers_outlive_a_kill(void **ctx)
{
	uint64_t number = 0;
	int status, told[2];
	pid_t pid;

	(void)ctx;
	fixture_close();
	assert_int_equal(pipe(told), 0);
	pid = fork();
	if (pid == 0) {
		fixture_open();
		for (int i = 0; i < 1100; i++) {
			number = make(fixture.top, "a", S_IFREG | 0644)->number;
			spool_unlink(fixture.spool, fixture.top, "a", later());
		}
		_exit(write(told[1], &number, sizeof(number)) !=
			sizeof(number));
	}
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_int_equal(status, 0);
	assert_int_equal(
		read(told[0], &number, sizeof(number)), sizeof(number));
	close(told[0]);
	close(told[1]);
	fixture_open();
	assert_true(make(fixture.top, "b", S_IFREG | 0644)->number > number);
}

static void held_inode_outlives_its_name(void **ctx)
{
	struct spool_inode *inode = save(fixture.top, "a", "old");
	uint64_t ino = inode->ino;

	(void)ctx;
	spool_hold(inode);
	spool_hold(inode);
	spool_unlink(fixture.spool, fixture.top, "a", later());
	assert_null(spool_find(fixture.top, "a"));
	holds(inode, "old");
	put(inode, "new content");
	holds(inode, "new content");
	commit(inode);
	spool_drop(fixture.spool, inode);
	assert_int_equal(fixture.gone, 0);
	assert_ptr_equal(spool_by_ino(fixture.spool, ino), inode);
	spool_drop(fixture.spool, inode);
	assert_int_equal(fixture.gone, 1);
	assert_null(spool_by_ino(fixture.spool, ino));
	assert_int_equal(state_count("data") + state_count("work"), 0);
	reload_same("drop");
}

/* A listing that goes on while what it has shown is removed. */
static void listing_goes_on(void **ctx)
{
	struct spool_inode *inode;
	uint64_t cookie = 0;
	char name[32], shown[32];
	const char *next;
	unsigned seen = 0;

	(void)ctx;
	for (int i = 0; i < 100; i++) {
		snprintf(name, sizeof(name), "f%d", i);
		make(fixture.top, name, S_IFREG | 0644);
	}
	while (spool_entry_after(fixture.top, cookie, &cookie, &next, &inode)) {
		snprintf(shown, sizeof(shown), "%s", next);
		snprintf(name, sizeof(name), "f%u", seen++);
		assert_string_equal(shown, name);
		spool_unlink(fixture.spool, fixture.top, shown, later());
	}
	assert_int_equal(seen, 100);
	assert_int_equal(spool_count(fixture.top), 0);
}

static double seconds(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (double)now.tv_sec + (double)now.tv_nsec / 1e9;
}

static void ten_thousand_entries(void **ctx)
{
	struct spool_inode *inode;
	double start = seconds();
	const char *name;
	char made[32];
	size_t i;

	(void)ctx;
	for (i = 0; i < 10000; i++) {
		snprintf(made, sizeof(made), "file%zu.py", i);
		make(fixture.top, made, S_IFREG | 0644);
	}
	print_message("made 10000 in %.2f s\n", seconds() - start);
	start = seconds();
	fixture_close();
	fixture_open();
	print_message("loaded 10000 in %.2f s\n", seconds() - start);
	start = seconds();
	for (i = 0; spool_entry(fixture.top, i, &name, &inode); i++) {
		snprintf(made, sizeof(made), "file%zu.py", i);
		assert_string_equal(name, made);
		assert_ptr_equal(spool_find(fixture.top, made), inode);
	}
	assert_int_equal(i, 10000);
	print_message("listed 10000 in %.4f s\n", seconds() - start);
	start = seconds();
	while (i--) {
		snprintf(
			made, sizeof(made), "file%zu.py", i % 2 ? i : 9998 - i);
		spool_unlink(fixture.spool, fixture.top, made, later());
	}
	print_message("removed 10000 in %.2f s\n", seconds() - start);
	assert_int_equal(spool_count(fixture.top), 0);
}

/* Nothing limits how deep people nest directories. */
static void deep_tree(void **ctx)
{
	struct spool_inode *dir = fixture.top, *other;

	(void)ctx;
	for (int i = 0; i < 3000; i++)
		dir = make(dir, "d", S_IFDIR | 0755);
	save(dir, "leaf", "deep");
	other = spool_top(fixture.spool, "other", 0, 0, later());
	assert_int_equal(spool_rename(fixture.spool, fixture.top, "d", other,
				 "d", 0, later()),
		0);
	assert_ptr_equal(dir->top, other);
	fixture_close();
	fixture_open();
	assert_string_equal(fixture.complaints, "");
	dir = spool_top(fixture.spool, "other", 0, 0, later());
	other = dir;
	while (spool_find(dir, "d"))
		dir = spool_find(dir, "d");
	assert_ptr_equal(dir->top, other);
	holds(spool_find(dir, "leaf"), "deep");
	spool_drop_top(fixture.spool, other);
	assert_int_equal(state_count("data"), 0);
	reload_same("drop_top");
}

int main(void)
{
#define CASE(test)                                                             \
	cmocka_unit_test_setup_teardown(test, fixture_setup, fixture_teardown)
	const struct CMUnitTest tests[] = {
		CASE(names),
		CASE(refusals),
		CASE(operations_reload),
		CASE(directory_times_move),
		CASE(settings_and_tops),
		CASE(numbers_are_never_used_again),
		CASE(numbers_outlive_a_kill),
		CASE(held_inode_outlives_its_name),
		CASE(listing_goes_on),
		CASE(ten_thousand_entries),
		CASE(deep_tree),
	};

	memset(name_255, 'n', 255);
	memset(name_256, 'n', 256);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
