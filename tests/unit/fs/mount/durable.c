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

/* The paths of what was synced, one a line. */
static char synced[1 << 16];

/* A file waits in fsync until so many are in there; those with the paths of
 * held until there is none. */
static unsigned awaited, inside;
static const char *held, *held_longer, *failing;
static bool is_alone;
enum { AWAITED_S = 30 };

static void await(bool (*is_over)(const char *path), const char *path)
{
	struct timespec until;

	clock_gettime(CLOCK_REALTIME, &until);
	until.tv_sec += AWAITED_S;
	while (!is_alone && !is_over(path))
		is_alone = pthread_cond_timedwait(&another, &lock, &until);
}

static bool are_inside(const char *path)
{
	(void)path;
	return inside >= awaited;
}

static bool ends_with(const char *path, const char *end)
{
	size_t len = strlen(path);

	return end && len >= strlen(end) &&
		!strcmp(path + len - strlen(end), end);
}

static bool is_let_go(const char *path)
{
	return !ends_with(path, held) && !ends_with(path, held_longer);
}

int __wrap_fsync(int fd)
{
	char link[64], path[4096];
	ssize_t n;

	snprintf(link, sizeof(link), "/proc/self/fd/%d", fd);
	n = readlink(link, path, sizeof(path) - 2);
	assert_true(n > 0);
	strcpy(path + n, "\n");
	pthread_mutex_lock(&lock);
	inside++;
	pthread_cond_broadcast(&another);
	await(are_inside, path);
	await(is_let_go, path);
	assert_true(strlen(synced) + strlen(path) < sizeof(synced));
	strcat(synced, path);
	bool fails = ends_with(path, failing);
	pthread_mutex_unlock(&lock);
	errno = EIO;
	return fails ? -1 : __real_fsync(fd);
}

/* The worker may still sync what belongs to the mount's start. */
static void synced_clear(unsigned to_await)
{
	pthread_mutex_lock(&lock);
	synced[0] = '\0';
	awaited = to_await;
	inside = 0;
	is_alone = false;
	pthread_mutex_unlock(&lock);
}

static void hold(const char *path, bool fails)
{
	pthread_mutex_lock(&lock);
	held = path;
	if (path && fails)
		failing = path;
	pthread_cond_broadcast(&another);
	pthread_mutex_unlock(&lock);
}

static void fail_at(const char *path)
{
	pthread_mutex_lock(&lock);
	failing = path;
	pthread_mutex_unlock(&lock);
}

static bool was_synced(const char *path)
{
	pthread_mutex_lock(&lock);
	bool was = strstr(synced, path) != NULL;
	pthread_mutex_unlock(&lock);
	return was;
}

static int put(const char *path, const char *text)
{
	return call_put(path, text, strlen(text));
}

static int save(void)
{
	return put("run/d/new.txt", "x");
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

/* The program, what tells of it, and its result. */
static const char *const paths[] = { "/run/p.sh\n", "/jobs/1.code\n", "/run\n",
	"/unsb-pk-test-0000-0000-0001\n", "/jobs\n", "/jobs/1.json.last\n",
	"/jobs/1.stdout\n", "/jobs/1.artifact.0\n", "/jobs/1.answer\n" };
enum {
	PATHS = sizeof(paths) / sizeof(*paths),
	BEFORE = 6, /* of these, not of the result */
	TWICE = 2,  /* the record, and its directory, before and after */
	TURN_US = 100,
	TURNS = AWAITED_S * 1000000 / TURN_US,
};

/* The threads are not waited for. */
static void turn(void)
{
	kernel.cut = TURNS;
	kernel_turn(true, 0);
	kernel.cut = 0;
	usleep(TURN_US);
}

static void turn_often(void)
{
	for (int i = 0; i < 100; i++)
		turn();
}

/* Opens a file, and writes it. */
static unsigned writer(const char *path, const char *text)
{
	unsigned which;

	assert_int_equal(call_open_to_write(path, 0, &which), 0);
	assert_int_equal(call_write(which, 0, text, strlen(text)), 0);
	kernel_settle();
	return which;
}

/* Begins to close it; run_answer ends that. */
static uint64_t close_begin(unsigned which)
{
	struct fuse_flush_in in = { .fh = kernel.open[which].fh };

	return kernel_post(
		FUSE_FLUSH, kernel.open[which].ino, &in, sizeof(in), NULL, 0);
}

static uint64_t run_begin(unsigned *which)
{
	*which = writer("run/p.sh", "echo hi\n");
	synced_clear(0);
	return close_begin(*which);
}

static int run_answer(uint64_t close)
{
	for (int i = 0; i < TURNS && !kernel.asked[close].is_answered; i++)
		turn();
	assert_true(kernel.asked[close].is_answered);
	return kernel.err;
}

static void run_end(uint64_t close, unsigned which)
{
	assert_int_equal(run_answer(close), 0);
	assert_int_equal(kernel_release(which), 0);
}

static bool all_but_held(void)
{
	for (size_t i = 0; i < PATHS; i++)
		if (paths[i] != held && !was_synced(paths[i]))
			return false;
	return true;
}

/* The close waits for each of them, although the program has been sent, and its
 * result has come. */
static void each_of_a_run(void **ctx)
{
	unsigned which;

	(void)ctx;
	for (size_t n = 0; n < PATHS; n++) {
		kernel_open();
		assert_int_equal(kernel_mount(), 0);
		uint64_t close = run_begin(&which);
		hold(paths[n], false);
		for (int i = 0; i < TURNS && !all_but_held(); i++)
			turn();
		turn_often();
		if (!all_but_held() || kernel.asked[close].is_answered)
			fail_msg("held %sof\n%s", paths[n], synced);
		hold(NULL, false);
		run_end(close, which);
		assert_true(was_synced(paths[n]));
		assert_false(is_alone);
		kernel_unmount();
		kernel_close();
	}
}

static uint64_t sent(void)
{
	return kernel.mount->core.api->stats.sent[API_EXECUTE];
}

static uint64_t errors(void)
{
	return errors_count(kernel.mount->core.errors);
}

/* One that has its turn has been sent when the disk fails; one that waits for
 * its turn is not sent any more. The close and errors tell it of both. */
static void run_fails(const char *path, bool waits)
{
	struct runs *runs;
	unsigned which;

	kernel_open();
	assert_int_equal(kernel_mount(), 0);
	runs = &kernel.mount->jobs.runs;
	uint64_t close = run_begin(&which);
	hold(path, true);
	runs->limit = 1;
	runs->in_flight = waits;
	for (int i = 0; i < TURNS && !waits && !all_but_held(); i++)
		turn();
	turn_often();
	assert_int_equal(sent(), !waits);
	hold(NULL, true);
	assert_int_equal(run_answer(close), -EIO);
	assert_true(errors() > 0);
	fail_at(NULL);
	runs->limit = runs->in_flight = 0;
	kernel_settle();
	assert_int_equal(sent(), !waits);
	kernel_release(which);
	kernel_unmount();
	kernel_close();
}

static void failing_disk(void **ctx)
{
	(void)ctx;
	for (size_t i = 0; i < PATHS; i++) {
		run_fails(paths[i], false);
		if (i < BEFORE)
			run_fails(paths[i], true);
	}
}

static bool has_record(void)
{
	int jobs_fd = kernel.mount->core.state.jobs_fd;

	return !faccessat(jobs_fd, "1.json", F_OK, 0) ||
		!faccessat(jobs_fd, "1.json.last", F_OK, 0);
}

static void hold_longer(const char *path)
{
	pthread_mutex_lock(&lock);
	held_longer = path;
	pthread_cond_broadcast(&another);
	pthread_mutex_unlock(&lock);
}

/* A run that was sent is known at the next start, with its result if that could
 * be stored, also if the disk fails once, and whatever ends first. */
static void known_after_failure(void **ctx)
{
	static const struct {
		const char *failing, *last; /* to end */
		enum job_status status;
	} cases[] = {
		{ "/jobs/1.json.last\n", "/run/p.sh\n", JOB_COMPLETED },
		{ "/jobs/1.json.last\n", "/jobs/1.answer\n", JOB_COMPLETED },
		{ "/run/p.sh\n", "/jobs/1.answer\n", JOB_COMPLETED },
		{ "/jobs/1.code\n", "/jobs/1.answer\n", JOB_COMPLETED },
		{ "/jobs/1.answer\n", "/run/p.sh\n", JOB_ERROR },
	};
	unsigned which;

	(void)ctx;
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		kernel_open();
		assert_int_equal(kernel_mount(), 0);
		uint64_t close = run_begin(&which);
		hold(cases[i].failing, true);
		hold_longer(cases[i].last);
		for (int n = 0; n < TURNS && !was_synced("/1.stdout\n"); n++)
			turn();
		turn_often();
		hold(NULL, false);
		turn_often();
		assert_true(has_record());
		hold_longer(NULL);
		assert_int_equal(run_answer(close), -EIO);
		kernel_settle();
		assert_true(has_record());
		fail_at(NULL);
		kernel_release(which);
		kernel_unmount();
		assert_int_equal(kernel_mount(), 0);
		const struct job *job = job_by_number(&kernel.mount->core, 1);
		assert_non_null(job);
		assert_int_equal(job->status, cases[i].status);
		kernel_unmount();
		kernel_close();
	}
}

static bool is_kept(void)
{
	const struct job *job = job_by_number(&kernel.mount->core, 1);

	usleep(TURN_US);
	return job && job_is_kept(job);
}

/* Also if only the record of the result cannot be synced, which the close has
 * waited for. */
static void result_is_not_kept(void **ctx)
{
	unsigned which;

	(void)ctx;
	kernel_open();
	assert_int_equal(kernel_mount(), 0);
	uint64_t close = run_begin(&which);
	kernel.cut = TURNS;
	for (int i = 0; i < TURNS && !is_kept(); i++)
		kernel_turn(false, 0);
	kernel.cut = 0;
	fail_at("/jobs/1.json.last\n");
	assert_int_equal(run_answer(close), -EIO);
	assert_true(errors() > 0);
	assert_true(has_record());
	fail_at(NULL);
	kernel_release(which);
	kernel_unmount();
	kernel_close();
}

static pthread_mutex_t gate = PTHREAD_MUTEX_INITIALIZER;

static void wait_at_gate(void *ctx)
{
	(void)ctx;
	pthread_mutex_lock(&gate);
	pthread_mutex_unlock(&gate);
}

/* What a close tells is known after a kill, however much the recorder has to do
 * for others. */
static void told_is_recorded(void **ctx)
{
	const struct say refused = {
		.status = 400, .body = (char *)"{}", .len = 2
	};
	char *record;
	unsigned which;
	size_t len;

	(void)ctx;
	kernel_open();
	assert_int_equal(kernel_mount(), 0);
	pthread_mutex_lock(&gate);
	uint64_t close = run_begin(&which);
	wire_say(&refused);
	worker_submit(kernel.mount->core.recorder, wait_at_gate, NULL, NULL);
	assert_int_equal(run_answer(close), -EINVAL);
	assert_int_equal(state_read(kernel.mount->core.state.jobs_fd,
				 "1.json.last", 4096, &record, &len),
		0);
	assert_non_null(strstr(record, "nothing ran"));
	free(record);
	pthread_mutex_unlock(&gate);
	kernel_release(which);
	kernel_unmount();
	kernel_close();
}

/* A power cut may leave the result, and not all of the program. */
static void code_is_cut(void **ctx)
{
	unsigned which;

	(void)ctx;
	kernel_open();
	assert_int_equal(kernel_mount(), 0);
	uint64_t close_number = run_begin(&which);
	run_end(close_number, which);
	assert_int_equal(call_cat("run/p.sh.job/code"), 0);
	int fd = job_open_file(
		&kernel.mount->core.state, 1, "code", O_WRONLY | O_TRUNC);
	assert_true(fd >= 0);
	close(fd);
	kernel_unmount();
	assert_int_equal(kernel_mount(), 0);
	assert_int_equal(call_cat("run/p.sh.job/stdout"), 0);
	assert_int_equal(call_cat("run/p.sh.job/code"), -ENOENT);
	assert_int_equal(call_stat("run/p.sh.job/code"), -ENOENT);
	kernel_unmount();
	kernel_close();
}

/* Begins to submit jobs/new/d, whose main.sh is on disk as *path. */
static uint64_t submit_begin(char path[4096])
{
	static const char names[] = "d\0x", end[] = "/d/main.sh\n";
	struct fuse_rename2_in in = { 0 };
	struct spot from, to;
	char *last;

	synced_clear(0);
	assert_int_equal(call_mkdir("jobs/new/d"), 0);
	assert_int_equal(put("jobs/new/d/main.sh", "echo hi\n"), 0);
	assert_int_equal(spot_old(&from, "jobs/new/d"), 0);
	assert_int_equal(spot_find(&to, "jobs/x"), 0);
	kernel_settle();
	last = strstr(synced, end);
	assert_non_null(last);
	last[sizeof(end) - 2] = '\0';
	strcpy(path, strrchr(synced, '\n') ?: synced);
	memmove(path, strchr(path, '/'), strlen(strchr(path, '/')) + 1);
	synced_clear(0);
	in.newdir = to.dir;
	return kernel_post(
		FUSE_RENAME2, from.dir, &in, sizeof(in), names, sizeof(names));
}

/* A draft is there until its job is on disk, with its id. */
static void submit_waits(const char *to_hold, bool fails)
{
	struct job *job;
	char path[4096];

	kernel_open();
	assert_int_equal(kernel_mount(), 0);
	uint64_t move = submit_begin(path);
	hold(to_hold, fails);
	for (int i = 0; i < TURNS; i++) {
		turn();
		job = job_by_number(&kernel.mount->core, 1);
		if (job && job->id)
			break;
	}
	turn_often();
	assert_non_null(job->id);
	assert_int_equal(access(path, F_OK), 0);
	assert_false(kernel.asked[move].is_answered);
	hold(NULL, fails);
	assert_int_equal(run_answer(move), fails ? -EIO : 0);
	assert_int_equal(access(path, F_OK), fails ? 0 : -1);
	fail_at(NULL);
	kernel_unmount();
	kernel_close();
}

static void submitted(void **ctx)
{
	(void)ctx;
	submit_waits("/jobs/1.code\n", false);
	submit_waits("/jobs/1.json.last\n", false);
	submit_waits("/jobs\n", false);
	submit_waits("/jobs/1.code\n", true);
}

/* The disk is waited for once: all are in fsync at the same time, also the
 * result, and nothing else is. */
static void run_at_once(void **ctx)
{
	unsigned which;

	(void)ctx;
	kernel_open();
	assert_int_equal(kernel_mount(), 0);
	uint64_t close = run_begin(&which);
	awaited = PATHS + TWICE;
	run_end(close, which);
	assert_false(is_alone);
	assert_int_equal(inside, PATHS + TWICE);
	for (size_t i = 0; i < PATHS; i++)
		assert_true(was_synced(paths[i]));
	awaited = 0;
	kernel_unmount();
	assert_int_equal(inside, PATHS + TWICE);
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

/* The second close leaves the directory to the first, and so fails with it. */
static void both_in_a_directory(void **ctx)
{
	(void)ctx;
	kernel_open();
	assert_int_equal(kernel_mount(), 0);
	assert_int_equal(call_mkdir("run/d"), 0);
	unsigned first = writer("run/d/a.txt", "x");
	unsigned second = writer("run/d/b.txt", "x");
	synced_clear(0);
	hold("/run/d\n", true);
	uint64_t one = close_begin(first);
	for (int i = 0; i < TURNS && !was_synced("/run/d/a.txt\n"); i++)
		turn();
	uint64_t other = close_begin(second);
	turn_often();
	assert_false(kernel.asked[other].is_answered);
	hold(NULL, true);
	assert_int_equal(run_answer(one), -EIO);
	assert_int_equal(run_answer(other), -EIO);
	fail_at(NULL);
	kernel_unmount();
	kernel_close();
}

int main(void)
{
	const struct CMUnitTest tests[] = { cmocka_unit_test(each),
		cmocka_unit_test(data), cmocka_unit_test(both_in_a_directory),
		cmocka_unit_test(each_of_a_run), cmocka_unit_test(failing_disk),
		cmocka_unit_test(known_after_failure),
		cmocka_unit_test(result_is_not_kept),
		cmocka_unit_test(code_is_cut),
		cmocka_unit_test(told_is_recorded), cmocka_unit_test(submitted),
		cmocka_unit_test(run_at_once) };

	return cmocka_run_group_tests(tests, NULL, NULL);
}
