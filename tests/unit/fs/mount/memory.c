/* SPDX-License-Identifier: MIT */
/* tests/unit/fs/mount/memory.c - a mount whose n-th allocation fails */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "tests/unit/fs/mount/calls.h"

/* The Makefile wraps what is called __wrap_ here. */
void *__real_malloc(size_t size);
void *__real_calloc(size_t count, size_t size);
void *__real_realloc(void *old, size_t size);
void *__real_reallocarray(void *old, size_t count, size_t size);
char *__real_strdup(const char *text);
char *__real_strndup(const char *text, size_t len);
FILE *__real_open_memstream(char **text, size_t *len);
void *__wrap_malloc(size_t size);
void *__wrap_calloc(size_t count, size_t size);
void *__wrap_realloc(void *old, size_t size);
void *__wrap_reallocarray(void *old, size_t count, size_t size);
char *__wrap_strdup(const char *text);
char *__wrap_strndup(const char *text, size_t len);
FILE *__wrap_open_memstream(char **text, size_t *len);

static _Atomic long allocations, failing;

/* Allocations of the worker threads are counted, too. */
static bool is_failing(void)
{
	long at = failing;

	if (!at || ++allocations != at)
		return false;
	errno = ENOMEM;
	return true;
}

void *__wrap_malloc(size_t size)
{
	return is_failing() ? NULL : __real_malloc(size);
}

void *__wrap_calloc(size_t count, size_t size)
{
	return is_failing() ? NULL : __real_calloc(count, size);
}

void *__wrap_realloc(void *old, size_t size)
{
	return is_failing() ? NULL : __real_realloc(old, size);
}

void *__wrap_reallocarray(void *old, size_t count, size_t size)
{
	return is_failing() ? NULL : __real_reallocarray(old, count, size);
}

char *__wrap_strdup(const char *text)
{
	return is_failing() ? NULL : __real_strdup(text);
}

char *__wrap_strndup(const char *text, size_t len)
{
	return is_failing() ? NULL : __real_strndup(text, len);
}

FILE *__wrap_open_memstream(char **text, size_t *len)
{
	return is_failing() ? NULL : __real_open_memstream(text, len);
}

/* ---- operations ---- */

static int put(const char *path, const char *text)
{
	return call_put(path, text, strlen(text));
}

static int add(const char *path, const char *text)
{
	return call_add(path, text, strlen(text));
}

static int cat(const char *path, const char *unused)
{
	(void)unused;
	return call_cat(path);
}

static int ls(const char *path, const char *unused)
{
	(void)unused;
	return call_list(path, FUSE_READDIR);
}

static int ls_long(const char *path, const char *unused)
{
	(void)unused;
	return call_list(path, FUSE_READDIRPLUS);
}

static int link_of(const char *path, const char *unused)
{
	(void)unused;
	return call_readlink(path);
}

static int rm(const char *path, const char *unused)
{
	(void)unused;
	return call_remove(path, FUSE_UNLINK);
}

static int rm_dir(const char *path, const char *unused)
{
	(void)unused;
	return call_remove(path, FUSE_RMDIR);
}

static int make_dir(const char *path, const char *unused)
{
	(void)unused;
	return call_mkdir(path);
}

static int touch(const char *path, const char *unused)
{
	(void)unused;
	return call_mknod(path);
}

static int move(const char *path, const char *new_path)
{
	return call_move(path, new_path, 0);
}

static int set_mode(const char *path, const char *unused)
{
	(void)unused;
	return call_set(path, FATTR_MODE, 0600);
}

static int xattr(const char *path, const char *value)
{
	int err = call_set_xattr(path, "user.x", value, strlen(value));

	if (!err)
		err = call_get_xattr(path, "user.x");
	return err ? err : call_remove_xattr(path, "user.x");
}

static int draft(const char *path, const char *unused)
{
	char file[64];

	(void)unused;
	call_remove(path, FUSE_RMDIR);
	call_mkdir(path);
	snprintf(file, sizeof(file), "%s/bootstrap", path);
	put(file, "echo");
	snprintf(file, sizeof(file), "%s/env", path);
	put(file, "A=1");
	snprintf(file, sizeof(file), "%s/files/f", path);
	return put(file, "data");
}

/* Removes the ended session's directory, and has the session recorded. */
static int record(const char *path, const char *unused)
{
	char file[64];

	(void)unused;
	call_remove(path, FUSE_RMDIR);
	snprintf(file, sizeof(file), "%s/audit", path);
	return put(file, "1");
}

static int record_and_end(const char *path, const char *unused)
{
	char file[64];

	record(path, unused);
	snprintf(file, sizeof(file), "%s/destroy", path);
	return put(file, "1");
}

typedef int act(const char *path, const char *text);

static const struct row_of_test {
	const char *name;
	act *act;
	const char *path, *text;
	act *before; /* called before each try; NULL: nothing */
	const char *before_path, *before_text;
	int also; /* an expected error besides ENOMEM */
} cases[] = {
	{ "ls", ls, "/" },
	{ "README", cat, "/README" },
	{ "languages", cat, "/languages" },
	{ "key", cat, "/key/tier" },
	{ "stats", cat, "/.unsandboxfs/stats" },
	{ "log", cat, "/.unsandboxfs/log" },
	{ "errors", cat, "/.unsandboxfs/errors" },
	{ "config", cat, "/.unsandboxfs/config" },
	{ "otp", put, "/.unsandboxfs/otp", "123456" },
	{ "run", put, "/run/a.sh", "echo" },
	{ "run dir", ls_long, "/run" },
	{ "result", cat, "/run/a.sh.job/stdout", NULL, put, "/run/a.sh", "x" },
	{ "job dir", ls_long, "/run/a.sh.job" },
	{ "artifact", cat, "/run/a.sh.job/artifacts/out" },
	{ "new file", put, "/run/n.txt", "text", rm, "/run/n.txt" },
	{ "append", add, "/run/d.txt", "text" },
	{ "remove", rm, "/run/n.txt", NULL, put, "/run/n.txt", "x" },
	{ "mkdir", make_dir, "/run/new", NULL, rm_dir, "/run/new" },
	{ "rmdir", rm_dir, "/run/new", NULL, make_dir, "/run/new" },
	{ "rename", move, "/run/n.txt", "/run/m.txt", put, "/run/n.txt", "x" },
	{ "link", call_link, "/run/d.txt", "/run/l", rm, "/run/l" },
	{ "symlink", call_symlink, "/run/s", "d.txt", rm, "/run/s" },
	{ "readlink", link_of, "/run/y" },
	{ "chmod", set_mode, "/run/d.txt" },
	{ "xattr", xattr, "/run/d.txt", "value" },
	{ "setting", put, "/run/.settings/ttl", "9" },
	{ "env", put, "/run/.settings/env", "A=1\n" },
	{ "read setting", cat, "/run/dir/.settings/env" },
	{ "submit", put, "/jobs/new/j.sh", "echo" },
	{ "jobs", ls_long, "/jobs" },
	{ "job", cat, "/jobs/j1/job.json" },
	{ "its link", link_of, "/jobs/new/j.sh.job" },
	{ "cancel", put, "/jobs/j9/cancel", "1", .also = -ESRCH },
	{ "sessions", ls_long, "/sessions" },
	{ "session", ls_long, "/sessions/s1" },
	{ "freeze", put, "/sessions/s1/state", "frozen" },
	{ "command", put, "/sessions/s1/run/c", "ls" },
	{ "audit", put, "/sessions/s1/audit", "0", record, "/sessions/s1" },
	/* ENOENT: the end of the try before may have been carried out late. */
	{ "end", put, "/sessions/s1/destroy", "1", record, "/sessions/s1", NULL,
		-ENOENT },
	{ "ended", ls_long, "/sessions/s1", NULL, record_and_end,
		"/sessions/s1" },
	{ "all sessions", ls_long, "/sessions" },
	{ "recording", ls_long, "/sessions/s1/artifacts" },
	{ "its file", cat, "/sessions/s1/artifacts/log" },
	{ "forget", rm_dir, "/sessions/s1", NULL, record_and_end,
		"/sessions/s1" },
	{ "draft", make_dir, "/sessions/new/d", NULL, rm_dir,
		"/sessions/new/d" },
	{ "its values", ls_long, "/sessions/new/d" },
	{ "set", put, "/sessions/new/d/shell", "sh" },
	{ "set more", add, "/services/new/e/ports", "80\n", draft,
		"/services/new/e" },
	{ "unset", rm, "/services/new/e/ports" },
	{ "drafts", ls_long, "/services/new" },
	{ "services", ls_long, "/services" },
	{ "service", ls_long, "/services/web" },
	{ "service.json", cat, "/services/web/service.json" },
	{ "link by id", link_of, "/services/w1" },
	{ "domains", add, "/services/web/domains", "c.d" },
	{ "temporary", put, "/services/web/domains.tmp", "c.d\n", rm,
		"/services/web/domains.tmp" },
	{ "read it", cat, "/services/web/domains.tmp" },
	{ "list it", ls_long, "/services/web" },
	{ "rename it", move, "/services/web/domains.tmp",
		"/services/web/domains.new", put, "/services/web/domains.tmp",
		"c.d\n" },
	{ "remove it", rm, "/services/web/domains.tmp", NULL, put,
		"/services/web/domains.tmp", "c.d\n" },
	{ "save by it", move, "/services/web/domains.tmp",
		"/services/web/domains", put, "/services/web/domains.tmp",
		"c.d\n" },
	{ "backup", move, "/services/web/domains", "/services/web/domains~", rm,
		"/services/web/domains~" },
	{ "temporary setting", put, "/run/.settings/ttl.Xy12", "9\n", rm,
		"/run/.settings/ttl.Xy12" },
	{ "setting by it", move, "/run/.settings/ttl.tmp", "/run/.settings/ttl",
		put, "/run/.settings/ttl.tmp", "9\n" },
	{ "resize", put, "/services/web/vcpu", "4" },
	{ "bootstrap", cat, "/services/web/bootstrap" },
	{ "redeploy", put, "/services/web/bootstrap", "#!/bin/sh" },
	{ "vault", cat, "/services/web/env" },
	{ "set vault", put, "/services/web/env", "A=1\n" },
	{ "logs", cat, "/services/web/logs" },
	{ "snapshot", make_dir, "/services/web/snapshots/n" },
	{ "image", make_dir, "/services/web/images/n" },
	{ "new service", move, "/services/new/x", "/services/x", draft,
		"/services/new/x" },
	{ "destroy", put, "/services/web/destroy", "1" },
	{ "snapshots", ls_long, "/snapshots/p1" },
	{ "clone", put, "/snapshots/p1/clone", "type=session" },
	{ "restore", put, "/snapshots/p1/restore", "1" },
	{ "images", ls_long, "/images/public" },
	{ "image", ls_long, "/images/i1/trusted" },
	{ "grant", touch, "/images/i1/trusted/unsb-pk-bbbb-bbbb-bbbb-bbbb" },
	{ "pools", cat, "/system/pools.json" },
};

/* Empties caches as far as possible without a new mount. */
static void empty_caches(void)
{
	put("/.unsandboxfs/refresh", "1");
	kernel_settle();
	kernel_interrupt();
	kernel_forget();
	kernel.asked_count = 1;
}

static void prepare(void)
{
	assert_int_equal(kernel_mount(), 0);
	assert_int_equal(put("/run/a.sh", "echo"), 0);
	assert_int_equal(put("/run/d.txt", "data"), 0);
	assert_int_equal(call_symlink("/run/y", "target"), 0);
	assert_int_equal(call_mkdir("/run/dir"), 0);
	assert_int_equal(put("/run/dir/.settings/env", "B=2\n"), 0);
	assert_int_equal(call_mkdir("/jobs/new/d"), 0);
	assert_int_equal(put("/jobs/new/d/main.sh", "echo"), 0);
	assert_int_equal(call_move("/jobs/new/d", "/jobs/alias", 0), 0);
	assert_int_equal(put("/jobs/new/j.sh", "echo"), 0);
}

static int run_case(const struct row_of_test *row, long at)
{
	int err;

	empty_caches();
	if (row->before)
		row->before(row->before_path, row->before_text);
	allocations = 0;
	failing = at;
	err = row->act(row->path, row->text);
	failing = 0;
	return err;
}

/* Hides what the daemon logs about each failure. */
static int stderr_close(void)
{
	int kept = dup(2), null = open("/dev/null", O_WRONLY | O_CLOEXEC);

	dup2(null, 2);
	close(null);
	return kept;
}

static void stderr_open(int kept)
{
	dup2(kept, 2);
	close(kept);
}

/* Returns how many tries had another error. */
static unsigned try_case(const struct row_of_test *row)
{
	int usual = run_case(row, 0), err;
	unsigned bad = 0;
	long at;

	for (at = 1;; at++) {
		err = run_case(row, at);
		if (allocations < at)
			break;
		if (!err || err == -ENOMEM || err == row->also)
			continue;
		bad++;
		print_message("%s, allocation %ld: %s\n", row->name, at,
			strerror(-err));
	}
	if (at < 5 || usual || (err && err != row->also)) {
		bad++;
		print_message("%s: %ld allocations, %s, then %s\n", row->name,
			at, strerror(-usual), strerror(-err));
	}
	return bad;
}

/* Each operation fails with ENOMEM or succeeds, and succeeds afterwards. */
static void operations(void **ctx)
{
	unsigned bad = 0;
	int kept;

	(void)ctx;
	kernel_open();
	prepare();
	kept = stderr_close();
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++)
		bad += try_case(&cases[i]);
	stderr_open(kept);
	kernel_unmount();
	kernel_close();
	assert_int_equal(bad, 0);
}

/* A mount that fails returns an error, and loses nothing. */
static void mounts(void **ctx)
{
	int kept, err = -ENOMEM;
	long at;

	(void)ctx;
	kernel_open();
	prepare();
	assert_int_equal(record_and_end("/sessions/s1", NULL), 0);
	kernel_unmount();
	kept = stderr_close();
	for (at = 1; err; at++) {
		allocations = 0;
		failing = at;
		err = kernel_mount();
		failing = 0;
		if (allocations >= at && !err)
			err = -EAGAIN; /* mounted without this allocation */
		if (kernel.mount)
			kernel_unmount();
		if (err != -ENOMEM && err != -EAGAIN && err != -ECONNABORTED)
			break;
	}
	stderr_open(kept);
	assert_int_equal(err, 0);
	assert_true(at > 100);
	assert_int_equal(kernel_mount(), 0);
	assert_int_equal(call_cat("/run/a.sh.job/stdout"), 0);
	assert_int_equal(call_cat("/run/dir/.settings/env"), 0);
	assert_int_equal(call_cat("/jobs/j1/job.json"), 0);
	assert_int_equal(call_cat("/sessions/s1/artifacts/log"), 0);
	assert_int_equal(call_readlink("/jobs/alias"), 0);
	assert_int_equal(call_readlink("/jobs/latest"), 0);
	kernel_unmount();
	kernel_close();
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(operations),
		cmocka_unit_test(mounts),
	};

	/* So that jansson's allocations fail, too. */
	json_set_alloc_funcs(__wrap_malloc, free);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
