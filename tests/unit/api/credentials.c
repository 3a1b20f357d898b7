/* SPDX-License-Identifier: MIT */
/* tests/unit/api/credentials.c - where keys are found, and which are refused */
#include <errno.h>
#include <pwd.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "api/api.h"

#define ROW(n) "unsb-pk-" #n ",unsb-sk-" #n "\n"

struct place {
	const char *content; /* NULL: no such file */
	mode_t mode;	     /* 0: 0600 */
};

struct credentials_case {
	const char *name;
	int account;
	struct place given, home, here;
	const char *public_env, *secret_env, *account_env;
	int err;
	const char *public_key; /* that is loaded */
	const char *why;	/* a part of the message */
};

static const struct credentials_case cases[] = {
	{ "the environment", -1, { NULL, 0 }, { ROW(1), 0 }, { NULL, 0 },
		"unsb-pk-e", "unsb-sk-e", NULL, 0, "unsb-pk-e", NULL },
	{ "only the public key in it", -1, { NULL, 0 }, { ROW(1), 0 },
		{ NULL, 0 }, "unsb-pk-e", NULL, NULL, -EINVAL, NULL,
		"is set; set both" },
	{ "only the secret key in it", -1, { ROW(7), 0 }, { ROW(1), 0 },
		{ NULL, 0 }, "", "unsb-sk-e", NULL, -EINVAL, NULL,
		"is set; set both" },
	{ "one key in it, and an account", 0, { NULL, 0 }, { ROW(1), 0 },
		{ NULL, 0 }, "unsb-pk-e", NULL, NULL, 0, "unsb-pk-1", NULL },
	{ "empty keys", -1, { NULL, 0 }, { ROW(1), 0 }, { NULL, 0 }, "", "",
		NULL, 0, "unsb-pk-1", NULL },
	{ "the environment before a given file", -1, { ROW(1), 0 }, { NULL, 0 },
		{ NULL, 0 }, "unsb-pk-e", "unsb-sk-e", NULL, 0, "unsb-pk-e",
		NULL },
	{ "an account before the environment", 0, { NULL, 0 }, { ROW(1), 0 },
		{ NULL, 0 }, "unsb-pk-e", "unsb-sk-e", NULL, 0, "unsb-pk-1",
		NULL },
	{ "an account that is not there, and the environment", 3, { NULL, 0 },
		{ ROW(1), 0 }, { NULL, 0 }, "unsb-pk-e", "unsb-sk-e", NULL,
		-ERANGE, NULL, "has no account 3" },
	{ "home", -1, { NULL, 0 }, { ROW(1) ROW(2), 0 }, { ROW(3), 0 }, NULL,
		NULL, NULL, 0, "unsb-pk-1", NULL },
	{ "here", -1, { NULL, 0 }, { NULL, 0 }, { ROW(3), 0 }, NULL, NULL, NULL,
		0, "unsb-pk-3", NULL },
	{ "here, for a row that is missing in home", 1, { NULL, 0 },
		{ ROW(1), 0 }, { ROW(3) ROW(4), 0 }, NULL, NULL, NULL, 0,
		"unsb-pk-4", NULL },
	{ "a given file", -1, { ROW(7), 0 }, { ROW(1), 0 }, { NULL, 0 }, NULL,
		NULL, NULL, 0, "unsb-pk-7", NULL },
	{ "a given file and no other", 1, { ROW(7), 0 }, { ROW(1) ROW(2), 0 },
		{ NULL, 0 }, NULL, NULL, NULL, -ERANGE, NULL,
		"given.csv has no account 1" },
	{ "the row of the environment", -1, { NULL, 0 }, { ROW(1) ROW(2), 0 },
		{ NULL, 0 }, NULL, NULL, "1", 0, "unsb-pk-2", NULL },
	{ "a bad row of the environment", -1, { NULL, 0 }, { ROW(1), 0 },
		{ NULL, 0 }, NULL, NULL, "one", -EINVAL, NULL,
		"UNSANDBOX_ACCOUNT" },
	{ "a negative row", -1, { NULL, 0 }, { ROW(1), 0 }, { NULL, 0 }, NULL,
		NULL, "-1", -EINVAL, NULL, "UNSANDBOX_ACCOUNT" },
	{ "only rows count", 1,
		{ "# unsb-pk-c,unsb-sk-c\n\n   \nname,secret\n" ROW(
			  1) "unsb-pk-x\n,\n  unsb-pk-2 ,\tunsb-sk-2 , "
			     "note\r\n",
			0 },
		{ NULL, 0 }, { NULL, 0 }, NULL, NULL, NULL, 0, "unsb-pk-2",
		NULL },
	{ "no newline at the end", 0, { "unsb-pk-1,unsb-sk-1", 0 }, { NULL, 0 },
		{ NULL, 0 }, NULL, NULL, NULL, 0, "unsb-pk-1", NULL },
	{ "a byte order mark", 0, { "\xef\xbb\xbfunsb-pk-1,unsb-sk-1\r\n", 0 },
		{ NULL, 0 }, { NULL, 0 }, NULL, NULL, NULL, 0, "unsb-pk-1",
		NULL },
	{ "an empty file", 0, { "", 0 }, { NULL, 0 }, { NULL, 0 }, NULL, NULL,
		NULL, -ERANGE, NULL, "accounts found: 0" },
	{ "nothing anywhere", -1, { NULL, 0 }, { NULL, 0 }, { NULL, 0 }, NULL,
		NULL, NULL, -ENOENT, NULL, ".unsandbox/accounts.csv" },
	{ "others may read it", -1, { NULL, 0 }, { ROW(1), 0644 }, { NULL, 0 },
		NULL, NULL, NULL, -EACCES, NULL, "accounts.csv" },
	{ "the group may read it", -1, { ROW(1), 0640 }, { NULL, 0 },
		{ NULL, 0 }, NULL, NULL, NULL, -EACCES, NULL, "chmod 600" },
	{ "home is refused, not skipped", -1, { NULL, 0 }, { ROW(1), 0644 },
		{ ROW(3), 0 }, NULL, NULL, NULL, -EACCES, NULL, NULL },
	{ "a blank in a key", 0, { "unsb-pk-1 2,unsb-sk-1\n", 0 }, { NULL, 0 },
		{ NULL, 0 }, NULL, NULL, NULL, -EINVAL, NULL, "given.csv" },
	{ "a newline in the environment", -1, { NULL, 0 }, { NULL, 0 },
		{ NULL, 0 }, "unsb-pk-1\r\nX: y", "unsb-sk-1", NULL, -EINVAL,
		NULL, "UNSANDBOX_PUBLIC_KEY" },
	{ "the secret key instead of the public one", -1, { NULL, 0 },
		{ NULL, 0 }, { NULL, 0 }, "unsb-sk-1", "unsb-pk-1", NULL,
		-EINVAL, NULL, "public" },
};

static char folder[] = "/tmp/api_credentials.XXXXXX";
static char home[PATH_MAX];

static void put(const char *path, const struct place *place)
{
	FILE *file;

	unlink(path);
	if (!place->content)
		return;
	file = fopen(path, "w");
	assert_non_null(file);
	fputs(place->content, file);
	fclose(file);
	chmod(path, place->mode ? place->mode : 0600);
}

static void set(const char *name, const char *value)
{
	if (value)
		setenv(name, value, 1);
	else
		unsetenv(name);
}

static void places_are_searched_in_order(void **state)
{
	struct api_credentials keys;
	char why[256];
	size_t i;
	int err;

	(void)state;
	for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		const struct credentials_case *row = &cases[i];

		put("given.csv", &row->given);
		put("home/.unsandbox/accounts.csv", &row->home);
		put("accounts.csv", &row->here);
		set("UNSANDBOX_PUBLIC_KEY", row->public_env);
		set("UNSANDBOX_SECRET_KEY", row->secret_env);
		set("UNSANDBOX_ACCOUNT", row->account_env);
		why[0] = '\0';
		err = api_credentials_load(&keys, row->account,
			row->given.content ? "given.csv" : NULL, why,
			sizeof(why));
		if (err != row->err)
			fail_msg("%s: %d, %s", row->name, err, why);
		if (row->why && !strstr(why, row->why))
			fail_msg("%s: %s", row->name, why);
		if (err && (strstr(why, "unsb-sk") || strchr(why, '\n')))
			fail_msg("%s: the message has the secret", row->name);
		if (err && (keys.public_key[0] || keys.secret_key[0]))
			fail_msg("%s: the keys are not cleared", row->name);
		if (!err &&
			(strcmp(keys.public_key, row->public_key) != 0 ||
				strlen(keys.secret_key) != 9 ||
				!keys.source[0]))
			fail_msg("%s: %s", row->name, keys.public_key);
		api_credentials_clear(&keys);
	}
}

static int load_row(int row, const char *path, char *why, size_t size)
{
	struct api_credentials keys;

	return api_credentials_load(&keys, row, path, why, size);
}

static int load(const char *path, char *why, size_t size)
{
	return load_row(0, path, why, size);
}

static void only_regular_files_are_read(void **state)
{
	char why[256], *line = malloc(1200000);
	struct place big = { line, 0 };

	(void)state;
	assert_int_equal(load("home", why, sizeof(why)), -EINVAL);
	assert_int_equal(mkfifo("pipe", 0600), 0);
	assert_int_equal(load("pipe", why, sizeof(why)), -EINVAL);
	unlink("pipe");
	assert_int_equal(load("absent.csv", why, sizeof(why)), -ENOENT);
	assert_non_null(strstr(why, "absent.csv"));
	memset(line, 'x', 1100000);
	line[1100000] = '\0';
	put("given.csv", &big);
	assert_int_equal(load("given.csv", why, sizeof(why)), -EINVAL);
	/* a key that is too long */
	strcpy(line + sprintf(line, "unsb-pk-%0300d", 0), ",unsb-sk-1\n");
	put("given.csv", &big);
	assert_int_equal(load("given.csv", why, sizeof(why)), -EINVAL);
	free(line);
}

/* Added to given.csv before the next read(2) of it. */
static const char *added;

ssize_t __real_read(int fd, void *bytes, size_t size);
ssize_t __wrap_read(int fd, void *bytes, size_t size);

ssize_t __wrap_read(int fd, void *bytes, size_t size)
{
	FILE *file = added ? fopen("given.csv", "a") : NULL;

	if (file) {
		fputs(added, file);
		fclose(file);
		added = NULL;
	}
	return __real_read(fd, bytes, size);
}

static void a_file_may_grow_while_it_is_read(void **state)
{
	struct place place = { ROW(1), 0 };
	char why[256], *much = calloc(1, 1100000);

	(void)state;
	memset(much, 'x', 1100000 - 1);
	put("given.csv", &place);
	added = "unsb-pk-2,unsb-sk-2\n";
	assert_int_equal(load_row(1, "given.csv", why, sizeof(why)), 0);
	added = much;
	assert_int_equal(load_row(1, "given.csv", why, sizeof(why)), -EINVAL);
	assert_non_null(strstr(why, "too large"));
	free(much);
}

static void another_users_file_is_refused(void **state)
{
	struct place place = { ROW(1), 0 };
	char why[256];

	(void)state;
	if (geteuid() != 0)
		skip();
	put("given.csv", &place);
	assert_int_equal(chown("given.csv", 12345, 12345), 0);
	assert_int_equal(load("given.csv", why, sizeof(why)), -EACCES);
	assert_non_null(strstr(why, "another user"));
}

static void files_that_are_not_text(void **state)
{
	char why[256];
	FILE *file;

	(void)state;
	unlink("given.csv");
	file = fopen("given.csv", "w");
	fwrite("unsb-pk-1,unsb-sk-1\0\n", 1, 21, file);
	fclose(file);
	chmod("given.csv", 0600);
	assert_int_equal(load("given.csv", why, sizeof(why)), -EINVAL);
}

/* When a user mounts by mount(8), HOME is still root's. */
static void the_home_of_others_is_not_ours(void **state)
{
	const char *other = "/";

	(void)state;
	assert_string_equal(home_directory(), home);
	if (geteuid() == 0) {
		other = "/tmp/api_credentials.other";
		assert_int_equal(mkdir(other, 0755), 0);
		assert_int_equal(chown(other, 1234, 1234), 0);
	}
	setenv("HOME", other, 1);
	assert_string_equal(home_directory(), getpwuid(geteuid())->pw_dir);
	setenv("HOME", "home", 1);
	assert_string_equal(home_directory(), getpwuid(geteuid())->pw_dir);
	setenv("HOME", home, 1);
	if (geteuid() == 0)
		rmdir(other);
}

static int make_folder(void **state)
{
	(void)state;
	return !mkdtemp(folder) || chdir(folder) < 0 ||
		mkdir("home", 0700) < 0 || mkdir("home/.unsandbox", 0700) < 0 ||
		!realpath("home", home) || setenv("HOME", home, 1) < 0;
}

static int drop_folder(void **state)
{
	(void)state;
	unlink("given.csv");
	unlink("accounts.csv");
	unlink("home/.unsandbox/accounts.csv");
	rmdir("home/.unsandbox");
	rmdir("home");
	return chdir("/") < 0 || rmdir(folder) < 0;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(places_are_searched_in_order),
		cmocka_unit_test(only_regular_files_are_read),
		cmocka_unit_test(a_file_may_grow_while_it_is_read),
		cmocka_unit_test(the_home_of_others_is_not_ours),
		cmocka_unit_test(another_users_file_is_refused),
		cmocka_unit_test(files_that_are_not_text),
	};

	return cmocka_run_group_tests(tests, make_folder, drop_folder);
}
