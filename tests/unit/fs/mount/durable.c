/* SPDX-License-Identifier: MIT */
/* tests/unit/fs/mount/durable.c - what was synced when a call has returned */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <pthread.h>
#include <time.h>

#include <cmocka.h>

#include "tests/unit/fs/mount/calls.h"

int __real_fsync(int fd);
int __wrap_fsync(int fd);

/* Several are synced at the same time. */
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t another = PTHREAD_COND_INITIALIZER;

/* The paths of what was synced, one a line; and how much of that there was when
 * the program was sent. */
static char synced[1 << 16];
static size_t sent_at;

/* A file waits in fsync until so many are in there. */
static unsigned awaited, inside;
static unsigned awaited_after; /* the request; as awaited then */
static bool is_alone;
enum { AWAITED_S = 30 };

/* The request is sent by the thread of the test, which waits for the syncs. */
__attribute__((no_sanitize("thread"))) static bool is_sent(void)
{
	const struct mount *mount = kernel.mount;

	return mount && mount->core.api &&
		mount->core.api->stats.sent[API_EXECUTE] > 0;
}

static void await_others(void)
{
	struct timespec until;

	clock_gettime(CLOCK_REALTIME, &until);
	until.tv_sec += AWAITED_S;
	inside++;
	pthread_cond_broadcast(&another);
	while (inside < awaited) {
		if (!pthread_cond_timedwait(&another, &lock, &until))
			continue;
		is_alone = true;
		awaited = 0;
	}
}

int __wrap_fsync(int fd)
{
	char link[64];
	size_t len;
	ssize_t n;

	pthread_mutex_lock(&lock);
	len = strlen(synced);
	if (!sent_at && is_sent()) {
		sent_at = len;
		if (awaited_after)
			inside = 0;
		awaited = awaited_after;
	}
	snprintf(link, sizeof(link), "/proc/self/fd/%d", fd);
	n = readlink(link, synced + len, sizeof(synced) - len - 2);
	assert_true(n > 0);
	strcpy(synced + len + n, "\n");
	if (inside < awaited && (!is_sent() || awaited_after))
		await_others();
	pthread_mutex_unlock(&lock);
	return __real_fsync(fd);
}

/* The worker may still sync what belongs to the mount's start. */
static void synced_clear(unsigned to_await)
{
	pthread_mutex_lock(&lock);
	synced[0] = '\0';
	awaited = to_await;
	inside = sent_at = 0;
	is_alone = false;
	pthread_mutex_unlock(&lock);
}

static int put(const char *path, const char *text)
{
	return call_put(path, text, strlen(text));
}

static int save(void)
{
	return put("run/d/new.txt", "x");
}

static int run(void)
{
	return put("run/p.sh", "echo hi\n");
}

/* A close that is not the last one, of a process that /proc does not have. */
static int close_one(void)
{
	struct fuse_flush_in in = { 0 };
	unsigned which;
	int err = call_open_to_write("run/d/new.txt", 0, &which);

	if (err)
		return err;
	err = call_write(which, 0, "x", 1);
	kernel.is_foreign = true;
	in.fh = kernel.open[which].fh;
	if (!err)
		err = ASK(FUSE_FLUSH, kernel.open[which].ino, in, NULL, 0);
	kernel.is_foreign = false;
	return err;
}

static int set(void)
{
	return put("run/d/.settings/ttl", "7\n");
}

static int set_draft(void)
{
	int err = call_mkdir("services/new/d");

	return err ? err : put("services/new/d/ports", "80\n");
}

/* Opens what is there, and syncs it; its close has nothing to do then. */
static int sync_after(int err, const char *path, bool is_dir)
{
	struct fuse_fsync_in in = { 0 };
	struct spot spot;
	unsigned which;

	err = first(err, spot_old(&spot, path));
	if (!err)
		err = call_open_ino(spot.ino, is_dir ? FUSE_OPENDIR : FUSE_OPEN,
			O_RDONLY, &which);
	if (err)
		return err;
	in.fh = kernel.open[which].fh;
	err = ASK(is_dir ? FUSE_FSYNCDIR : FUSE_FSYNC, spot.ino, in, NULL, 0);
	return first(err, kernel_release(which));
}

static int cut(void)
{
	return sync_after(call_set("run/d/old.txt", FATTR_SIZE, 2),
		"run/d/old.txt", false);
}

static int move(void)
{
	return sync_after(call_move("run/d/old.txt", "run/d/moved.txt", 0),
		"run/d", true);
}

static int removed(void)
{
	return sync_after(
		call_remove("run/d/old.txt", FUSE_UNLINK), "run/d", true);
}

static void each(void **ctx)
{
	static const struct {
		const char *name;
		int (*call)(void);
		const char *synced[2];
	} cases[] = {
		{ "save", save, { "/run/d/new.txt\n", "/run/d\n" } },
		{ "close", close_one, { "/run/d/new.txt\n", "/run/d\n" } },
		{ "set", set, { "/settings.new\n", "/run/d\n" } },
		{ "draft", set_draft,
			{ "/drafts.json.copy.last\n",
				"/unsb-pk-test-0000-0000-0001\n" } },
		{ "cut", cut, { "/run/d/old.txt\n", "/run/d/old.txt\n" } },
		{ "move", move, { "/run/d\n", "/run/d\n" } },
		{ "removed", removed, { "/run/d\n", "/run/d\n" } },
	};

	(void)ctx;
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		kernel_open();
		assert_int_equal(kernel_mount(), 0);
		assert_int_equal(call_mkdir("run/d"), 0);
		assert_int_equal(put("run/d/old.txt", "old"), 0);
		synced_clear(0);
		int err = cases[i].call();
		if (err)
			fail_msg("%s: %d", cases[i].name, err);
		for (size_t n = 0; n < 2; n++)
			if (!strstr(synced, cases[i].synced[n]))
				fail_msg("%s: %s is not among\n%s",
					cases[i].name, cases[i].synced[n],
					synced);
		kernel_unmount();
		kernel_close();
	}
}

/* All that tells of a program is durable before its request is sent, whatever
 * becomes of the power then. The disk is waited for once: for all at the same
 * time. */
static void sent(void **ctx)
{
	static const char *const paths[] = { "/run/p.sh\n", "/jobs/1.code\n",
		"/jobs/1.json.last\n", "/jobs\n", "/run\n",
		"/unsb-pk-test-0000-0000-0001\n" };
	enum { PATHS = sizeof(paths) / sizeof(*paths) };

	(void)ctx;
	kernel_open();
	assert_int_equal(kernel_mount(), 0);
	synced_clear(PATHS);
	assert_int_equal(run(), 0);
	assert_int_equal(inside, PATHS);
	assert_false(is_alone);
	assert_true(is_sent());
	pthread_mutex_lock(&lock);
	if (sent_at)
		synced[sent_at] = '\0';
	for (size_t i = 0; i < PATHS; i++)
		if (!strstr(synced, paths[i]))
			fail_msg("%s was not synced before the request was "
				 "sent, but\n%s",
				paths[i], synced);
	awaited = sent_at = 0;
	pthread_mutex_unlock(&lock);
	kernel_unmount();
	kernel_close();
}

static unsigned lines(const char *text)
{
	unsigned count = 0;

	while ((text = strchr(text, '\n'))) {
		text++;
		count++;
	}
	return count;
}

/* So is its result, before the close has returned; and nothing else is synced.
 */
static void result(void **ctx)
{
	static const char *const paths[] = { "/jobs/1.stdout\n",
		"/jobs/1.artifact.0\n", "/jobs/1.answer\n",
		"/jobs/1.json.last\n", "/jobs\n" };
	enum { PATHS = sizeof(paths) / sizeof(*paths) };

	(void)ctx;
	kernel_open();
	assert_int_equal(kernel_mount(), 0);
	synced_clear(0);
	awaited_after = PATHS;
	assert_int_equal(run(), 0);
	pthread_mutex_lock(&lock);
	assert_true(sent_at > 0);
	assert_int_equal(inside, PATHS);
	assert_false(is_alone);
	for (size_t i = 0; i < PATHS; i++)
		if (!strstr(synced + sent_at, paths[i]))
			fail_msg("%s was not synced, but\n%s", paths[i],
				synced + sent_at);
	awaited = awaited_after = 0;
	pthread_mutex_unlock(&lock);
	kernel_unmount();
	assert_int_equal(lines(synced + sent_at), PATHS);
	sent_at = 0;
	kernel_close();
}

/* A new file and its directory. */
static void data(void **ctx)
{
	(void)ctx;
	kernel_open();
	assert_int_equal(kernel_mount(), 0);
	assert_int_equal(call_mkdir("run/d"), 0);
	assert_int_equal(put("run/d/old.txt", "old"), 0);
	synced_clear(2);
	assert_int_equal(save(), 0);
	assert_int_equal(inside, 2);
	assert_false(is_alone);
	assert_non_null(strstr(synced, "/run/d/new.txt\n"));
	assert_non_null(strstr(synced, "/run/d\n"));
	awaited = 0;
	kernel_unmount();
	kernel_close();
}

int main(void)
{
	const struct CMUnitTest tests[] = { cmocka_unit_test(each),
		cmocka_unit_test(data), cmocka_unit_test(sent),
		cmocka_unit_test(result) };

	return cmocka_run_group_tests(tests, NULL, NULL);
}
