/* SPDX-License-Identifier: MIT */
/* tests/unit/fs/files/spool_kill.c - killed, without power, without room: at
 * every step */
#include "tests/unit/fs/files/spool_fixture.h"

#include <dirent.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <sys/wait.h>

/*
 * Each scenario is carried out again and again in a child, and the child dies
 * before its 1st, 2nd, ... call that changes the state directory. What is there
 * afterwards must be the tree of before or the tree of after.
 *
 * A power cut is the same, and of what was not fsynced only the names are left:
 * files of no length, as journaling filesystems leave them.
 */
enum mode { OFF, KILL, FAIL };

static struct {
	enum mode mode;
	long steps, at;
	uint64_t synced[4096]; /* inode numbers of the disk */
	size_t synced_count;
	char before[8192], after[8192];
	int result;
} * shared;

static int is_struck(void)
{
	if (!shared || shared->mode == OFF || ++shared->steps != shared->at)
		return 0;
	if (shared->mode == KILL)
		_exit(99);
	errno = ENOSPC;
	return 1;
}

int renameat(int dir, const char *name, int new_dir, const char *new_name)
{
	if (is_struck())
		return -1;
	return (int)syscall(SYS_renameat, dir, name, new_dir, new_name);
}

int unlinkat(int dir, const char *name, int flags)
{
	if (is_struck())
		return -1;
	return (int)syscall(SYS_unlinkat, dir, name, flags);
}

ssize_t write(int fd, const void *bytes, size_t len)
{
	if (is_struck())
		return -1;
	return syscall(SYS_write, fd, bytes, len);
}

/* No power is cut here, so that it is enough to know what was synced. */
int fsync(int fd)
{
	struct stat st;

	if (is_struck())
		return -1;
	if (shared && fstat(fd, &st) == 0 && shared->synced_count < 4096)
		shared->synced[shared->synced_count++] = st.st_ino;
	return 0;
}

/* ---- scenarios ------------------------------------------------------- */

static struct spool_inode *in(const char *dir, const char *name)
{
	return spool_find(
		*dir ? spool_find(fixture.top, dir) : fixture.top, name);
}

static int move(const char *dir, const char *name, const char *new_dir,
	const char *new_name, unsigned flags)
{
	return spool_rename(fixture.spool, *dir ? in("", dir) : fixture.top,
		name, *new_dir ? in("", new_dir) : fixture.top, new_name, flags,
		later());
}

static int commit_try(struct spool_inode *inode)
{
	int err;
	struct spool_commit *done =
		spool_commit_begin(fixture.spool, inode, &err);

	if (!done)
		return err;
	err = spool_commit_work(done);
	spool_commit_end(fixture.spool, done);
	return err;
}

static void two_files(void)
{
	save(fixture.top, "a.py", "content of a");
	save(fixture.top, "b.py", "content of b");
}

static void two_dirs(void)
{
	two_files();
	commit(make(fixture.top, "one", S_IFDIR | 0755));
	commit(make(fixture.top, "two", S_IFDIR | 0755));
	save(in("", "one"), "in.py", "content of in");
}

static void one_link(void)
{
	two_files();
	spool_link(fixture.spool, in("", "a.py"), fixture.top, "c.py", later());
	commit(in("", "a.py"));
}

static void one_renamed(void)
{
	two_files();
	spool_rename(fixture.spool, fixture.top, "a.py", fixture.top, "new.py",
		0, later());
}

static int rename_free(void)
{
	return move("", "a.py", "", "new.py", 0);
}

static int rename_onto(void)
{
	return move("", "a.py", "", "b.py", 0);
}

static int rename_into(void)
{
	return move("one", "in.py", "two", "b.py", 0);
}

static int rename_onto_link(void)
{
	return move("", "b.py", "", "c.py", 0);
}

static int rename_dir_onto(void)
{
	return move("", "one", "", "two", 0);
}

static int exchange(void)
{
	return move("", "a.py", "", "b.py", RENAME_EXCHANGE);
}

static int exchange_kinds(void)
{
	return move("one", "in.py", "", "two", RENAME_EXCHANGE);
}

static int unlink_last(void)
{
	return spool_unlink(fixture.spool, fixture.top, "a.py", later());
}

static int unlink_renamed(void)
{
	return spool_unlink(fixture.spool, fixture.top, "new.py", later());
}

static int unlink_changed(void)
{
	struct stat st = { .st_mode = 0755 };
	int err = spool_setattr(
		fixture.spool, in("", "a.py"), SPOOL_SET_MODE, &st, later());

	return err ? err : unlink_last();
}

static int link_one(void)
{
	return spool_link(
		fixture.spool, in("", "a.py"), fixture.top, "new.py", later());
}

static int mkdir_one(void)
{
	struct spool_inode *inode;

	return spool_create(fixture.spool, fixture.top, "new", S_IFDIR | 0755,
		0, 0, later(), &inode);
}

static int rmdir_one(void)
{
	return spool_rmdir(fixture.spool, fixture.top, "two", later());
}

static int save_over(void)
{
	struct spool_inode *inode = in("", "a.py");
	ssize_t n;

	n = spool_write(fixture.spool, inode, "CHANGED", 7, 2, later());
	return n < 0 ? (int)n : commit_try(inode);
}

static int save_nothing(void)
{
	int err = spool_truncate(fixture.spool, in("", "a.py"), 0, later());

	return err ? err : commit_try(in("", "a.py"));
}

static void two_tops(void)
{
	two_files();
	assert_non_null(spool_top(fixture.spool, "other", 0, 0, later()));
}

static int drop_other(void)
{
	spool_drop_top(fixture.spool,
		spool_top(fixture.spool, "other", 0, 0, later()));
	return 0;
}

static int make_other(void)
{
	return spool_top(fixture.spool, "other", 0, 0, later()) ? 0 : -errno;
}

static int setattr_one(void)
{
	struct stat st = { .st_mode = 0755 };

	return spool_setattr(
		fixture.spool, in("", "a.py"), SPOOL_SET_MODE, &st, later());
}

static const struct scenario {
	const char *name;
	void (*prepare)(void);
	int (*act)(void);
	bool is_loose; /* nothing promises one of two trees without power */
} scenarios[] = {
	{ "rename to a free name", two_files, rename_free, false },
	{ "rename onto a file", two_files, rename_onto, false },
	{ "rename into a directory", two_dirs, rename_into, false },
	{ "rename a directory onto one", two_dirs, rename_dir_onto, false },
	{ "exchange two files", two_files, exchange, false },
	{ "exchange file and directory", two_dirs, exchange_kinds, false },
	{ "rename onto one of two links", one_link, rename_onto_link, true },
	{ "unlink the last name", two_files, unlink_last, false },
	{ "unlink one of two links", one_link, unlink_last, false },
	{ "chmod and unlink", two_files, unlink_changed, false },
	{ "unlink what was renamed", one_renamed, unlink_renamed, true },
	{ "link", two_files, link_one, false },
	{ "mkdir", two_files, mkdir_one, false },
	{ "rmdir", two_dirs, rmdir_one, false },
	{ "save over", two_files, save_over, false },
	{ "save nothing over", two_files, save_nothing, false },
	{ "chmod", two_files, setattr_one, false },
	{ "make a top", two_files, make_other, false },
	{ "drop a top", two_tops, drop_other, false },
};

/* ---- the child ------------------------------------------------------- */

static void text_keep(char *out, size_t out_len)
{
	char *text = tree_text(TREE_NAMES);

	snprintf(out, out_len, "%s", text);
	free(text);
}

static void child_run(const struct scenario *scenario, enum mode mode, long at)
{
	fixture_open();
	scenario->prepare();
	text_keep(shared->before, sizeof(shared->before));
	shared->steps = 0;
	shared->at = at;
	shared->mode = mode;
	shared->result = scenario->act();
	shared->mode = OFF;
	text_keep(shared->after, sizeof(shared->after));
}

static int killed(const struct scenario *scenario, enum mode mode, long at)
{
	int status;
	pid_t pid = fork();

	assert_true(pid >= 0);
	if (pid == 0) {
		setenv("CMOCKA_TEST_ABORT", "1", 1);
		shared->synced_count = 0;
		child_run(scenario, mode, at);
		_exit(0);
	}
	assert_int_equal(waitpid(pid, &status, 0), pid);
	if (!WIFEXITED(status) ||
		(WEXITSTATUS(status) != 0 && WEXITSTATUS(status) != 99))
		fail_msg("%s, step %ld: the child failed", scenario->name, at);
	return WEXITSTATUS(status) == 99;
}

static int is_synced(ino_t ino)
{
	for (size_t i = 0; i < shared->synced_count; i++)
		if (shared->synced[i] == ino)
			return 1;
	return 0;
}

/* Of the files that were not fsynced, those in the pattern lose their bytes. */
static void power_cut(unsigned pattern)
{
	DIR *dir = opendir(state_file("inodes"));
	struct dirent *entry;
	unsigned number = 0;

	assert_non_null(dir);
	while ((entry = readdir(dir)))
		if (strstr(entry->d_name, ".") != entry->d_name &&
			!is_synced(entry->d_ino) &&
			(pattern >> (number++ % 3) & 1)) {
			int fd = openat(
				dirfd(dir), entry->d_name, O_WRONLY | O_TRUNC);
			assert_true(fd >= 0);
			close(fd);
		}
	closedir(dir);
}

static void fresh(void)
{
	path_remove(fixture.dir);
	assert_int_equal(mkdir(fixture.dir, 0700), 0);
	fixture.now.tv_sec = 1700000000;
}

static int setup(void **ctx)
{
	(void)ctx;
	strcpy(fixture.dir, "/tmp/fs_spool_kill.XXXXXX");
	assert_non_null(mkdtemp(fixture.dir));
	return 0;
}

/* before and after are of a run that was not killed. */
static void trees_learn(const struct scenario *scenario)
{
	fresh();
	assert_false(killed(scenario, OFF, 0));
	if (shared->result)
		fail_msg("%s: %d", scenario->name, shared->result);
}

static void tree_check(const struct scenario *scenario, long at,
	const char *before, const char *after, unsigned pattern)
{
	char *text = tree_text(TREE_NAMES);

	if (strcmp(text, before) && strcmp(text, after))
		fail_msg("%s, step %ld, pattern %u\n%s--- before:\n%s"
			 "--- after:\n%s--- complaints:\n%s",
			scenario->name, at, pattern, text, before, after,
			fixture.complaints);
	free(text);
}

static void scenario_kill(const struct scenario *scenario, unsigned pattern)
{
	static char before[8192], after[8192];
	long at = 1;
	int was_killed;

	trees_learn(scenario);
	strcpy(before, shared->before);
	strcpy(after, shared->after);
	do {
		fresh();
		was_killed = killed(scenario, KILL, at);
		if (pattern)
			power_cut(pattern);
		fixture_open();
		tree_check(scenario, at, before, after, pattern);
		if (!pattern) {
			assert_string_equal(fixture.complaints, "");
			if (!was_killed) {
				char *text = tree_text(TREE_NAMES);

				assert_string_equal(text, after);
				free(text);
			}
			reload_same(scenario->name);
		} else {
			fixture_close();
			fixture_open();
			tree_check(scenario, at, before, after, pattern);
		}
		fixture_close();
		at++;
	} while (was_killed);
	assert_true(at > 2);
}

static void killed_anywhere(void **ctx)
{
	(void)ctx;
	for (size_t i = 0; i < sizeof(scenarios) / sizeof(*scenarios); i++)
		scenario_kill(&scenarios[i], 0);
}

static void power_cut_anywhere(void **ctx)
{
	(void)ctx;
	for (size_t i = 0; i < sizeof(scenarios) / sizeof(*scenarios); i++) {
		if (scenarios[i].is_loose)
			continue;
		for (unsigned pattern = 1; pattern < 8; pattern++)
			scenario_kill(&scenarios[i], pattern);
	}
}

/* An operation that says no has changed nothing, one that says yes all. */
static void no_room_anywhere(void **ctx)
{
	long at;

	(void)ctx;
	for (size_t i = 0; i < sizeof(scenarios) / sizeof(*scenarios); i++)
		for (at = 1; at < 100; at++) {
			const struct scenario *scenario = &scenarios[i];

			fresh();
			child_run(scenario, FAIL, at);
			if (scenario->act == save_over ||
				scenario->act == save_nothing) {
				assert_int_equal(commit_try(in("", "a.py")), 0);
				text_keep(shared->after, 8192);
			} else if (shared->result &&
				scenario->act != unlink_changed) {
				assert_int_equal(shared->result, -ENOSPC);
				assert_string_equal(
					shared->before, shared->after);
			}
			fixture_close();
			fixture_open();
			tree_check(
				scenario, at, shared->after, shared->after, 0);
			fixture_close();
			if (shared->steps < at)
				break;
		}
}

/* What commit has told to be durable is there after a power cut, under the
 * name that it had, whatever came after it. */
static void committed_stays(void **ctx)
{
	struct spool_inode *dir;
	int status;
	pid_t pid;

	(void)ctx;
	for (unsigned pattern = 1; pattern < 8; pattern++) {
		fresh();
		shared->synced_count = 0;
		pid = fork();
		if (pid == 0) {
			setenv("CMOCKA_TEST_ABORT", "1", 1);
			fixture_open();
			dir = make(fixture.top, "dir", S_IFDIR | 0755);
			dir = make(dir, "sub", S_IFDIR | 0755);
			save(dir, "a.py", "one");
			save(dir, "b.py", "two");
			spool_record(fixture.spool, spool_find(dir, "a.py"));
			put(spool_find(dir, "b.py"), "not closed");
			spool_rename(fixture.spool, dir, "a.py", dir, "b.py",
				RENAME_EXCHANGE, later());
			commit(spool_find(dir, "a.py"));
			spool_record(fixture.spool, spool_find(dir, "b.py"));
			save(dir, "c.py", "three");
			_exit(0);
		}
		waitpid(pid, &status, 0);
		assert_int_equal(status, 0);
		power_cut(pattern);
		fixture_open();
		dir = spool_find(spool_find(fixture.top, "dir"), "sub");
		assert_non_null(dir);
		holds(spool_find(dir, "a.py"), "not closed");
		holds(spool_find(dir, "b.py"), "one");
		holds(spool_find(dir, "c.py"), "three");
		fixture_close();
	}
}

/* An unlink that has returned is not undone by a commit that comes after. */
static void unlinked_in_a_commit(void **ctx)
{
	static struct spool_commit *done; /* no leak of a child that ends */
	struct spool_inode *inode;
	int err, status;
	pid_t pid;

	(void)ctx;
	for (int stage = 0; stage < 4; stage++) {
		fresh();
		pid = fork();
		if (pid == 0) {
			setenv("CMOCKA_TEST_ABORT", "1", 1);
			fixture_open();
			inode = save(fixture.top, "a.py", "old");
			put(inode, "new");
			done = spool_commit_begin(fixture.spool, inode, &err);
			spool_unlink(
				fixture.spool, fixture.top, "a.py", later());
			if (stage > 0)
				spool_commit_work(done);
			if (stage > 1)
				spool_commit_end(fixture.spool, done);
			if (stage > 2)
				fixture_close();
			_exit(0);
		}
		waitpid(pid, &status, 0);
		assert_int_equal(status, 0);
		fixture_open();
		assert_int_equal(spool_count(fixture.top), 0);
		assert_int_equal(state_count("data") + state_count("work"), 0);
		assert_string_equal(fixture.complaints, "");
		fixture_close();
	}
}

int main(void)
{
#define CASE(test)                                                             \
	cmocka_unit_test_setup_teardown(test, setup, fixture_teardown)
	const struct CMUnitTest tests[] = {
		CASE(killed_anywhere),
		CASE(power_cut_anywhere),
		CASE(no_room_anywhere),
		CASE(committed_stays),
		CASE(unlinked_in_a_commit),
	};

	shared = mmap(NULL, sizeof(*shared), PROT_READ | PROT_WRITE,
		MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	if (shared == MAP_FAILED)
		return 1;
	return cmocka_run_group_tests(tests, NULL, NULL);
}
