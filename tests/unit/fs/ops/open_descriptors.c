/* SPDX-License-Identifier: MIT */
/* tests/unit/fs/ops/open_descriptors.c - real processes with real descriptors,
 * alive and dead */
#include "fs/ops/open_descriptors.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

static char file[64], other[64];
static uint64_t ino;
static int to_parent[2], to_child[2];
static const char *fake_fdinfo, *fake_status;

/* Replaced so that a test can show the fdinfo of another kernel. */
DIR *opendir(const char *path)
{
	int fd = open(fake_fdinfo ? fake_fdinfo : path,
		O_RDONLY | O_DIRECTORY | O_CLOEXEC);

	return fd < 0 ? NULL : fdopendir(fd);
}

int openat(int dir, const char *path, int flags, ...)
{
	if (fake_status && strstr(path, "/status"))
		path = fake_status;
	return (int)syscall(SYS_openat, dir, path, flags, 0600);
}

static int setup(void **ctx)
{
	struct stat st;
	int fd;

	(void)ctx;
	strcpy(file, "/tmp/fs_writer.XXXXXX");
	strcpy(other, "/tmp/fs_writer.XXXXXX");
	fd = mkstemp(file);
	assert_int_equal(fstat(fd, &st), 0);
	ino = st.st_ino;
	close(fd);
	close(mkstemp(other));
	assert_int_equal(pipe2(to_parent, O_CLOEXEC), 0);
	assert_int_equal(pipe2(to_child, O_CLOEXEC), 0);
	return 0;
}

static int teardown(void **ctx)
{
	(void)ctx;
	unlink(file);
	unlink(other);
	close(to_parent[0]);
	close(to_parent[1]);
	close(to_child[0]);
	close(to_child[1]);
	fake_fdinfo = fake_status = NULL;
	return 0;
}

/* ---- what the child does before it writes its thread id ---------------- */

static void tell(pid_t tid)
{
	if (write(to_parent[1], &tid, sizeof(tid)) != sizeof(tid))
		_exit(1);
}

static void stay(void)
{
	char c;

	tell((pid_t)syscall(SYS_gettid));
	if (read(to_child[0], &c, 1) != 1)
		_exit(1);
}

static void open_as(const char *path, int flags)
{
	if (open(path, flags) < 0)
		_exit(1);
}

static void closed(void)
{
	close(open(file, O_WRONLY));
	stay();
}

static void duplicate(void)
{
	int fd = open(file, O_WRONLY);

	if (dup(fd) < 0)
		_exit(1);
	close(fd);
	stay();
}

static void reader(void)
{
	open_as(file, O_RDONLY);
	stay();
}

static void read_write(void)
{
	open_as(file, O_RDWR);
	stay();
}

static void appender(void)
{
	open_as(file, O_WRONLY | O_APPEND | O_NONBLOCK);
	stay();
}

static void path_only(void)
{
	open_as(file, O_PATH);
	stay();
}

static void other_file(void)
{
	open_as(other, O_RDWR);
	stay();
}

static void strange_name(void)
{
	prctl(PR_SET_NAME, "a) R 1 (\n4294");
	stay();
}

static void *thread_stays(void *ctx)
{
	(void)ctx;
	stay();
	return NULL;
}

static void thread(void)
{
	pthread_t id;

	pthread_create(&id, NULL, thread_stays, NULL);
	pthread_join(id, NULL);
}

static void child_does(int flags)
{
	int fd = open(file, flags);
	pid_t child = fork();

	while (!child)
		pause();
	close(fd);
	stay();
	kill(child, SIGKILL);
	waitpid(child, NULL, 0);
}

static void child_writes(void)
{
	child_does(O_WRONLY);
}

static void child_reads(void)
{
	child_does(O_RDONLY);
}

static void thread_writer(void)
{
	open_as(file, O_WRONLY);
	thread();
}

static void *thread_outlives(void *ctx)
{
	int fd = open(file, O_WRONLY);

	if (fd < 0)
		_exit(1);
	if (!ctx)
		close(fd);
	usleep(20000);
	stay();
	_exit(0);
}

/* The first thread has exited, with its descriptors; the process goes on. */
static void leader_gone(void)
{
	pthread_t id;

	pthread_create(&id, NULL, thread_outlives, NULL);
	pthread_exit(NULL);
}

static void leader_gone_writer(void)
{
	pthread_t id;

	pthread_create(&id, NULL, thread_outlives, file);
	pthread_exit(NULL);
}

static void exits(void)
{
	tell(getpid());
	_exit(0);
}

static void exits_badly(void)
{
	tell(getpid());
	_exit(130);
}

static void *thread_exits(void *ctx)
{
	(void)ctx;
	exits_badly();
	return NULL;
}

/* The leader is killed by the exit of another thread, not by a signal. */
static void exits_in_thread(void)
{
	pthread_t id;

	pthread_create(&id, NULL, thread_exits, NULL);
	for (;;)
		pause();
}

static void *thread_waits(void *ctx)
{
	(void)ctx;
	for (;;)
		pause();
	return NULL;
}

static void exits_with_threads(void)
{
	pthread_t id;

	for (int i = 0; i < 8; i++)
		pthread_create(&id, NULL, thread_waits, NULL);
	exits();
}

static void killed_by(int signal)
{
	tell(getpid());
	raise(signal);
	_exit(0);
}

static void killed(void)
{
	open_as(file, O_WRONLY);
	killed_by(SIGKILL);
}

static void interrupted(void)
{
	prctl(PR_SET_NAME, "x) S 4 (");
	killed_by(SIGINT);
}

static void aborted(void)
{
	killed_by(SIGABRT);
}

static void *thread_killed(void *ctx)
{
	(void)ctx;
	killed_by(SIGTERM);
	return NULL;
}

static void killed_in_thread(void)
{
	pthread_t id;

	pthread_create(&id, NULL, thread_killed, NULL);
	for (;;)
		pause();
}

/* -------------------------------------------------------------------------- */

static pid_t start(void (*act)(void), pid_t *tid)
{
	pid_t pid = fork();

	assert_true(pid >= 0);
	if (pid == 0) {
		signal(SIGINT, SIG_DFL);
		act();
		_exit(0);
	}
	assert_int_equal(read(to_parent[0], tid, sizeof(*tid)), sizeof(*tid));
	return pid;
}

static void end(pid_t pid)
{
	assert_int_equal(write(to_child[1], "x", 1), 1);
	assert_int_equal(waitpid(pid, NULL, 0), pid);
}

static const char *name_of(enum writer_close found)
{
	static const char *const names[] = { "last", "more", "child", "killed",
		"unknown" };

	return names[found];
}

static void living(void **ctx)
{
	static const struct {
		const char *what;
		void (*act)(void);
		enum writer_close found;
	} cases[] = {
		{ "it has closed", closed, WRITER_LAST },
		{ "a duplicate", duplicate, WRITER_MORE },
		{ "a reader", reader, WRITER_LAST },
		{ "read and write", read_write, WRITER_MORE },
		{ "append", appender, WRITER_MORE },
		{ "O_PATH", path_only, WRITER_LAST },
		{ "another file", other_file, WRITER_LAST },
		{ "a strange name", strange_name, WRITER_LAST },
		{ "a thread", thread, WRITER_LAST },
		{ "a thread of a writer", thread_writer, WRITER_MORE },
		{ "the leader is gone", leader_gone, WRITER_LAST },
		{ "the leader of a writer", leader_gone_writer, WRITER_MORE },
		{ "a child writes", child_writes, WRITER_CHILD },
		{ "a child reads", child_reads, WRITER_LAST },
	};
	enum writer_close found;
	pid_t pid, tid;

	(void)ctx;
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		pid = start(cases[i].act, &tid);
		found = writer_close(tid, pid, ino);
		if (found != cases[i].found)
			fail_msg("%s: %s", cases[i].what, name_of(found));
		assert_int_equal(writer_process(tid), pid);
		assert_int_equal(
			writer_close(tid, getpid(), ino), WRITER_UNKNOWN);
		end(pid);
	}
}

static void dead(void **ctx)
{
	static const struct {
		const char *what;
		void (*act)(void);
		enum writer_close found;
	} cases[] = {
		{ "exit", exits, WRITER_LAST },
		{ "exit 130", exits_badly, WRITER_LAST },
		{ "exit in a thread", exits_in_thread, WRITER_LAST },
		{ "exit with threads", exits_with_threads, WRITER_LAST },
		{ "SIGKILL", killed, WRITER_KILLED },
		{ "SIGINT", interrupted, WRITER_KILLED },
		{ "SIGABRT", aborted, WRITER_KILLED },
		{ "SIGTERM in a thread", killed_in_thread, WRITER_KILLED },
	};
	enum writer_close found;
	siginfo_t info;
	pid_t pid, tid;

	(void)ctx;
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		pid = start(cases[i].act, &tid);
		assert_int_equal(
			waitid(P_PID, (id_t)pid, &info, WEXITED | WNOWAIT), 0);
		found = writer_close(pid, pid, ino);
		if (found != cases[i].found)
			fail_msg("%s: %s", cases[i].what, name_of(found));
		waitpid(pid, NULL, 0);
		assert_int_equal(writer_close(pid, pid, ino), WRITER_UNKNOWN);
		assert_int_equal(writer_process(pid), 0);
	}
}

static void unknown(void **ctx)
{
	int status;
	pid_t pid;

	(void)ctx;
	assert_int_equal(writer_process(0), 0);
	assert_int_equal(writer_process(-1), 0);
	assert_int_equal(writer_close(0, 0, ino), WRITER_UNKNOWN);
	assert_int_equal(writer_close(-1, -1, ino), WRITER_UNKNOWN);
	assert_int_equal(writer_close(0, getpid(), ino), WRITER_UNKNOWN);
	/* Only root can see another user's descriptors. */
	pid = fork();
	if (pid == 0) {
		if (geteuid() == 0 && setuid(65534) < 0)
			_exit(9);
		_exit((int)writer_close(1, 1, ino));
	}
	waitpid(pid, &status, 0);
	assert_int_equal(WEXITSTATUS(status), WRITER_UNKNOWN);
}

/* Kernels before 5.14 show no inode numbers in fdinfo. */
static void old_kernel(void **ctx)
{
	static const struct {
		const char *what, *text;
		enum writer_close found;
	} cases[] = {
		{ "no ino", "pos:\t0\nflags:\t0100001\nmnt_id:\t25\n",
			WRITER_UNKNOWN },
		{ "another ino", "flags:\t0100001\nino:\t12\n", WRITER_LAST },
		{ "a writer", "flags:\t0100001\nmnt_id:\t2\nino:\t4242\n",
			WRITER_MORE },
		{ "a reader", "flags:\t0100000\nino:\t4242\n", WRITER_LAST },
		{ "read and write", "ino:\t4242\nflags:\t0102002\n",
			WRITER_MORE },
		{ "no flags", "ino:\t4242\n", WRITER_LAST },
		{ "nothing", "", WRITER_LAST },
		{ "ino of 64 bits", "flags:\t01\nino:\t9223372036854779950\n",
			WRITER_LAST },
	};
	char dir[] = "/tmp/fs_writer_fdinfo.XXXXXX", path[64];
	enum writer_close found;
	int fd;

	(void)ctx;
	assert_non_null(mkdtemp(dir));
	snprintf(path, sizeof(path), "%s/3", dir);
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		fd = open(path, O_CREAT | O_TRUNC | O_WRONLY, 0600);
		assert_int_equal(
			write(fd, cases[i].text, strlen(cases[i].text)),
			strlen(cases[i].text));
		close(fd);
		fake_fdinfo = dir;
		found = writer_close(getpid(), getpid(), 4242);
		fake_fdinfo = NULL;
		if (found != cases[i].found)
			fail_msg("%s: %s", cases[i].what, name_of(found));
	}
	unlink(path);
	rmdir(dir);
}

/* While a program is in execve, its /proc/PID/stat must not be read. */
static void in_exec(void **ctx)
{
	static const struct {
		const char *what, *text;
		enum writer_close found;
	} cases[] = {
		{ "running", "VmSize:\t 10 kB\nVmExe:\t       12 kB\n",
			WRITER_LAST },
		{ "in execve", "VmSize:\t 132 kB\nVmExe:\t       0 kB\n",
			WRITER_UNKNOWN },
		{ "ending", "Threads:\t1\n", WRITER_LAST },
	};
	char path[] = "/tmp/fs_writer_status.XXXXXX", text[256];
	enum writer_close found;
	int fd = mkstemp(path);

	(void)ctx;
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		snprintf(text, sizeof(text),
			"Name:\tx\nTgid:\t%d\nNgid:\t0\n%s", (int)getpid(),
			cases[i].text);
		assert_int_equal(ftruncate(fd, 0), 0);
		assert_int_equal(
			pwrite(fd, text, strlen(text), 0), strlen(text));
		fake_status = path;
		found = writer_close(getpid(), getpid(), ino);
		fake_status = NULL;
		if (found != cases[i].found)
			fail_msg("%s: %s", cases[i].what, name_of(found));
	}
	close(fd);
	unlink(path);
}

int main(void)
{
#define CASE(test) cmocka_unit_test_setup_teardown(test, setup, teardown)
	const struct CMUnitTest tests[] = {
		CASE(living),
		CASE(dead),
		CASE(unknown),
		CASE(old_kernel),
		CASE(in_exec),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
