/* SPDX-License-Identifier: MIT */
/* tests/unit/fs/files/names.c - creating, removing and renaming backing files
 */
#include "tests/unit/fs/files/fixture.h"

static void names_are_any_bytes(void **ctx)
{
	static const char *const cases[] = { "a", "..a", "...", " ", "\n",
		"caf\xe9\xff", "%2e", "-rf", "\t\x1b[31m", "日本語" };
	char long_name[257];

	(void)ctx;
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		struct file *file = save(fixture.top, cases[i], cases[i]);
		file_drop(file);
		file = find(fixture.top, cases[i]);
		assert_non_null(file);
		holds(file, cases[i]);
		file_drop(file);
		assert_int_equal(file_unlink(fixture.top, cases[i]), 0);
	}
	memset(long_name, 'n', sizeof(long_name));
	long_name[256] = '\0';
	struct file *file;
	assert_int_equal(file_create(fixture.top, long_name, 0644, O_RDWR,
				 &fixture.caller, NULL, &file),
		-ENAMETOOLONG);
	long_name[255] = '\0';
	file_drop(make(fixture.top, long_name));
	assert_true(exists(fixture.top, long_name));
}

static void errors_of_the_disk_are_returned(void **ctx)
{
	struct file *top = fixture.top, *out, *dir = make_dir(top, "d"),
		    *file = make(top, "f"), *inside = make(dir, "in");
	const struct file_caller *caller = &fixture.caller;
	char target[5000];

	(void)ctx;
	memset(target, 't', sizeof(target));
	target[sizeof(target) - 1] = '\0';
	struct {
		int got, expected;
	} cases[] = {
		{ file_mkdir(top, "f", 0755, caller, &out), -EEXIST },
		{ file_mkdir(file, "x", 0755, caller, &out), -ENOTDIR },
		{ file_create(top, "d", 0644, O_RDWR, caller, NULL, &out),
			-EEXIST },
		{ file_symlink(top, "f", "t", caller, &out), -EEXIST },
		{ file_symlink(top, "x", "", caller, &out), -ENOENT },
		{ file_symlink(top, "x", target, caller, &out), -ENAMETOOLONG },
		{ file_link(dir, top, "x"), -EPERM },
		{ file_link(file, top, "d"), -EEXIST },
		{ file_unlink(top, "none"), -ENOENT },
		{ file_unlink(top, "d"), -EISDIR },
		{ file_unlink(file, "x"), -ENOTDIR },
		{ file_rmdir(top, "none"), -ENOENT },
		{ file_rmdir(top, "f"), -ENOTDIR },
		{ file_rmdir(top, "d"), -ENOTEMPTY },
		{ file_lookup(top, "none", &out), -ENOENT },
		{ file_lookup(file, "x", &out), -ENOTDIR },
		{ file_open(dir, O_RDONLY, NULL), -EISDIR },
		{ file_setattr(dir, NULL, FILE_SET_SIZE,
			  &(struct stat){ .st_size = 1 }),
			-EISDIR },
	};
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++)
		if (cases[i].got != cases[i].expected)
			fail_msg("case %zu: %d, not %d", i, cases[i].got,
				cases[i].expected);
	assert_names(top, "d/ f");
	file_drop(dir);
	file_drop(file);
	file_drop(inside);
}

static void numbers_stay(void **ctx)
{
	struct file *dir = make_dir(fixture.top, "d"), *file = make(dir, "f");
	uint64_t top = fixture.top->ino, dir_ino = dir->ino, ino = file->ino;

	(void)ctx;
	assert_true(ino > UINT64_C(1) << 61 && ino < UINT64_C(1) << 63);
	assert_true(stat_of(file).st_ino == ino);
	assert_ptr_equal(file_by_ino(fixture.files, ino), file);
	file_drop(dir);
	file_drop(file);
	assert_null(file_by_ino(fixture.files, ino));
	reload();
	assert_true(fixture.top->ino == top);
	dir = find(fixture.top, "d");
	file = find(dir, "f");
	assert_true(dir->ino == dir_ino && file->ino == ino);
	assert_true(top != dir_ino);
	file_drop(dir);
	file_drop(file);
}

static void the_kernels_references_are_counted(void **ctx)
{
	struct file *file = make(fixture.top, "f");
	uint64_t ino = file->ino;

	(void)ctx;
	file_known(file);
	file_known(file);
	file_drop(file);
	assert_ptr_equal(file_by_ino(fixture.files, ino), file);
	file_forget(file, 1);
	assert_ptr_equal(file_by_ino(fixture.files, ino), file);
	file->generation++; /* may still be saved under another name */
	file_forget(file, 1);
	assert_ptr_equal(file_by_ino(fixture.files, ino), file);
	file_hold(file);
	file->sent = file->generation;
	file_drop(file);
	assert_null(file_by_ino(fixture.files, ino));
}

static void a_top_is_made_when_something_is_saved(void **ctx)
{
	struct file *top = files_top(fixture.files, "services/ID/run"), *file;
	struct stat st;

	(void)ctx;
	assert_ptr_equal(top, files_top(fixture.files, "services/ID/run"));
	file_drop(top);
	assert_int_equal(stat_of(top).st_mode, S_IFDIR | 0755);
	assert_names(top, "");
	assert_false(exists(top, "x"));
	assert_int_equal(file_unlink(top, "x"), -ENOENT);
	assert_null(file_settings(top));
	assert_int_equal(stat(at("services"), &st), -1);
	file = save(top, "x", "content");
	assert_int_equal(stat(at("services/ID/run/x"), &st), 0);
	assert_int_equal(commit(file), 0);
	assert_string_equal(file_top_key(top), "services/ID/run");
	file_drop(file);
	file_drop(top);
	for (int i = 0; i < 2; i++) {
		static const char *const keys[][2] = {
			{ "jobs/new", "jobs-new/a" },
			{ "drafts/7", "drafts/7/a" },
		};
		top = files_top(fixture.files, keys[i][0]);
		file_drop(make(top, "a"));
		assert_int_equal(stat(at(keys[i][1]), &st), 0);
		file_drop(top);
	}
}

/* These calls once crashed the daemon. */
static void a_removed_directory_that_is_open(void **ctx)
{
	struct file *dir = make_dir(fixture.top, "d"), *out,
		    *file = make(fixture.top, "f");
	const struct file_caller *caller = &fixture.caller;

	(void)ctx;
	assert_int_equal(file_rmdir(fixture.top, "d"), 0);
	assert_int_equal(stat_of(dir).st_nlink, 0);
	assert_null(file_parent(dir));
	assert_null(file_top_key(dir));
	assert_int_equal(
		file_create(dir, "x", 0644, O_RDWR, caller, NULL, &out),
		-ENOENT);
	assert_int_equal(file_mkdir(dir, "x", 0755, caller, &out), -ENOENT);
	assert_int_equal(file_symlink(dir, "x", "t", caller, &out), -ENOENT);
	assert_int_equal(file_link(file, dir, "x"), -ENOENT);
	assert_int_equal(file_lookup(dir, "x", &out), -ENOENT);
	assert_int_equal(file_unlink(dir, "x"), -ENOENT);
	assert_int_equal(file_rmdir(dir, "x"), -ENOENT);
	assert_int_equal(file_rename(fixture.top, "f", dir, "x", 0), -ENOENT);
	assert_int_equal(file_rename(dir, "x", fixture.top, "f", 0), -ENOENT);
	assert_int_equal(file_settings_set(dir, "a", json_true()), -ENOENT);
	assert_int_equal(commit(dir), 0);
	assert_names(dir, "");
	file_drop(dir);
	file_drop(file);
}

static void a_file_that_is_unlinked_while_held(void **ctx)
{
	struct file *file = save(fixture.top, "f", "content"), *other;
	uint64_t number = file->number;
	struct stat mode = { .st_mode = 0600 };

	(void)ctx;
	assert_int_equal(file_unlink(fixture.top, "f"), 0);
	assert_int_equal(fixture.gone_count, 1);
	assert_true(fixture.gone[0] == number);
	assert_int_equal(stat_of(file).st_nlink, 0);
	other = make(fixture.top, "f");
	assert_true(other->number != number);
	holds(file, "content");
	put(file, "more");
	holds(file, "more");
	holds(other, "");
	assert_int_equal(file_setattr(file, NULL, FILE_SET_MODE, &mode), 0);
	assert_int_equal(file_link(file, fixture.top, "again"), -ENOENT);
	file_drop(file);
	file_drop(other);
	assert_null(file_by_ino(fixture.files, number));
}

static void hard_links(void **ctx)
{
	struct file *file = save(fixture.top, "a", "text"), *dir, *in;
	const char *name;

	(void)ctx;
	dir = make_dir(fixture.top, "d");
	assert_int_equal(file_link(file, dir, "b"), 0);
	assert_int_equal(stat_of(file).st_nlink, 2);
	assert_true(file_place(file, 1, &in, &name));
	assert_ptr_equal(in, dir);
	assert_string_equal(name, "b");
	assert_false(file_place(file, 2, &in, &name));
	assert_int_equal(file_unlink(fixture.top, "a"), 0);
	assert_int_equal(fixture.gone_count, 0);
	holds(file, "text");
	assert_int_equal(file_unlink(dir, "b"), 0);
	assert_int_equal(fixture.gone_count, 1);
	file_drop(file);
	file_drop(dir);
}

/* After a start not all names are known. */
static void names_that_nobody_looked_up(void **ctx)
{
	struct file *file = save(fixture.top, "a", "text"), *in;
	const char *name;

	(void)ctx;
	assert_int_equal(file_link(file, fixture.top, "b"), 0);
	assert_int_equal(file_link(file, fixture.top, "c"), 0);
	reload();
	file = find(fixture.top, "b");
	assert_false(file_place(file, 1, &in, &name));
	assert_int_equal(file_find_places(file), 0);
	assert_true(file_place(file, 2, &in, &name));
	assert_int_equal(file_find_places(file), 0);
	assert_false(file_place(file, 3, &in, &name));
	file_drop(file);
	reload();
	file = find(fixture.top, "b");
	assert_int_equal(file_unlink(fixture.top, "b"), 0);
	holds(file, "text"); /* there are other names */
	assert_int_equal(stat_of(file).st_nlink, 2);
	assert_int_equal(fixture.gone_count, 0);
	file_drop(file);
}

static void symlinks(void **ctx)
{
	struct file *link, *out;
	char *target;

	(void)ctx;
	assert_int_equal(file_symlink(fixture.top, "l", "../x y",
				 &fixture.caller, &link),
		0);
	assert_int_equal(file_readlink(link, &target), 0);
	assert_string_equal(target, "../x y");
	free(target);
	assert_int_equal(stat_of(link).st_size, 6);
	assert_int_equal(file_open(link, O_RDONLY, NULL), -ELOOP);
	assert_int_equal(file_unlink(fixture.top, "l"), 0);
	assert_int_equal(file_readlink(link, &target), 0);
	free(target);
	file_drop(link);
	/* Symlinks out of the directory are not followed. */
	assert_int_equal(symlink("/", at("run/out")), 0);
	link = find(fixture.top, "out");
	assert_int_equal(link->type, S_IFLNK);
	assert_int_equal(file_lookup(link, "etc", &out), -ENOTDIR);
	file_drop(link);
}

static void what_is_hidden_or_not_shown(void **ctx)
{
	struct file *file;

	(void)ctx;
	file_drop(make(fixture.top, "a"));
	assert_int_equal(
		file_settings_set(fixture.top, "ttl", json_integer(5)), 0);
	assert_int_equal(mkfifo(at("run/fifo"), 0600), 0);
	assert_names(fixture.top, "a");
	assert_int_equal(file_lookup(fixture.top, ".settings", &file), -ENOENT);
	assert_int_equal(file_lookup(fixture.top, "fifo", &file), -ENOENT);
	assert_int_equal(file_unlink(fixture.top, ".settings"), -ENOENT);
	assert_int_equal(
		file_rename(fixture.top, ".settings", fixture.top, "b", 0),
		-ENOENT);
}

static void a_directory_with_settings_alone_is_empty(void **ctx)
{
	struct file *dir = make_dir(fixture.top, "d"), *other;

	(void)ctx;
	file_settings_set(dir, "ttl", json_integer(5));
	file_drop(make(dir, "f"));
	assert_int_equal(file_rmdir(fixture.top, "d"), -ENOTEMPTY);
	assert_int_equal(
		json_integer_value(json_object_get(file_settings(dir), "ttl")),
		5);
	file_unlink(dir, "f");
	other = make_dir(fixture.top, "other");
	assert_int_equal(
		file_rename(fixture.top, "other", fixture.top, "d", 0), 0);
	file_drop(dir);
	dir = find(fixture.top, "d");
	assert_ptr_equal(dir, other);
	assert_null(file_settings(dir));
	file_settings_set(dir, "ttl", json_integer(6));
	assert_int_equal(file_rmdir(fixture.top, "d"), 0);
	file_drop(dir);
	file_drop(other);
}

static void settings_move_with_the_directory(void **ctx)
{
	struct file *dir = make_dir(fixture.top, "d");

	(void)ctx;
	file_settings_set(dir, "ttl", json_integer(5));
	file_settings_set(dir, "a", json_true());
	file_settings_set(dir, "a", NULL);
	commit(dir);
	assert_int_equal(file_rename(fixture.top, "d", fixture.top, "e", 0), 0);
	file_drop(dir);
	reload();
	dir = find(fixture.top, "e");
	assert_int_equal(json_object_size(file_settings(dir)), 1);
	assert_int_equal(
		json_integer_value(json_object_get(file_settings(dir), "ttl")),
		5);
	file_drop(dir);
	reload();
	int fd = open(at("run/e/.settings"), O_WRONLY | O_TRUNC);
	assert_int_equal(write(fd, "[1]", 3), 3);
	close(fd);
	dir = find(fixture.top, "e");
	assert_null(file_settings(dir)); /* damaged: nothing is set */
	assert_int_equal(file_settings_set(dir, "ttl", json_integer(7)), 0);
	file_drop(dir);
}

static void deep_and_many_directories(void **ctx)
{
	struct file *dir = fixture.top, *next, *all[600];
	int before = descriptors();
	char name[16];

	(void)ctx;
	for (int i = 0; i < 600; i++) {
		next = make_dir(dir, "d");
		all[i] = next;
		dir = next;
	}
	file_drop(save(dir, "f", "deep"));
	assert_true(descriptors() < before + 300);
	for (int i = 0; i < 600; i += 7) {
		next = find(all[i], "d");
		assert_ptr_equal(next, i < 599 ? all[i + 1] : NULL);
		file_drop(next);
	}
	assert_int_equal(file_rename(all[598], "d", fixture.top, "up", 0), 0);
	next = find(all[599], "f");
	holds(next, "deep");
	file_drop(next);
	for (int i = 0; i < 600; i++)
		file_drop(all[i]);
	for (int i = 0; i < 400; i++) {
		snprintf(name, sizeof(name), "wide%d", i);
		dir = make_dir(fixture.top, name);
		file_drop(save(dir, "f", name));
		file_drop(dir);
	}
	dir = find(fixture.top, "wide7");
	next = find(dir, "f");
	holds(next, "wide7");
	file_drop(next);
	file_drop(dir);
	next = find(fixture.top, "d");
	assert_int_equal(file_remove_tree(next), 0);
	file_drop(next);
	files_sweep(fixture.fd);
	assert_int_equal(rmdir(at("removed")), 0);
}

/* ---- renames ---- */

static void renames(void **ctx)
{
	struct file *top = fixture.top, *a = save(top, "a", "a"),
		    *b = save(top, "b", "b"), *dir = make_dir(top, "d");
	uint64_t b_number = b->number;
	const char *name;
	struct file *in;

	(void)ctx;
	assert_int_equal(
		file_rename(top, "a", top, "b", RENAME_NOREPLACE), -EEXIST);
	assert_int_equal(
		file_rename(top, "a", top, "c", RENAME_EXCHANGE), -ENOENT);
	assert_int_equal(
		file_rename(top, "a", top, "c", RENAME_WHITEOUT), -EINVAL);
	assert_int_equal(file_rename(top, "a", top, "d", 0), -EISDIR);
	assert_int_equal(file_rename(top, "d", top, "a", 0), -ENOTDIR);
	assert_int_equal(file_rename(top, "d", dir, "in", 0), -EINVAL);
	assert_int_equal(file_rename(top, "none", top, "x", 0), -ENOENT);
	assert_int_equal(file_rename(top, "a", top, "b", 0), 0);
	assert_true(fixture.gone[0] == b_number && fixture.gone_count == 1);
	holds(b, "b");
	assert_int_equal(stat_of(b).st_nlink, 0);
	assert_int_equal(file_rename(top, "b", dir, "c", 0), 0);
	assert_true(file_place(a, 0, &in, &name));
	assert_ptr_equal(in, dir);
	assert_string_equal(name, "c");
	assert_false(file_place(a, 1, &in, &name));
	holds(a, "a");
	assert_names(top, "d/");
	assert_int_equal(file_rename(top, "d", top, "e", 0), 0);
	holds(a, "a");
	file_drop(a);
	file_drop(b);
	file_drop(dir);
}

static void an_exchange(void **ctx)
{
	struct file *top = fixture.top, *dir = make_dir(top, "d"),
		    *a = save(top, "a", "a"), *b = save(dir, "b", "b");

	(void)ctx;
	assert_int_equal(file_rename(top, "a", dir, "b", RENAME_EXCHANGE), 0);
	holds(a, "a");
	holds(b, "b");
	assert_ptr_equal(find(top, "a"), b);
	assert_ptr_equal(find(dir, "b"), a);
	file_drop(a);
	file_drop(b);
	/* A file and a directory that has a file. */
	struct file *sub = make_dir(dir, "sub"), *deep = save(sub, "x", "x");
	assert_int_equal(file_rename(top, "a", dir, "sub", RENAME_EXCHANGE), 0);
	assert_ptr_equal(file_parent(sub), top);
	holds(deep, "x");
	holds(b, "b");
	assert_int_equal(fixture.gone_count, 0);
	file_drop(deep);
	file_drop(sub);
	file_drop(a);
	file_drop(b);
	file_drop(dir);
}

static void two_names_of_one_file(void **ctx)
{
	struct file *a = save(fixture.top, "a", "a");

	(void)ctx;
	file_link(a, fixture.top, "b");
	assert_int_equal(file_rename(fixture.top, "a", fixture.top, "b", 0), 0);
	assert_names(fixture.top, "a b");
	assert_int_equal(fixture.gone_count, 0);
	holds(a, "a");
	file_drop(a);
}

static void a_directory_onto_another(void **ctx)
{
	struct file *top = fixture.top, *a = make_dir(top, "a"),
		    *b = make_dir(top, "b"), *file = make(b, "f");

	(void)ctx;
	file_drop(file);
	assert_int_equal(file_rename(top, "a", top, "b", 0), -ENOTEMPTY);
	file_unlink(b, "f");
	assert_int_equal(file_rename(top, "a", top, "b", 0), 0);
	assert_int_equal(stat_of(b).st_nlink, 0);
	assert_ptr_equal(file_parent(a), top);
	assert_int_equal(
		file_create(b, "x", 0644, O_RDWR, &fixture.caller, NULL, &file),
		-ENOENT);
	file_drop(make(a, "x"));
	file_drop(a);
	file_drop(b);
}

/* ---- trees ---- */

static void a_tree_is_removed(void **ctx)
{
	struct file *top = fixture.top, *dir = make_dir(top, "d"),
		    *sub = make_dir(dir, "sub"), *file = save(sub, "f", "f"),
		    *kept = save(sub, "kept", "kept"), *out;

	(void)ctx;
	assert_int_equal(file_link(kept, top, "kept"), 0);
	assert_int_equal(file_remove_tree(dir), 0);
	assert_names(top, "kept");
	assert_int_equal(fixture.gone_count, 1);
	assert_true(fixture.gone[0] == file->number);
	assert_int_equal(stat_of(dir).st_nlink, 0);
	assert_int_equal(stat_of(sub).st_nlink, 0);
	assert_int_equal(file_create(sub, "x", 0644, O_RDWR, &fixture.caller,
				 NULL, &out),
		-ENOENT);
	assert_int_equal(file_lookup(dir, "sub", &out), -ENOENT);
	files_sweep(fixture.fd);
	assert_int_equal(rmdir(at("removed")), 0);
	file_unlink(top, "kept");
	assert_int_equal(fixture.gone_count, 2);
	assert_int_equal(file_remove_tree(dir), 0);
	file_drop(kept);
	file_drop(file);
	file_drop(sub);
	file_drop(dir);
}

static void a_top_is_removed(void **ctx)
{
	struct file *top = files_top(fixture.files, "services/ID/run"), *again,
		    *file = save(top, "f", "f");

	(void)ctx;
	assert_int_equal(file_remove_tree(top), 0);
	assert_null(file_top_key(top));
	/* The held top stays open, so that its inode number is not reused. */
	files_sweep(fixture.fd);
	assert_int_equal(stat_of(file).st_nlink, 0);
	again = files_top(fixture.files, "services/ID/run");
	assert_ptr_not_equal(again, top);
	assert_names(again, "");
	file_drop(make(again, "g"));
	assert_names(again, "g");
	files_sweep(fixture.fd);
	file_drop(file);
	file_drop(top);
	file_drop(again);
	top = files_top(fixture.files, "sessions/none/run");
	assert_int_equal(file_remove_tree(top), 0);
	file_drop(top);
}

static void walk_each(void *ctx, const struct file_found *found)
{
	uint64_t *sum = ctx;
	struct file *file = file_by_number(fixture.files, found->number);

	*sum += found->number;
	if (file)
		assert_true(file_found_born(found) == file_born(file));
}

static void a_start_walks_them_all(void **ctx)
{
	static const char *const keys[] = { "run", "jobs/new", "services/a/run",
		"services/b/run", "sessions/c/run" };
	uint64_t expected = 0, sum = 0;
	struct stat st;

	(void)ctx;
	for (size_t i = 0; i < sizeof(keys) / sizeof(*keys); i++) {
		struct file *top = files_top(fixture.files, keys[i]);
		struct file *dir = make_dir(top, "d"), *file = make(dir, "f");
		expected += file->number;
		file_drop(file);
		file_drop(dir);
		file_drop(top);
	}
	fixture.options.top_mode = 0700;
	reload();
	assert_int_equal(files_walk(fixture.files, walk_each, &sum), 0);
	assert_true(sum == expected);
	assert_int_equal(stat(at("services/b/run"), &st), 0);
	assert_int_equal(st.st_mode & 07777, 0700);
}

/* Changes that others make in the backing directory are noticed. */
static void changes_from_outside(void **ctx)
{
	struct file *dir = make_dir(fixture.top, "d"),
		    *file = save(dir, "f", "f"), *out;
	struct stat st;

	(void)ctx;
	assert_int_equal(unlink(at("run/d/f")), 0);
	assert_int_equal(file_stat(file, &st), -ESTALE);
	assert_int_equal(file_lookup(dir, "f", &out), -ENOENT);
	assert_int_equal(file_unlink(dir, "f"), -ENOENT);
	reload();
	dir = find(fixture.top, "d");
	file_drop(make(dir, "g"));
	assert_int_equal(renameat(fixture.fd, "run/d", fixture.fd, "run/e"), 0);
	out = find(fixture.top, "e");
	assert_ptr_equal(out, dir);
	file_drop(out);
	assert_true(exists(dir, "g"));
	file_drop(dir);
}

static void freezing(void **ctx)
{
	struct file *dir = make_dir(fixture.top, "d"), *file = make(dir, "f"),
		    *other = make(fixture.top, "g");

	(void)ctx;
	file_freeze(dir);
	file_freeze(dir);
	assert_true(file_is_frozen(dir) && file_is_frozen(file));
	assert_false(file_is_frozen(fixture.top) || file_is_frozen(other));
	file_link(other, dir, "h");
	assert_true(file_is_frozen(other));
	file_thaw(dir);
	assert_true(file_is_frozen(file));
	file_thaw(dir);
	assert_false(file_is_frozen(file));
	file_drop(dir);
	file_drop(file);
	file_drop(other);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		FILE_TEST(names_are_any_bytes),
		FILE_TEST(errors_of_the_disk_are_returned),
		FILE_TEST(numbers_stay),
		FILE_TEST(the_kernels_references_are_counted),
		FILE_TEST(a_top_is_made_when_something_is_saved),
		FILE_TEST(a_removed_directory_that_is_open),
		FILE_TEST(a_file_that_is_unlinked_while_held),
		FILE_TEST(hard_links),
		FILE_TEST(names_that_nobody_looked_up),
		FILE_TEST(symlinks),
		FILE_TEST(what_is_hidden_or_not_shown),
		FILE_TEST(a_directory_with_settings_alone_is_empty),
		FILE_TEST(settings_move_with_the_directory),
		FILE_TEST(deep_and_many_directories),
		FILE_TEST(renames),
		FILE_TEST(an_exchange),
		FILE_TEST(two_names_of_one_file),
		FILE_TEST(a_directory_onto_another),
		FILE_TEST(a_tree_is_removed),
		FILE_TEST(a_top_is_removed),
		FILE_TEST(a_start_walks_them_all),
		FILE_TEST(changes_from_outside),
		FILE_TEST(freezing),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
