/* SPDX-License-Identifier: MIT */
/* tests/unit/fs/files/spool_content.c - working copies, commits, and who sees
 * what */
#include "tests/unit/fs/files/spool_fixture.h"

#include <dirent.h>
#include <limits.h>
#include <linux/falloc.h>
#include <signal.h>
#include <sys/resource.h>
#include <sys/stat.h>

static unsigned fds_open(void)
{
	DIR *dir = opendir("/proc/self/fd");
	unsigned count = 0;

	while (readdir(dir))
		count++;
	closedir(dir);
	return count;
}

static const char *data_of(const struct spool_inode *inode)
{
	static char got[256];
	char name[64];
	ssize_t len;
	int fd;

	snprintf(name, sizeof(name), "inodes/%llu.data",
		(unsigned long long)inode->number);
	fd = open(state_file(name), O_RDONLY);
	if (fd < 0)
		return "none";
	len = read(fd, got, sizeof(got) - 1);
	got[len] = '\0';
	close(fd);
	return got;
}

static void write_at(struct spool_inode *inode, const char *text, off_t at)
{
	assert_int_equal(spool_write(fixture.spool, inode, text, strlen(text),
				 at, later()),
		strlen(text));
}

/* What makes a generation, and what the file holds afterwards. */
static void generations(void **ctx)
{
	enum { WRITE, TRUNCATE, ALLOCATE };
	static const struct {
		const char *what;
		int call, mode;
		off_t offset, len;
		int err;
		uint64_t more;
		const char *content; /* of "0123456789" */
		size_t size;
	} cases[] = {
		{ "write", WRITE, 0, 2, 3, 0, 1, "01xxx56789", 10 },
		{ "append", WRITE, 0, 10, 2, 0, 1, "0123456789xx", 12 },
		{ "behind the end", WRITE, 0, 12, 1, 0, 1, "0123456789\0\0x",
			13 },
		{ "nothing", WRITE, 0, 2, 0, 0, 0, "0123456789", 10 },
		{ "too far", WRITE, 0, INT64_MAX, 1, -EFBIG, 0, "0123456789",
			10 },
		{ "before the start", WRITE, 0, -1, 1, -EINVAL, 0, "0123456789",
			10 },
		{ "shorter", TRUNCATE, 0, 3, 0, 0, 1, "012", 3 },
		{ "empty", TRUNCATE, 0, 0, 0, 0, 1, "", 0 },
		{ "longer", TRUNCATE, 0, 12, 0, 0, 1, "0123456789\0\0", 12 },
		{ "the same size", TRUNCATE, 0, 10, 0, 0, 0, "0123456789", 10 },
		{ "negative", TRUNCATE, 0, -1, 0, -EINVAL, 0, "0123456789",
			10 },
		{ "room for more", ALLOCATE, 0, 0, 12, 0, 1, "0123456789\0\0",
			12 },
		{ "room inside", ALLOCATE, 0, 0, 5, 0, 0, "0123456789", 10 },
		{ "room behind", ALLOCATE, FALLOC_FL_KEEP_SIZE, 0, 100, 0, 0,
			"0123456789", 10 },
		{ "a hole", ALLOCATE,
			FALLOC_FL_KEEP_SIZE | FALLOC_FL_PUNCH_HOLE, 2, 2, 0, 1,
			"01\0\0"
			"456789",
			10 },
		{ "a collapse", ALLOCATE, FALLOC_FL_COLLAPSE_RANGE, 0, 4096,
			-EOPNOTSUPP, 0, "0123456789", 10 },
		{ "no room", ALLOCATE, 0, 0, 0, -EINVAL, 0, "0123456789", 10 },
		{ "all room", ALLOCATE, 0, 1, INT64_MAX, -EFBIG, 0,
			"0123456789", 10 },
	};
	struct spool_inode *inode;
	uint64_t generation;
	char got[64];
	ssize_t err;

	(void)ctx;
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		inode = save(fixture.top, "a", "0123456789");
		generation = inode->generation;
		if (cases[i].call == WRITE)
			err = spool_write(fixture.spool, inode, "xxxx",
				(size_t)cases[i].len, cases[i].offset, later());
		else if (cases[i].call == TRUNCATE)
			err = spool_truncate(
				fixture.spool, inode, cases[i].offset, later());
		else
			err = spool_allocate(fixture.spool, inode,
				cases[i].mode, cases[i].offset, cases[i].len,
				later());
		if (err > 0)
			err = 0;
		if (err != cases[i].err ||
			inode->generation != generation + cases[i].more ||
			inode->size != cases[i].size)
			fail_msg("%s: %zd, %llu generations, size %llu",
				cases[i].what, err,
				(unsigned long long)(inode->generation -
					generation),
				(unsigned long long)inode->size);
		assert_int_equal(
			spool_read(inode, got, sizeof(got), 0), cases[i].size);
		assert_memory_equal(got, cases[i].content, cases[i].size);
		commit(inode);
		reload_same(cases[i].what);
		assert_int_equal(spool_find(fixture.top, "a")->generation, 0);
	}
}

static void reads(void **ctx)
{
	struct spool_inode *inode = save(fixture.top, "a", "0123456789");
	char got[16];

	(void)ctx;
	assert_int_equal(spool_read(inode, got, 3, 4), 3);
	assert_memory_equal(got, "456", 3);
	assert_int_equal(spool_read(inode, got, 16, 8), 2);
	assert_int_equal(spool_read(inode, got, 16, 10), 0);
	assert_int_equal(spool_read(inode, got, 16, INT64_MAX), 0);
	assert_int_equal(spool_read(inode, got, 0, 0), 0);
	assert_int_equal(spool_read(inode, got, 16, -1), -EINVAL);
}

/* What was committed stays whole on disk until the next commit. */
static void working_copy(void **ctx)
{
	struct spool_inode *inode = save(fixture.top, "a", "committed");
	struct timespec mtime = inode->mtime;
	struct stat st = { .st_mode = 0700 };

	(void)ctx;
	write_at(inode, "CHANGED", 2);
	holds(inode, "coCHANGED");
	assert_string_equal(data_of(inode), "committed");
	/* A record that is written meanwhile keeps the mtime of what is there
	 * after a kill. */
	spool_setattr(fixture.spool, inode, SPOOL_SET_MODE, &st, later());
	fixture_close();
	fixture_open();
	inode = spool_find(fixture.top, "a");
	holds(inode, "committed");
	assert_int_equal(inode->mode & 0777, 0700);
	assert_memory_equal(&inode->mtime, &mtime, sizeof(mtime));
	assert_int_equal(state_count("work"), 0);
	assert_string_equal(fixture.complaints, "");
}

static void nothing_to_commit(void **ctx)
{
	struct spool_inode *inode = save(fixture.top, "a", "x");
	struct spool_inode *link;
	int err = 1;

	(void)ctx;
	assert_null(spool_commit_begin(fixture.spool, inode, &err));
	assert_int_equal(err, 0);
	spool_record(fixture.spool, inode);
	spool_record(fixture.spool, fixture.top);
	assert_int_equal(state_count("next"), 2);
	commit(inode);
	assert_int_equal(state_count("next"), 1);
	commit(fixture.top);
	assert_int_equal(state_count("next"), 0);
	assert_null(spool_commit_begin(fixture.spool, fixture.top, &err));
	assert_int_equal(spool_symlink(fixture.spool, fixture.top, "l", "t", 0,
				 0, later(), &link),
		0);
	commit(link);
	assert_null(spool_commit_begin(fixture.spool, link, &err));
	reload_same("commits of records");
}

static void empty_content(void **ctx)
{
	struct spool_inode *inode = make(fixture.top, "a", S_IFREG | 0600);

	(void)ctx;
	commit(inode);
	assert_int_equal(state_count("data"), 0);
	write_at(inode, "x", 0);
	commit(inode);
	assert_int_equal(state_count("data"), 1);
	put(inode, "");
	holds(inode, "");
	commit(inode);
	holds(inode, "");
	assert_int_equal(state_count("data") + state_count("work"), 0);
	reload_same("empty");
}

/* Commits under way, and writes between their steps. */
static void overlapping(void **ctx)
{
	struct spool_inode *inode = save(fixture.top, "a", "zero");
	struct spool_commit *one, *two, *three;
	int err;

	(void)ctx;
	put(inode, "one");
	one = spool_commit_begin(fixture.spool, inode, &err);
	holds(inode, "one");
	write_at(inode, "+two", 3);
	holds(inode, "one+two");
	two = spool_commit_begin(fixture.spool, inode, &err);
	put(inode, "");
	three = spool_commit_begin(fixture.spool, inode, &err);
	write_at(inode, "four", 0);
	assert_string_equal(data_of(inode), "zero");
	assert_int_equal(spool_commit_work(one), 0);
	assert_string_equal(data_of(inode), "one");
	assert_int_equal(spool_commit_work(two), 0);
	assert_string_equal(data_of(inode), "one+two");
	spool_commit_end(fixture.spool, one);
	assert_int_equal(spool_commit_work(three), 0);
	assert_string_equal(data_of(inode), "none");
	holds(inode, "four");
	spool_commit_end(fixture.spool, two);
	spool_commit_end(fixture.spool, three);
	holds(inode, "four");
	commit(inode);
	assert_string_equal(data_of(inode), "four");
	reload_same("overlapping commits");
}

static void unlinked_meanwhile(void **ctx)
{
	struct spool_inode *inode = make(fixture.top, "a", S_IFREG | 0600);
	struct spool_commit *one;
	int err;

	(void)ctx;
	put(inode, "one");
	one = spool_commit_begin(fixture.spool, inode, &err);
	spool_hold(inode);
	assert_int_equal(
		spool_unlink(fixture.spool, fixture.top, "a", later()), 0);
	assert_int_equal(spool_commit_work(one), 0);
	spool_drop(fixture.spool, inode);
	assert_int_equal(fixture.gone, 0);
	spool_commit_end(fixture.spool, one);
	assert_int_equal(fixture.gone, 1);
	assert_int_equal(state_count("data") + state_count("work"), 0);
	reload_same("unlinked meanwhile");
	assert_int_equal(spool_count(fixture.top), 0);
}

/* A commit that fails leaves the bytes for the next one. */
static void commit_fails(void **ctx)
{
	struct spool_inode *inode = save(fixture.top, "a", "old");
	struct spool_commit *one, *two;
	char path[300];
	int err;

	(void)ctx;
	write_at(inode, "NEW", 0);
	snprintf(path, sizeof(path), "%s/%llu.data", state_file("inodes"),
		(unsigned long long)inode->number);
	unlink(path);
	assert_int_equal(mkdir(path, 0700), 0);
	one = spool_commit_begin(fixture.spool, inode, &err);
	assert_int_equal(spool_commit_work(one), -EISDIR);
	spool_commit_end(fixture.spool, one);
	holds(inode, "NEW");
	one = spool_commit_begin(fixture.spool, inode, &err);
	write_at(inode, "ER!", 3);
	two = spool_commit_begin(fixture.spool, inode, &err);
	assert_int_equal(spool_commit_work(one), -EISDIR);
	assert_int_equal(rmdir(path), 0);
	assert_int_equal(spool_commit_work(two), 0);
	spool_commit_end(fixture.spool, one);
	spool_commit_end(fixture.spool, two);
	holds(inode, "NEWER!");
	assert_int_equal(state_count("work"), 0);
	reload_same("a commit that failed");
}

/* One whose work was never done has kept nothing, and lost nothing. */
static void commit_cancelled(void **ctx)
{
	struct spool_inode *inode = save(fixture.top, "a", "old");
	struct spool_inode *fresh = make(fixture.top, "b", S_IFREG | 0600);
	int err;

	(void)ctx;
	write_at(inode, "NEW", 0);
	write_at(fresh, "first", 0);
	spool_commit_end(
		fixture.spool, spool_commit_begin(fixture.spool, inode, &err));
	spool_commit_end(
		fixture.spool, spool_commit_begin(fixture.spool, fresh, &err));
	holds(inode, "NEW");
	assert_string_equal(data_of(inode), "old");
	assert_true(spool_is_dirty(inode));
	commit(inode);
	commit(fresh);
	assert_false(spool_is_dirty(inode));
	reload_same("a cancelled commit");
	holds(spool_find(fixture.top, "a"), "NEW");
	holds(spool_find(fixture.top, "b"), "first");
}

static void disk_full(void **ctx)
{
	struct spool_inode *inode = save(fixture.top, "a", "0123456789");
	struct rlimit old, limit;
	char big[8192];
	ssize_t done;

	(void)ctx;
	memset(big, 'x', sizeof(big));
	signal(SIGXFSZ, SIG_IGN);
	getrlimit(RLIMIT_FSIZE, &old);
	limit = old;
	limit.rlim_cur = 4096;
	setrlimit(RLIMIT_FSIZE, &limit);
	done = spool_write(fixture.spool, inode, big, sizeof(big), 10, later());
	assert_int_equal(done, 4086);
	assert_int_equal(inode->size, 4096);
	assert_int_equal(
		spool_write(fixture.spool, inode, big, 1, 4096, later()),
		-EFBIG);
	assert_int_equal(
		spool_truncate(fixture.spool, inode, 5000, later()), -EFBIG);
	assert_int_equal(inode->size, 4096);
	setrlimit(RLIMIT_FSIZE, &old);
	commit(inode);
	reload_same("a full disk");
	inode = spool_find(fixture.top, "a");
	/* A working copy that cannot be made leaves no half one. */
	limit.rlim_cur = 1024;
	setrlimit(RLIMIT_FSIZE, &limit);
	assert_int_equal(
		spool_write(fixture.spool, inode, "y", 1, 0, later()), -EFBIG);
	setrlimit(RLIMIT_FSIZE, &old);
	assert_int_equal(state_count("work"), 0);
	assert_int_equal(inode->size, 4096);
	signal(SIGXFSZ, SIG_DFL);
}

static void descriptors(void **ctx)
{
	struct spool_inode *inode;
	unsigned before = fds_open();
	char name[32];

	(void)ctx;
	for (int i = 0; i < 300; i++) {
		snprintf(name, sizeof(name), "f%d", i);
		inode = make(fixture.top, name, S_IFREG | 0644);
		spool_hold(inode);
		write_at(inode, "some text", 0);
		if (i % 3)
			commit(inode);
		spool_drop(fixture.spool, inode);
		assert_int_equal(fds_open(), before);
	}
	for (int i = 0; i < 300; i++) {
		snprintf(name, sizeof(name), "f%d", i);
		inode = spool_find(fixture.top, name);
		holds(inode, "some text");
		write_at(inode, "more", 0);
		spool_truncate(fixture.spool, inode, 4, later());
		holds(inode, "more");
	}
	assert_int_equal(fds_open(), before);
	inode = spool_find(fixture.top, "f0");
	spool_hold(inode);
	holds(inode, "more");
	assert_int_equal(fds_open(), before + 1);
	spool_drop(fixture.spool, inode);
	assert_int_equal(fds_open(), before);
}

static void large_content(void **ctx)
{
	const size_t len = 5 * 1024 * 1024 + 13;
	char *bytes = malloc(len), *got;
	struct spool_inode *inode = make(fixture.top, "a", S_IFREG | 0644);
	size_t got_len;

	(void)ctx;
	for (size_t i = 0; i < len; i++)
		bytes[i] = (char)(i * 2654435761u >> 13);
	for (size_t at = 0; at < len; at += 131072)
		assert_true(spool_write(fixture.spool, inode, bytes + at,
				    len - at < 131072 ? len - at : 131072,
				    (off_t)at, later()) > 0);
	commit(inode);
	write_at(inode, "at its end", (off_t)len);
	commit(inode);
	assert_int_equal(spool_content_read(&fixture.state, inode->number,
				 len + 10, &got, &got_len),
		0);
	assert_int_equal(got_len, len + 10);
	assert_memory_equal(got, bytes, len);
	assert_string_equal(got + len, "at its end");
	free(got);
	assert_int_equal(spool_content_read(&fixture.state, inode->number, len,
				 &got, &got_len),
		-EFBIG);
	free(bytes);
}

static void content_as_sent(void **ctx)
{
	struct spool_inode *inode = save(fixture.top, "a", "sent");
	struct spool_inode *empty = make(fixture.top, "e", S_IFREG | 0644);
	int other = open("/dev/shm", O_RDONLY | O_DIRECTORY);
	const struct state *state = &fixture.state;
	int jobs = fixture.state.jobs_fd;
	char *text;
	size_t len;

	(void)ctx;
	assert_int_equal(
		spool_content_link(state, inode->number, jobs, "code"), 0);
	assert_int_equal(spool_content_link(state, inode->number, jobs, "code"),
		-EEXIST);
	assert_int_equal(
		spool_content_link(state, empty->number, jobs, "empty"), 0);
	assert_int_equal(
		spool_content_link(state, empty->number, jobs, "empty"),
		-EEXIST);
	assert_int_equal(
		spool_content_link(state, inode->number, -1, "x"), -EBADF);
	write_at(inode, "CHANGED", 0);
	commit(inode);
	assert_int_equal(state_read(jobs, "code", 99, &text, &len), 0);
	assert_string_equal(text, "sent");
	free(text);
	assert_int_equal(state_read(jobs, "empty", 99, &text, &len), 0);
	assert_int_equal(len, 0);
	free(text);
	assert_int_equal(
		spool_content_read(state, empty->number, 9, &text, &len), 0);
	assert_string_equal(text, "");
	free(text);
	assert_int_equal(
		spool_content_read(state, inode->number, 7, &text, &len), 0);
	assert_string_equal(text, "CHANGED");
	free(text);
	if (other >= 0) {
		unlinkat(other, "fs_spool_content", 0);
		assert_int_equal(spool_content_link(state, inode->number, other,
					 "fs_spool_content"),
			0);
		assert_int_equal(
			state_read(other, "fs_spool_content", 99, &text, &len),
			0);
		assert_string_equal(text, "CHANGED");
		free(text);
		unlinkat(other, "fs_spool_content", 0);
		close(other);
	}
}

int main(void)
{
#define CASE(test)                                                             \
	cmocka_unit_test_setup_teardown(test, fixture_setup, fixture_teardown)
	const struct CMUnitTest tests[] = {
		CASE(generations),
		CASE(reads),
		CASE(working_copy),
		CASE(nothing_to_commit),
		CASE(empty_content),
		CASE(overlapping),
		CASE(unlinked_meanwhile),
		CASE(commit_fails),
		CASE(commit_cancelled),
		CASE(disk_full),
		CASE(descriptors),
		CASE(large_content),
		CASE(content_as_sent),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
