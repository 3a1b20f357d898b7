/* SPDX-License-Identifier: MIT */
/* tests/unit/fs/files/spool_rename.c - the kernel's own filesystem says what is
 * right */
#include "tests/unit/fs/files/spool_fixture.h"

#include <dirent.h>
#include <sys/stat.h>

/* The same tree stands in the spool and in a directory of the disk. */
static char twin[64];

static const char *twin_path(const char *path)
{
	static char paths[2][512];
	static unsigned turn;

	turn ^= 1;
	snprintf(paths[turn], sizeof(paths[turn]), "%s/%s", twin, path);
	return paths[turn];
}

/* The directory that a path ends in; *name is its last component. */
static struct spool_inode *walk(const char *path, const char **name)
{
	struct spool_inode *dir = fixture.top;
	char part[64];
	size_t len;

	while (path[len = strcspn(path, "/")]) {
		snprintf(part, sizeof(part), "%.*s", (int)len, path);
		dir = spool_find(dir, part);
		if (!dir)
			return NULL;
		path += len + 1;
	}
	*name = path;
	return dir;
}

static void both_make(const char *path, mode_t type, const char *content)
{
	const char *name;
	struct spool_inode *dir = walk(path, &name);
	int fd;

	if (S_ISDIR(type)) {
		make(dir, name, S_IFDIR | 0755);
		assert_int_equal(mkdir(twin_path(path), 0755), 0);
		return;
	}
	save(dir, name, content);
	fd = open(twin_path(path), O_CREAT | O_WRONLY, 0644);
	assert_int_equal(write(fd, content, strlen(content)), strlen(content));
	close(fd);
}

static void both_link(const char *path, const char *new_path)
{
	const char *name, *new_name;
	struct spool_inode *dir = walk(path, &name);
	struct spool_inode *new_dir = walk(new_path, &new_name);

	assert_int_equal(spool_link(fixture.spool, spool_find(dir, name),
				 new_dir, new_name, later()),
		0);
	assert_int_equal(link(twin_path(path), twin_path(new_path)), 0);
}

static int spool_rename_paths(
	const char *path, const char *new_path, unsigned flags)
{
	const char *name, *new_name;
	struct spool_inode *dir = walk(path, &name);
	struct spool_inode *new_dir = walk(new_path, &new_name);

	if (!dir || !new_dir)
		return -ENOENT;
	return spool_rename(
		fixture.spool, dir, name, new_dir, new_name, flags, later());
}

static int twin_rename(const char *path, const char *new_path, unsigned flags)
{
	return renameat2(AT_FDCWD, twin_path(path), AT_FDCWD,
		       twin_path(new_path), flags) < 0
		? -errno
		: 0;
}

/* Fails where the two trees are not the same. */
static void twins_compare(struct spool_inode *dir, const char *path)
{
	struct dirent *entry;
	struct spool_inode *inode;
	char below[300], content[64], got[64];
	DIR *real = opendir(path);
	struct stat st;
	size_t count = 0;
	ssize_t len;
	int fd;

	assert_non_null(real);
	assert_int_equal(stat(path, &st), 0);
	while ((entry = readdir(real))) {
		if (!strcmp(entry->d_name, ".") || !strcmp(entry->d_name, ".."))
			continue;
		count++;
		snprintf(
			below, sizeof(below), "%s/%.200s", path, entry->d_name);
		inode = spool_find(dir, entry->d_name);
		if (!inode)
			fail_msg("%s is not in the spool", below);
		assert_int_equal(lstat(below, &st), 0);
		assert_int_equal(st.st_mode & S_IFMT, inode->mode & S_IFMT);
		if (S_ISDIR(st.st_mode)) {
			twins_compare(inode, below);
			continue;
		}
		assert_int_equal(st.st_nlink, inode->nlink);
		fd = open(below, O_RDONLY);
		len = read(fd, content, sizeof(content));
		close(fd);
		assert_int_equal(spool_read(inode, got, sizeof(got), 0), len);
		assert_memory_equal(content, got, len);
	}
	closedir(real);
	assert_int_equal(spool_count(dir), count);
}

static int setup(void **ctx)
{
	strcpy(twin, "/tmp/fs_spool_twin.XXXXXX");
	assert_non_null(mkdtemp(twin));
	return fixture_setup(ctx);
}

static int teardown(void **ctx)
{
	path_remove(twin);
	return fixture_teardown(ctx);
}

static void tree_make(void)
{
	both_make("file", S_IFREG, "file");
	both_make("other", S_IFREG, "other");
	both_link("file", "hard");
	both_make("empty", S_IFDIR, NULL);
	both_make("empty2", S_IFDIR, NULL);
	both_make("full", S_IFDIR, NULL);
	both_make("full/in", S_IFREG, "in");
	both_make("full/sub", S_IFDIR, NULL);
	both_make("full/sub/deep", S_IFREG, "deep");
}

/* Every kind of name onto every kind of name, with all flags. */
static void matrix(void **ctx)
{
	static const char *const paths[] = {
		"file",
		"other",
		"hard",
		"empty",
		"empty2",
		"full",
		"full/in",
		"full/sub",
		"full/sub/deep",
		"none",
		"full/none",
		"full/sub/none",
		"empty/none",
	};
	static const unsigned flags[] = {
		0,
		RENAME_NOREPLACE,
		RENAME_EXCHANGE,
		RENAME_NOREPLACE | RENAME_EXCHANGE,
		1u << 7,
	};
	const size_t count = sizeof(paths) / sizeof(*paths);
	unsigned moved = 0;
	char what[128];
	int mine, right;

	tree_make();
	for (size_t i = 0; i < count * count * 5; i++) {
		const char *from = paths[i / 5 / count];
		const char *onto = paths[i / 5 % count];

		snprintf(what, sizeof(what), "%s -> %s, flags %u", from, onto,
			flags[i % 5]);
		mine = spool_rename_paths(from, onto, flags[i % 5]);
		right = twin_rename(from, onto, flags[i % 5]);
		if (mine != right)
			fail_msg("%s: %d, and right is %d", what, mine, right);
		twins_compare(fixture.top, twin);
		if (mine)
			continue;
		moved++;
		reload_same(what);
		teardown(ctx);
		setup(ctx);
		tree_make();
	}
	print_message("%u renames moved something\n", moved);
	assert_true(moved > 100);
}

static void attributes_of_a_rename(void **ctx)
{
	struct spool_inode *dir = make(fixture.top, "dir", S_IFDIR | 0755);
	struct spool_inode *file = save(fixture.top, "a.py", "a");
	struct spool_inode *old = save(dir, "b.py", "b");
	struct timespec mtime = file->mtime, ctime = file->ctime;
	uint64_t ino = file->ino, cookie, next;
	struct spool_inode *inode;
	const char *name;

	(void)ctx;
	save(dir, "c.py", "c");
	assert_true(spool_entry_after(dir, 0, &cookie, &name, &inode));
	spool_hold(old);
	assert_int_equal(spool_rename(fixture.spool, fixture.top, "a.py", dir,
				 "b.py", 0, later()),
		0);
	assert_int_equal(file->ino, ino);
	assert_memory_equal(&file->mtime, &mtime, sizeof(mtime));
	assert_true(file->ctime.tv_sec > ctime.tv_sec);
	assert_true(dir->mtime.tv_sec > ctime.tv_sec);
	assert_true(fixture.top->mtime.tv_sec > ctime.tv_sec);
	assert_true(spool_entry_after(dir, 0, &next, &name, &inode));
	assert_ptr_equal(inode, file);
	assert_int_equal(next, cookie);
	holds(old, "b");
	assert_int_equal(old->nlink, 0);
	assert_int_equal(fixture.gone, 0);
	spool_drop(fixture.spool, old);
	assert_int_equal(fixture.gone, 1);
	reload_same("rename");
}

/* Until the new record is durable, the old file is on disk; then no more. */
static void replaced_goes_with_the_commit(void **ctx)
{
	struct spool_inode *file;

	(void)ctx;
	save(fixture.top, "a.py", "first");
	for (int i = 0; i < 3; i++) {
		file = make(fixture.top, "sedXXXX", S_IFREG | 0600);
		put(file, "next");
		assert_int_equal(
			spool_rename(fixture.spool, fixture.top, "sedXXXX",
				fixture.top, "a.py", 0, later()),
			0);
	}
	assert_int_equal(state_count("data"), 1);
	commit(file);
	assert_int_equal(state_count("data"), 1);
	assert_int_equal(state_count("json"), 2);
	reload_same("commit");
	file = save(fixture.top, "tmp", "committed before");
	spool_rename(fixture.spool, fixture.top, "tmp", fixture.top, "a.py", 0,
		later());
	assert_int_equal(state_count("data"), 2);
	reload_same("close");
	assert_int_equal(state_count("data"), 1);
	save(fixture.top, "tmp", "last");
	spool_rename(fixture.spool, fixture.top, "tmp", fixture.top, "a.py", 0,
		later());
	spool_unlink(fixture.spool, fixture.top, "a.py", later());
	assert_int_equal(state_count("data"), 0);
	reload_same("unlink");
}

static unsigned number_next(unsigned *seed, unsigned below)
{
	*seed = *seed * 1103515245u + 12345u;
	return (*seed >> 16) % below;
}

/* One operation at random on both; the same must come of it. */
static void step(unsigned *seed, char *what, size_t what_len)
{
	static const char *const paths[] = {
		"a",
		"b",
		"c",
		"d",
		"a/a",
		"a/b",
		"b/a",
		"b/b",
		"c/a",
		"c/b",
		"a/a/a",
		"a/b/a",
		"b/a/b",
		"c/b/a",
		"a/a/a/a",
	};
	const char *path = paths[number_next(seed, 15)], *name, *new_name;
	const char *new_path = paths[number_next(seed, 15)];
	struct spool_inode *dir = walk(path, &name);
	struct spool_inode *new_dir = walk(new_path, &new_name), *inode;
	unsigned kind = number_next(seed, 12), flags = 0;
	int mine = 0, right = 0, fd;

	snprintf(what, what_len, "%u %s %s", kind, path, new_path);
	inode = dir ? spool_find(dir, name) : NULL;
	if (!dir || !new_dir || !S_ISDIR(dir->mode) || !S_ISDIR(new_dir->mode))
		return;
	switch (kind) {
	case 0:
		mine = spool_create(fixture.spool, dir, name, S_IFREG | 0600, 0,
			0, later(), &inode);
		fd = open(twin_path(path), O_CREAT | O_EXCL | O_WRONLY, 0600);
		right = fd < 0 ? -errno : 0;
		if (fd >= 0)
			close(fd);
		break;
	case 1:
	case 2:
		mine = spool_create(fixture.spool, dir, name, S_IFDIR | 0700, 0,
			0, later(), &inode);
		right = mkdir(twin_path(path), 0700) < 0 ? -errno : 0;
		break;
	case 3:
		mine = spool_unlink(fixture.spool, dir, name, later());
		right = unlink(twin_path(path)) < 0 ? -errno : 0;
		break;
	case 4:
		mine = spool_rmdir(fixture.spool, dir, name, later());
		right = rmdir(twin_path(path)) < 0 ? -errno : 0;
		break;
	case 5:
		if (!inode)
			break;
		mine = spool_link(
			fixture.spool, inode, new_dir, new_name, later());
		right = link(twin_path(path), twin_path(new_path)) < 0 ? -errno
								       : 0;
		if (mine == -EEXIST && right == -EPERM)
			right = mine;
		break;
	case 6:
	case 7:
		if (!inode || !S_ISREG(inode->mode))
			break;
		put(inode, what);
		commit(inode);
		fd = open(twin_path(path), O_TRUNC | O_WRONLY);
		right = write(fd, what, strlen(what)) < 0;
		close(fd);
		break;
	default:
		flags = kind == 8   ? RENAME_NOREPLACE
			: kind == 9 ? RENAME_EXCHANGE
				    : 0;
		mine = spool_rename(fixture.spool, dir, name, new_dir, new_name,
			flags, later());
		right = twin_rename(path, new_path, flags);
	}
	if (mine != right)
		fail_msg("%s: %d, and right is %d", what, mine, right);
}

static void at_random(void **ctx)
{
	unsigned seed = 1;
	char what[128];

	(void)ctx;
	for (unsigned i = 0; i < 6000; i++) {
		step(&seed, what, sizeof(what));
		if (i % 5 == 0)
			twins_compare(fixture.top, twin);
		if (i % 50 == 0) {
			reload_same(what);
			twins_compare(fixture.top, twin);
		}
	}
}

int main(void)
{
#define CASE(test) cmocka_unit_test_setup_teardown(test, setup, teardown)
	const struct CMUnitTest tests[] = {
		CASE(matrix),
		CASE(attributes_of_a_rename),
		CASE(replaced_goes_with_the_commit),
		CASE(at_random),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
