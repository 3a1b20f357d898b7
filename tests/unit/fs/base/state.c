/* SPDX-License-Identifier: MIT */
/* tests/unit/fs/base/state.c - the state directory: found, locked, written,
 * cleaned */
#include "fs/base/state.h"

#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#define KEY "unsb-pk-test-0000-0000-0001"

static char base[64], why[512];

static int setup(void **ctx)
{
	(void)ctx;
	strcpy(base, "/tmp/fs_state.XXXXXX");
	assert_non_null(mkdtemp(base));
	why[0] = '\0';
	return 0;
}

static int remove_one(
	const char *path, const struct stat *st, int type, struct FTW *at)
{
	(void)st;
	(void)type;
	(void)at;
	return remove(path);
}

static int teardown(void **ctx)
{
	(void)ctx;
	nftw(base, remove_one, 16, FTW_DEPTH | FTW_PHYS);
	return 0;
}

static const char *path(const char *below)
{
	static char paths[4][512];
	static unsigned turn;

	turn = (turn + 1) % 4;
	snprintf(paths[turn], sizeof(paths[turn]), "%s/%s", base, below);
	return paths[turn];
}

static unsigned mode_of(const char *name)
{
	struct stat st;

	assert_int_equal(stat(name, &st), 0);
	return st.st_mode & 07777;
}

static void where_it_is(void **ctx)
{
	static const struct {
		const char *what, *dir, *xdg, *home, *is;
		int err;
	} cases[] = {
		{ "given", "given/deep", "xdg", "home", "given/deep", 0 },
		{ "XDG_STATE_HOME", NULL, "xdg", "home", "xdg", 0 },
		{ "HOME", NULL, NULL, "home", "home/.local/state", 0 },
		{ "empty XDG_STATE_HOME", NULL, "", "home", "home/.local/state",
			0 },
		{ "empty dir", "", NULL, NULL, NULL, -EINVAL },
	};
	char is[1024];
	struct state state;
	int err;

	(void)ctx;
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		const char *dir = cases[i].dir;

		unsetenv("XDG_STATE_HOME");
		if (cases[i].xdg)
			setenv("XDG_STATE_HOME",
				*cases[i].xdg ? path(cases[i].xdg) : "", 1);
		if (cases[i].home)
			setenv("HOME", path(cases[i].home), 1);
		err = state_open(&state, dir && *dir ? path(dir) : dir, KEY,
			why, sizeof(why));
		if (err != cases[i].err)
			fail_msg("%s: %d %s", cases[i].what, err, why);
		if (err)
			continue;
		snprintf(is, sizeof(is), "%s/unsandboxfs/" KEY,
			path(cases[i].is));
		assert_string_equal(state.path, is);
		assert_int_equal(mode_of(is), 0700);
		assert_int_equal(mode_of(path(cases[i].is)), 0700);
		strcat(is, "/jobs");
		assert_int_equal(mode_of(is), 0700);
		assert_true(state.jobs_fd >= 0);
		state_close(&state);
		assert_int_equal(state.fd, -1);
	}
}

/* A relative XDG_STATE_HOME does not count; a relative -o state_dir does. */
static void relative(void **ctx)
{
	struct state state;
	char old[PATH_MAX], is[1024];

	(void)ctx;
	assert_non_null(getcwd(old, sizeof(old)));
	assert_int_equal(chdir(base), 0);
	setenv("XDG_STATE_HOME", "relative", 1);
	setenv("HOME", path("home"), 1);
	assert_int_equal(state_open(&state, NULL, KEY, why, sizeof(why)), 0);
	snprintf(is, sizeof(is), "%s/unsandboxfs/" KEY,
		path("home/.local/state"));
	assert_string_equal(state.path, is);
	state_close(&state);
	assert_int_equal(state_open(&state, "given", KEY, why, sizeof(why)), 0);
	snprintf(is, sizeof(is), "%s/unsandboxfs/" KEY, path("given"));
	assert_string_equal(state.path, is);
	state_close(&state);
	assert_int_equal(chdir(old), 0);
	unsetenv("XDG_STATE_HOME");
}

static void keys(void **ctx)
{
	static const char *const bad[] = { "", ".", "..", "a/b", "../x", ".a",
		"a b", "a\nb", "\xff" };
	struct state state;
	char long_key[400];

	(void)ctx;
	for (size_t i = 0; i < sizeof(bad) / sizeof(*bad); i++) {
		why[0] = '\0';
		assert_int_equal(
			state_open(&state, base, bad[i], why, sizeof(why)),
			-EINVAL);
		assert_non_null(strstr(why, "not a safe name"));
	}
	memset(long_key, 'k', sizeof(long_key));
	long_key[399] = '\0';
	assert_int_equal(
		state_open(&state, base, long_key, why, sizeof(why)), -EINVAL);
}

static void refusals(void **ctx)
{
	struct state state;
	char *deep = malloc(PATH_MAX + 10);
	int fd;

	(void)ctx;
	fd = open(path("file"), O_CREAT | O_WRONLY, 0600);
	close(fd);
	assert_int_equal(
		state_open(&state, path("file"), KEY, why, sizeof(why)),
		-ENOTDIR);
	assert_non_null(strstr(why, path("file")));
	assert_non_null(strstr(why, "Not a directory"));
	memset(deep, 'x', PATH_MAX + 9);
	deep[PATH_MAX + 9] = '\0';
	assert_int_equal(
		state_open(&state, deep, KEY, why, sizeof(why)), -ENAMETOOLONG);
	assert_int_equal(mkdir(path("ro"), 0500), 0);
	if (geteuid() == 0) {
		assert_int_equal(
			state_open(&state, "/proc", KEY, why, sizeof(why)),
			-ENOENT);
	} else {
		assert_int_equal(
			state_open(&state, path("ro"), KEY, why, sizeof(why)),
			-EACCES);
	}
	free(deep);
}

/* Others could put their own links and files in it. */
static void what_others_can_write(void **ctx)
{
	static const struct {
		const char *below;
		mode_t mode;
		uid_t owner;
		const char *why; /* NULL: it is used */
	} cases[] = {
		{ "", 0700, 0, NULL },
		{ "", 0755, 0, NULL },
		{ "", 0777, 0, "others can write to it; run: chmod go-w " },
		{ "", 0720, 0, "others can write to it; run: chmod go-w " },
		{ "", 01777, 0, "others can write to it; run: chmod go-w " },
		{ "", 0700, 65534, "belongs to another user" },
		{ "/jobs", 0702, 0, "others can write to it; run: chmod go-w" },
		{ "/jobs", 0700, 65534, "/jobs belongs to another user" },
		{ "/..", 0777, 0, "others can write to it; run: chmod go-w" },
		{ "/..", 01777, 0, NULL },
		{ "/..", 0755, 65534, "/.. belongs to another user" },
	};
	char in[600], name[700];
	struct state state;
	int err;

	(void)ctx;
	snprintf(in, sizeof(in), "%s/unsandboxfs/" KEY, base);
	assert_int_equal(state_open(&state, base, KEY, why, sizeof(why)), 0);
	state_close(&state);
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		if (cases[i].owner && geteuid())
			continue;
		snprintf(name, sizeof(name), "%s%s", in, cases[i].below);
		assert_int_equal(chmod(name, cases[i].mode), 0);
		if (cases[i].owner)
			assert_int_equal(chown(name, cases[i].owner, -1), 0);
		why[0] = '\0';
		err = state_open(&state, base, KEY, why, sizeof(why));
		if (err != (cases[i].why ? -EPERM : 0))
			fail_msg("case %zu: %d %s", i, err, why);
		if (cases[i].why &&
			(!strstr(why, in) || !strstr(why, cases[i].why)))
			fail_msg("case %zu: %s", i, why);
		if (!err)
			state_close(&state);
		assert_int_equal(chown(name, geteuid(), -1), 0);
		assert_int_equal(chmod(name, 0700), 0);
	}
	/* Links in the state directory are not followed. */
	for (size_t i = 0; i < 2; i++) {
		const char *link = i ? "born" : "lock";
		snprintf(name, sizeof(name), "%s/%s", in, link);
		unlink(name);
		assert_int_equal(symlink(path("target"), name), 0);
		assert_int_equal(
			state_open(&state, base, KEY, why, sizeof(why)),
			-ELOOP);
		assert_int_equal(access(path("target"), F_OK), -1);
		unlink(name);
	}
}

static void one_mount_at_a_time(void **ctx)
{
	struct state first, second;
	char pid[64];
	int status;
	pid_t child;

	(void)ctx;
	assert_int_equal(state_open(&first, base, KEY, why, sizeof(why)), 0);
	assert_int_equal(
		state_open(&second, base, KEY, why, sizeof(why)), -EBUSY);
	snprintf(pid, sizeof(pid), "held by the mount of process %d",
		(int)getpid());
	assert_non_null(strstr(why, pid));
	/* Another account is another directory. */
	assert_int_equal(
		state_open(&second, base, "other", why, sizeof(why)), 0);
	state_close(&second);
	child = fork();
	if (child == 0) {
		state_claim(&first);
		_exit(0);
	}
	waitpid(child, &status, 0);
	assert_int_equal(
		state_open(&second, base, KEY, why, sizeof(why)), -EBUSY);
	snprintf(pid, sizeof(pid), "process %d", (int)child);
	assert_non_null(strstr(why, pid));
	state_close(&first);
	assert_int_equal(state_open(&second, base, KEY, why, sizeof(why)), 0);
	state_close(&second);
}

/* A directory of version 0.1.0 is refused and not changed, unless its inodes/
 * has no records. */
static void earlier_version(void **ctx)
{
	static const char *const records[] = { "inodes/7.json",
		"inodes/7.next" };
	struct state state;

	(void)ctx;
	assert_int_equal(state_open(&state, base, KEY, why, sizeof(why)), 0);
	assert_int_equal(mkdirat(state.fd, "inodes", 0700), 0);
	close(openat(state.fd, "inodes/7.data", O_CREAT | O_WRONLY, 0600));
	state_close(&state);
	for (size_t i = 0; i < 2; i++) {
		char in[600], name[700];
		assert_int_equal(
			state_open(&state, base, KEY, why, sizeof(why)), 0);
		state_close(&state);
		snprintf(in, sizeof(in), "%s/unsandboxfs/" KEY, base);
		snprintf(name, sizeof(name), "%s/%s", in, records[i]);
		close(open(name, O_CREAT | O_WRONLY, 0600));
		assert_int_equal(
			state_open(&state, base, KEY, why, sizeof(why)),
			-EPROTO);
		assert_non_null(strstr(why, in));
		assert_non_null(strstr(why, "0.1.0"));
		assert_non_null(strstr(why, "inodes/NUMBER.data"));
		assert_non_null(strstr(why, "inodes/NUMBER.json"));
		assert_non_null(strstr(why, "Move it away and mount again"));
		assert_int_equal(access(name, F_OK), 0);
		unlink(name);
	}
}

/* A copy is detected until it is accepted, and keeps the time of the first
 * mount. */
static void copied(void **ctx)
{
	struct timespec times[2] = { { 7, 8 }, { 1000, 5 } };
	struct state state;

	(void)ctx;
	assert_int_equal(state_open(&state, base, KEY, why, sizeof(why)), 0);
	assert_false(state.is_copy);
	assert_int_equal(utimensat(state.fd, "born", times, 0), 0);
	state_close(&state);
	assert_int_equal(state_open(&state, base, KEY, why, sizeof(why)), 0);
	assert_false(state.is_copy);
	assert_int_equal(state.epoch.tv_sec, 1000);
	/* Like cp -a; "old" keeps the inode number in use. */
	assert_int_equal(renameat(state.fd, "born", state.fd, "old"), 0);
	char *text;
	size_t len;
	assert_int_equal(state_read(state.fd, "old", 99, &text, &len), 0);
	assert_int_equal(state_write(state.fd, "born", text, len), 0);
	free(text);
	assert_int_equal(utimensat(state.fd, "born", times, 0), 0);
	state_close(&state);
	/* The first start does not accept it, the second one does. */
	for (int i = 0; i < 2; i++) {
		assert_int_equal(
			state_open(&state, base, KEY, why, sizeof(why)), 0);
		assert_true(state.is_copy);
		assert_int_equal(state.epoch.tv_sec, 1000);
		if (i)
			assert_int_equal(state_accept_copy(&state), 0);
		assert_int_equal(state.is_copy, !i);
		state_close(&state);
	}
	assert_int_equal(state_open(&state, base, KEY, why, sizeof(why)), 0);
	assert_false(state.is_copy);
	assert_int_equal(state.epoch.tv_sec, 1000);
	assert_int_equal(state.epoch.tv_nsec, 5);
	state_close(&state);
}

static _Thread_local unsigned reads;

ssize_t __real_read(int fd, void *bytes, size_t size);
ssize_t __wrap_read(int fd, void *bytes, size_t size);

ssize_t __wrap_read(int fd, void *bytes, size_t size)
{
	reads++;
	return __real_read(fd, bytes, size);
}

static void written_and_read(void **ctx)
{
	static const struct {
		const char *what, *bytes;
		size_t len, limit;
		int err;
	} cases[] = {
		{ "text", "text\n", 5, 100, 0 },
		{ "nothing", "", 0, 100, 0 },
		{ "nothing, nothing allowed", "", 0, 0, 0 },
		{ "NUL", "a\0b", 3, 100, 0 },
		{ "as long as allowed", "12345", 5, 5, 0 },
		{ "longer", "12345", 5, 4, -EFBIG },
		{ "any limit", "12345", 5, SIZE_MAX, 0 },
	};
	struct state state;
	char *text;
	size_t len;
	int err;

	(void)ctx;
	assert_int_equal(state_open(&state, base, KEY, why, sizeof(why)), 0);
	for (size_t c = 0; c < sizeof(cases) / sizeof(*cases); c++) {
		assert_int_equal(state_write(state.jobs_fd, "name",
					 cases[c].bytes, cases[c].len),
			0);
		reads = 0;
		err = state_read(
			state.jobs_fd, "name", cases[c].limit, &text, &len);
		if (err != cases[c].err)
			fail_msg("%s: %d", cases[c].what, err);
		assert_int_equal(reads, 1);
		if (err)
			continue;
		assert_int_equal(len, cases[c].len);
		assert_memory_equal(text, cases[c].bytes, len + 1);
		free(text);
	}
	assert_int_equal(faccessat(state.jobs_fd, "name.tmp", F_OK, 0), -1);
	assert_int_equal(
		state_read(state.jobs_fd, "none", 9, &text, &len), -ENOENT);
	assert_int_equal(state_read(state.fd, "jobs", 9, &text, &len), -EISDIR);
	assert_int_equal(symlinkat("name", state.jobs_fd, "link"), 0);
	assert_int_equal(
		state_read(state.jobs_fd, "link", 9, &text, &len), -ELOOP);
	state_close(&state);
}

/* A failed write keeps the old file, and leaves no temporary file. */
static void no_room(void **ctx)
{
	struct rlimit old, limit;
	struct state state;
	char big[8192] = "", long_name[300], *text;
	size_t len;

	(void)ctx;
	assert_int_equal(state_open(&state, base, KEY, why, sizeof(why)), 0);
	assert_int_equal(state_write(state.jobs_fd, "name", "old", 3), 0);
	signal(SIGXFSZ, SIG_IGN);
	getrlimit(RLIMIT_FSIZE, &old);
	limit = old;
	limit.rlim_cur = 4096;
	setrlimit(RLIMIT_FSIZE, &limit);
	assert_int_equal(state_write(state.jobs_fd, "name", big, 8192), -EFBIG);
	setrlimit(RLIMIT_FSIZE, &old);
	signal(SIGXFSZ, SIG_DFL);
	assert_int_equal(state_read(state.jobs_fd, "name", 99, &text, &len), 0);
	assert_string_equal(text, "old");
	free(text);
	assert_int_equal(faccessat(state.jobs_fd, "name.tmp", F_OK, 0), -1);
	assert_int_equal(mkdirat(state.jobs_fd, "dir", 0700), 0);
	assert_int_equal(state_write(state.jobs_fd, "dir", "x", 1), -EISDIR);
	assert_int_equal(faccessat(state.jobs_fd, "dir.tmp", F_OK, 0), -1);
	assert_int_equal(faccessat(state.jobs_fd, "dir.last", F_OK, 0), -1);
	memset(long_name, 'n', 299);
	long_name[299] = '\0';
	assert_int_equal(
		state_write(state.jobs_fd, long_name, "x", 1), -ENAMETOOLONG);
	assert_int_equal(state_write(-1, "name", "x", 1), -EBADF);
	state_close(&state);
}

/* While together is set, each fsync waits until this many are under way. */
static unsigned together, begun, missed;
static int looks_in;

int __real_fsync(int fd);
int __wrap_fsync(int fd);

static void all_begin(void)
{
	int left_ms = 10000;

	__atomic_add_fetch(&begun, 1, __ATOMIC_SEQ_CST);
	while (__atomic_load_n(&begun, __ATOMIC_SEQ_CST) < together &&
		left_ms--)
		usleep(1000);
	if (left_ms < 0)
		__atomic_add_fetch(&missed, 1, __ATOMIC_SEQ_CST);
}

int __wrap_fsync(int fd)
{
	if (together)
		all_begin();
	return __real_fsync(fd);
}

static bool has(const char *name, const char *expected)
{
	char *text = NULL;
	size_t len;
	bool is_same = !state_read(looks_in, name, 99, &text, &len) &&
		!strcmp(text, expected);

	free(text);
	return is_same;
}

static int beside(void *ctx)
{
	all_begin();
	if (!has("name", "old") || !has("name.last", "new"))
		return -EPROTO;
	return *(const int *)ctx;
}

/* All fsyncs run at the same time, when the new version is already written. */
static void synced_beside(void **ctx)
{
	int fails = -EIO, succeeds = 0;
	struct part parts[] = { { beside, &succeeds, 1 },
		{ beside, &fails, 1 } };
	struct state state;

	(void)ctx;
	assert_int_equal(state_open(&state, base, KEY, why, sizeof(why)), 0);
	looks_in = state.fd;
	assert_int_equal(state_write(state.fd, "name", "old", 3), 0);
	together = 4;
	assert_int_equal(
		state_write_beside(state.fd, "name", "new", 3, parts, 2), -EIO);
	assert_int_equal(begun, 4);
	assert_int_equal(parts[0].err, 0);
	assert_int_equal(parts[1].err, -EIO);
	assert_true(has("name", "old"));
	assert_int_equal(faccessat(state.fd, "name.last", F_OK, 0), -1);
	together = 3;
	begun = 0;
	assert_int_equal(
		state_write_beside(state.fd, "name", "new", 3, parts, 1), 0);
	together = 0;
	assert_int_equal(begun, 3);
	assert_int_equal(missed, 0);
	assert_true(has("name", "new"));
	assert_int_equal(faccessat(state.fd, "name.last", F_OK, 0), -1);
	state_close(&state);
}

static int note(void *ctx)
{
	*(bool *)ctx = true;
	return -EIO;
}

/* The parts run even if the file cannot be written. */
static void done_beside(void **ctx)
{
	bool is_done = false;
	struct part part = { note, &is_done, 0 };

	(void)ctx;
	assert_int_equal(
		state_write_beside(-1, "name", "new", 3, &part, 1), -EBADF);
	assert_true(is_done);
	assert_int_equal(part.err, -EIO);
}

/* A power cut can leave nothing, or a part, of what was not synced. */
static void last_written(void **ctx)
{
	static const struct {
		const char *what, *kept, *last;
		int err, number; /* in the array that is read */
	} cases[] = {
		{ "nothing", NULL, NULL, -ENOENT, 0 },
		{ "kept", "[1]", NULL, 0, 1 },
		{ "whole", "[1]", "[2]", 0, 2 },
		{ "empty", "[1]", "", 0, 1 },
		{ "a part", "[1]", "[2", 0, 1 },
		{ "zeros", "[1]", "[2\0\0", 0, 1 },
		{ "the first, whole", NULL, "[2]", 0, 2 },
		{ "the first, a part", NULL, "[2", -ENOENT, 0 },
		{ "kept is damaged", "[", "[2]", 0, 2 },
		{ "both are damaged", "[", "[", -EPROTO, 0 },
	};
	struct state state;
	json_t *json;
	int err;

	(void)ctx;
	assert_int_equal(state_open(&state, base, KEY, why, sizeof(why)), 0);
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		unlinkat(state.fd, "a", 0);
		unlinkat(state.fd, "a.last", 0);
		if (cases[i].kept)
			state_write(state.fd, "a", cases[i].kept,
				strlen(cases[i].kept));
		if (cases[i].last)
			state_write_last(state.fd, "a", cases[i].last,
				strlen(cases[i].last));
		/* The version that was read survives the next, broken write. */
		for (int turn = 0; turn < 2; turn++) {
			err = state_read_json(state.fd, "a", 99, &json);
			if (err != cases[i].err ||
				json_integer_value(json_array_get(json, 0)) !=
					cases[i].number)
				fail_msg(
					"%s, %d: %d", cases[i].what, turn, err);
			json_decref(json);
			state_write_last(state.fd, "a", "", 0);
		}
	}
	state_write(state.fd, "a", "[3]", 3);
	assert_int_equal(faccessat(state.fd, "a.last", F_OK, 0), -1);
	assert_int_equal(state_keep_last(state.fd, "a"), 0);
	state_write_last(state.fd, "a", "[4]", 3);
	assert_int_equal(state_keep_last(state.fd, "a"), 0);
	unlinkat(state.fd, "a.last", 0);
	assert_int_equal(state_read_json(state.fd, "a", 99, &json), 0);
	assert_int_equal(json_integer_value(json_array_get(json, 0)), 4);
	json_decref(json);
	state_close(&state);
}

static void long_file(void **ctx)
{
	const size_t len = 3 * 1024 * 1024 + 1;
	char *bytes = malloc(len), *text;
	struct state state;
	size_t got;

	(void)ctx;
	for (size_t i = 0; i < len; i++)
		bytes[i] = (char)(i * 31);
	assert_int_equal(state_open(&state, base, KEY, why, sizeof(why)), 0);
	assert_int_equal(state_write(state.jobs_fd, "name", bytes, len), 0);
	assert_int_equal(
		state_read(state.jobs_fd, "name", len, &text, &got), 0);
	assert_int_equal(got, len);
	assert_memory_equal(text, bytes, len);
	free(text);
	assert_int_equal(
		state_read(state.jobs_fd, "name", len - 1, &text, &got),
		-EFBIG);
	/* Files in /proc have no size. */
	assert_int_equal(
		state_read(AT_FDCWD, "/proc/self/status", 1 << 20, &text, &got),
		0);
	assert_true(got > 500);
	free(text);
	free(bytes);
	/* The size of a file is checked before memory is allocated. */
	assert_int_equal(mknod(path("huge"), S_IFREG | 0600, 0), 0);
	if (truncate(path("huge"), (off_t)1 << 43) == 0)
		assert_int_equal(
			state_read(AT_FDCWD, path("huge"), 10, &text, &got),
			-EFBIG);
	state_close(&state);
}

int main(void)
{
#define CASE(test) cmocka_unit_test_setup_teardown(test, setup, teardown)
	const struct CMUnitTest tests[] = {
		CASE(where_it_is),
		CASE(relative),
		CASE(keys),
		CASE(refusals),
		CASE(what_others_can_write),
		CASE(one_mount_at_a_time),
		CASE(earlier_version),
		CASE(copied),
		CASE(written_and_read),
		CASE(no_room),
		CASE(synced_beside),
		CASE(done_beside),
		CASE(last_written),
		CASE(long_file),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
