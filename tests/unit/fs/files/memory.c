/* SPDX-License-Identifier: MIT */
/* tests/unit/fs/files/memory.c - every call with its n-th allocation failing */
#include "tests/unit/fs/files/fixture.h"

void *__real_malloc(size_t size);
void *__real_calloc(size_t count, size_t size);
void *__real_realloc(void *old, size_t size);
void *__wrap_malloc(size_t size);
void *__wrap_calloc(size_t count, size_t size);
void *__wrap_realloc(void *old, size_t size);

static long allocations, failing;

static int is_failing(void)
{
	return failing && ++allocations == failing;
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

#define DROP(err, file) drop(err, &(file))

static int drop(int err, struct file **file)
{
	if (!err)
		file_drop(*file);
	return err;
}

static int open_all(void)
{
	struct files *files;
	int err = files_open(fixture.fd, fixture.dir, &fixture.options, &files);

	if (!err)
		files_close(files);
	return err;
}

static int top(void)
{
	struct file *file = files_top(fixture.files, "services/ID/run");

	return DROP(file ? 0 : -ENOMEM, file);
}

static int look_up(void)
{
	struct file *file;

	return DROP(file_lookup(fixture.top, "unknown", &file), file);
}

static int look_up_dir(void)
{
	struct file *file;

	return DROP(file_lookup(fixture.top, "dir", &file), file);
}

static int create(void)
{
	struct file *file;

	return DROP(file_create(fixture.top, "new", 0644, O_RDWR,
			    &fixture.caller, NULL, &file),
		file);
}

static int mkdir_new(void)
{
	struct file *file;

	return DROP(
		file_mkdir(fixture.top, "new", 0755, &fixture.caller, &file),
		file);
}

static int symlink_new(void)
{
	struct file *file;

	return DROP(
		file_symlink(fixture.top, "new", "t", &fixture.caller, &file),
		file);
}

static struct file *known; /* run/known */

static int link_new(void)
{
	return file_link(known, fixture.top, "new");
}

static int rename_new(void)
{
	return file_rename(fixture.top, "known", fixture.top, "new", 0);
}

static int rename_over(void)
{
	return file_rename(fixture.top, "known", fixture.top, "unknown", 0);
}

static int exchange(void)
{
	return file_rename(
		fixture.top, "known", fixture.top, "kept", RENAME_EXCHANGE);
}

static int unlink_known(void)
{
	return file_unlink(fixture.top, "known");
}

static int find_places(void)
{
	return file_find_places(known);
}

static int settings(void)
{
	json_t *value = json_string("x");

	return value ? file_settings_set(fixture.top, "new", value) : -ENOMEM;
}

static int commit_known(void)
{
	return commit(known);
}

static int list(void)
{
	FILE *out = fopen("/dev/null", "w");
	int err = out ? file_each(fixture.top, list_one, out) : -ENOMEM;

	if (out)
		fclose(out);
	return err;
}

static int remove_tree(void)
{
	struct file *dir;
	int err = file_lookup(fixture.top, "dir", &dir);

	if (err)
		return err;
	err = file_remove_tree(dir);
	file_drop(dir);
	return err;
}

static void prepare(void)
{
	struct file *kept;

	kept = save(fixture.top, "kept", "kept");
	file_drop(save(fixture.top, "unknown", "unknown"));
	known = save(fixture.top, "known", "known");
	assert_int_equal(file_link(known, fixture.top, "other"), 0);
	file_drop(make_dir(fixture.top, "dir"));
	assert_int_equal(file_settings_set(fixture.top, "a", json_true()), 0);
	kept->sent = kept->generation;
	file_drop(kept);
}

/* A call returns -ENOMEM, loses nothing, and succeeds later. */
static void each_allocation_fails(void **ctx)
{
	static const struct {
		const char *name;
		int (*call)(void);
	} calls[] = {
		{ "open_all", open_all },
		{ "top", top },
		{ "look_up", look_up },
		{ "look_up_dir", look_up_dir },
		{ "create", create },
		{ "mkdir_new", mkdir_new },
		{ "symlink_new", symlink_new },
		{ "link_new", link_new },
		{ "rename_new", rename_new },
		{ "rename_over", rename_over },
		{ "exchange", exchange },
		{ "unlink_known", unlink_known },
		{ "find_places", find_places },
		{ "settings", settings },
		{ "commit_known", commit_known },
		{ "list", list },
		{ "remove_tree", remove_tree },
	};

	fixture_teardown(ctx);
	for (size_t i = 0; i < sizeof(calls) / sizeof(*calls); i++) {
		int err = -ENOMEM;
		fixture_setup(ctx);
		reload();
		prepare();
		for (long n = 1; err; n++) {
			char *before = names(fixture.top);
			allocations = 0;
			failing = n;
			err = calls[i].call();
			failing = 0;
			if (err && err != -ENOMEM)
				fail_msg("%s, allocation %ld: %d",
					calls[i].name, n, err);
			if (err)
				assert_names(fixture.top, before);
			free(before);
		}
		holds(known, "known");
		assert_non_null(file_settings(fixture.top));
		if (i + 1 < sizeof(calls) / sizeof(*calls))
			fixture_teardown(ctx);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		FILE_TEST(each_allocation_fails),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
