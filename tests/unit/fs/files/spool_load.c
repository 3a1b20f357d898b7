/* SPDX-License-Identifier: MIT */
/* tests/unit/fs/files/spool_load.c - what a start makes of leftovers and of
 * damage */
#include "tests/unit/fs/files/spool_fixture.h"

#include <dirent.h>
#include <sys/stat.h>

static void file_put(const char *name, const char *bytes, size_t len)
{
	int fd = open(state_file(name), O_WRONLY | O_CREAT | O_TRUNC, 0600);

	assert_true(fd >= 0);
	assert_int_equal(write(fd, bytes, len), len);
	close(fd);
}

static void text_put(const char *name, const char *text)
{
	file_put(name, text, strlen(text));
}

static int is_there(const char *name)
{
	return access(state_file(name), F_OK) == 0;
}

/* A record that a test may have wrong in one member. */
static void record_put(const char *name, long number, const char *type,
	long sequence, const char *links, const char *more)
{
	char text[1024];

	snprintf(text, sizeof(text),
		"{\"sequence\":%ld,\"number\":%ld,\"type\":\"%s\","
		"\"mode\":420,\"uid\":0,\"gid\":0,\"atime\":[1,0],"
		"\"mtime\":[1,0],\"ctime\":[1,0],\"btime\":[1,0],"
		"\"links\":%s%s}",
		sequence, number, type, links, more);
	text_put(name, text);
}

static const char *tree_is(const char *wanted)
{
	char *text = tree_text(TREE_NAMES);

	if (strcmp(text, wanted))
		fail_msg("\n%s--- wanted:\n%s--- complaints:\n%s", text, wanted,
			fixture.complaints);
	free(text);
	return NULL;
}

static void leftovers(void **ctx)
{
	(void)ctx;
	save(fixture.top, "a", "whole");
	fixture_close();
	text_put("inodes/2.json.tmp", "{\"half");
	text_put("inodes/2.work", "half");
	text_put("inodes/2.17.work", "half");
	text_put("inodes/77.data", "of what was removed");
	text_put("inodes/strange", "not ours");
	text_put("jobs/x.tmp", "half");
	fixture_open();
	assert_string_equal(fixture.complaints, "");
	tree_is("[run] d2\n  a f1 5 whole\n");
	assert_int_equal(state_count("tmp") + state_count("work"), 0);
	assert_false(is_there("jobs/x.tmp"));
	assert_false(is_there("inodes/77.data"));
	assert_true(is_there("inodes/strange"));
}

/* Number 1 is run/, 2 the file a, 3 stands for what a test puts beside. */
static void clashes(void **ctx)
{
	static const struct {
		const char *what;
		long sequence;
		const char *type, *links, *tree;
	} cases[] = {
		{ "a newer one has the name", 1000, "file", "[[1,\"a\",30]]",
			"[run] d2\n  a f1 5 third\n" },
		{ "an older one has lost it", 1, "file", "[[1,\"a\",30]]",
			"[run] d2\n  a f1 5 whole\n" },
		{ "but keeps its other name", 1, "file",
			"[[1,\"a\",30],[1,\"b\",31]]",
			"[run] d2\n  a f1 5 whole\n  b f1 5 third\n" },
		{ "no name: an orphan", 1000, "file", "[]",
			"[run] d2\n  a f1 5 whole\n" },
		{ "a newer directory", 1000, "directory", "[[1,\"a\",30]]",
			"[run] d3\n  a d2\n" },
		{ "equal orders", 1000, "file", "[[1,\"b\",20],[1,\"c\",20]]",
			"[run] d2\n  a f1 5 whole\n"
			"  b f2 5 third\n  c f2 5 third\n" },
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		print_message("%s\n", cases[i].what);
		save(fixture.top, "a", "whole");
		fixture_close();
		record_put("inodes/3.json", 3, cases[i].type, cases[i].sequence,
			cases[i].links, "");
		text_put("inodes/3.data", "third");
		fixture_open();
		assert_string_equal(fixture.complaints, "");
		tree_is(cases[i].tree);
		reload_same(cases[i].what);
		if (i == 0)
			assert_false(is_there("inodes/2.data"));
		fixture_teardown(ctx);
		fixture_setup(ctx);
	}
}

/* All that a record can have wrong; the file is set aside, content and all. */
static void damaged(void **ctx)
{
	static const struct {
		const char *what, *text;
	} cases[] = {
		{ "empty", "" },
		{ "half", "{\"sequence\":20,\"number\":2,\"ty" },
		{ "no object", "[1,2]" },
		{ "no members", "{}" },
		{ "no text", "\x00\xff\x13" },
		{ "too deep", "[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[" },
	};
	static const struct {
		const char *what, *type;
		long number, sequence;
		const char *links, *more;
	} wrong[] = {
		{ "another's number", "file", 3, 99, "[[1,\"a\",20]]", "" },
		{ "type", "socket", 2, 99, "[[1,\"a\",20]]", "" },
		{ "sequence", "file", 2, -1, "[[1,\"a\",20]]", "" },
		{ "sequence 0", "file", 2, 0, "[[1,\"a\",20]]", "" },
		{ "links no array", "file", 2, 99, "{}", "" },
		{ "link no array", "file", 2, 99, "[1]", "" },
		{ "name with a slash", "file", 2, 99, "[[1,\"a/b\",20]]", "" },
		{ "name ..", "file", 2, 99, "[[1,\"..\",20]]", "" },
		{ "name with NUL", "file", 2, 99, "[[1,\"a\\u0000b\",20]]",
			"" },
		{ "no name", "file", 2, 99, "[[1,\"\",20]]", "" },
		{ "parent 0", "file", 2, 99, "[[0,\"a\",20]]", "" },
		{ "huge order", "file", 2, 99,
			"[[1,\"a\",9223372036854775807]]", "" },
		{ "directory with two links", "directory", 2, 99,
			"[[1,\"a\",20],[1,\"b\",21]]", "" },
		{ "symlink without target", "symlink", 2, 99, "[[1,\"a\",20]]",
			"" },
		{ "file with target", "file", 2, 99, "[[1,\"a\",20]]",
			",\"target\":\"x\"" },
		{ "file as top", "file", 2, 99, "[]", ",\"root\":\"run\"" },
		{ "target with NUL", "symlink", 2, 99, "[[1,\"a\",20]]",
			",\"target\":\"x\\u0000\"" },
		{ "xattrs no object", "file", 2, 99, "[[1,\"a\",20]]",
			",\"xattrs\":[]" },
		{ "xattr of another kind", "file", 2, 99, "[[1,\"a\",20]]",
			",\"xattrs\":{\"trusted.x\":\"1\"}" },
		{ "xattr a number", "file", 2, 99, "[[1,\"a\",20]]",
			",\"xattrs\":{\"user.x\":1}" },
		{ "settings a number", "file", 2, 99, "[[1,\"a\",20]]",
			",\"settings\":1" },
	};
	const size_t count = sizeof(cases) / sizeof(*cases);
	const size_t wrong_count = sizeof(wrong) / sizeof(*wrong);

	for (size_t i = 0; i < count + wrong_count; i++) {
		const char *what =
			i < count ? cases[i].what : wrong[i - count].what;

		save(fixture.top, "a", "whole");
		save(fixture.top, "b", "other");
		fixture_close();
		if (i < count)
			text_put("inodes/2.json", cases[i].text);
		else
			record_put("inodes/2.json", wrong[i - count].number,
				wrong[i - count].type,
				wrong[i - count].sequence,
				wrong[i - count].links, wrong[i - count].more);
		fixture_open();
		if (!strstr(fixture.complaints, "inodes/2.json is damaged"))
			fail_msg("%s: no complaint", what);
		tree_is("[run] d2\n  b f1 5 other\n");
		assert_true(is_there("inodes/2.json.damaged"));
		assert_true(is_there("inodes/2.data.damaged"));
		reload_same(what);
		fixture_teardown(ctx);
		fixture_setup(ctx);
	}
}

static void older_record_stands_in(void **ctx)
{
	struct spool_inode *inode = save(fixture.top, "a", "whole");
	struct stat st = { .st_mode = 0755 };

	(void)ctx;
	spool_setattr(fixture.spool, inode, SPOOL_SET_MODE, &st, later());
	fixture_close();
	assert_true(is_there("inodes/2.next"));
	text_put("inodes/2.next", "");
	fixture_open();
	tree_is("[run] d2\n  a f1 5 whole\n");
	assert_int_equal(spool_find(fixture.top, "a")->mode, S_IFREG | 0644);
	assert_non_null(strstr(fixture.complaints, "2.next is damaged"));
	assert_true(is_there("inodes/2.next.damaged"));
}

static void strange_files(void **ctx)
{
	static const char *const names[] = {
		"inodes/0.json",
		"inodes/01.json",
		"inodes/-1.json",
		"inodes/99999999999999999999.json",
		"inodes/.json",
		"inodes/5",
		"inodes/5.",
		"inodes/5.jsonx",
		"inodes/5.json.json",
		"inodes/9223372036854775807.json",
	};

	(void)ctx;
	save(fixture.top, "a", "whole");
	fixture_close();
	for (size_t i = 0; i < sizeof(names) / sizeof(*names); i++)
		text_put(names[i], "{}");
	assert_int_equal(mkdir(state_file("inodes/8.json"), 0700), 0);
	assert_int_equal(mkfifo(state_file("inodes/9.json"), 0600), 0);
	assert_int_equal(
		symlink("/etc/passwd", state_file("inodes/10.json")), 0);
	fixture_open();
	tree_is("[run] d2\n  a f1 5 whole\n");
	assert_true(is_there("inodes/8.json.damaged"));
	assert_true(is_there("inodes/9.json.damaged"));
	for (size_t i = 0; i < sizeof(names) / sizeof(*names); i++)
		assert_true(is_there(names[i]));
	reload_same("strange files");
}

/* What hangs from a damaged directory is not damaged. */
static void lost_directories(void **ctx)
{
	struct spool_inode *dir, *sub;

	dir = make(fixture.top, "dir", S_IFDIR | 0755);
	sub = make(dir, "sub", S_IFDIR | 0755);
	save(sub, "a", "deep");
	save(dir, "b", "high");
	make(dir, "never committed", S_IFREG | 0644);
	save(fixture.top, "c", "top");
	fixture_close();
	unlink(state_file("inodes/2.next"));
	text_put("inodes/2.json", "x");
	fixture_open();
	tree_is("[run] d3\n  c f1 3 top\n  recovered.2 d3\n    sub d2\n"
		"      a f1 4 deep\n    b f1 4 high\n"
		"    never\\20committed f1 0 \n");
	assert_non_null(strstr(fixture.complaints,
		"directory 2 is lost; what is in it is in recovered.2"));
	reload_same("recovery");
	fixture_close();
	text_put("inodes/1.json", "x");
	unlink(state_file("inodes/1.next"));
	text_put("inodes/2.json", "x");
	unlink(state_file("inodes/2.next"));
	fixture_open();
	tree_is("[run] d3\n  c f1 3 top\n  recovered.2 d3\n    sub d2\n"
		"      a f1 4 deep\n    b f1 4 high\n"
		"    never\\20committed f1 0 \n");
	assert_non_null(strstr(fixture.complaints,
		"directory 1 is lost; what is in it is in run"));
	reload_same("second recovery");
	(void)ctx;
}

static void loose_ends(void **ctx)
{
	save(fixture.top, "a", "whole");
	fixture_close();
	record_put(
		"inodes/10.json", 10, "directory", 900, "[[11,\"x\",20]]", "");
	record_put(
		"inodes/11.json", 11, "directory", 901, "[[10,\"y\",20]]", "");
	record_put("inodes/12.json", 12, "file", 902, "[[10,\"f\",21]]", "");
	record_put("inodes/13.json", 13, "file", 903, "[[555,\"f\",21]]", "");
	record_put("inodes/14.json", 14, "file", 904, "[[2,\"f\",21]]", "");
	record_put(
		"inodes/15.json", 15, "directory", 905, "[[15,\"f\",21]]", "");
	record_put("inodes/16.json", 16, "directory", 906, "[]",
		",\"root\":\"run\"");
	record_put("inodes/17.json", 17, "file", 907,
		"[[1,\"kept\",30],[10,\"k\",31]]", "");
	record_put("inodes/18.json", 18, "file", 908, "[[1,\"e\",32]]",
		",\"exchange\":[18,[[1,\"z\",5]]]");
	record_put("inodes/19.json", 19, "file", 909, "[[1,\"g\",33]]",
		",\"exchange\":{\"a\":1}");
	text_put("inodes/12.data", "kept aside");
	fixture_open();
	tree_is("[run] d2\n  a f1 5 whole\n  kept f1 0 \n  e f1 0 \n"
		"  g f1 0 \n");
	for (int i = 10; i < 17; i++) {
		char name[64];

		snprintf(name, sizeof(name), "inodes/%d.json.damaged", i);
		if (!is_there(name))
			fail_msg("%s", name);
	}
	assert_true(is_there("inodes/12.data.damaged"));
	reload_same("loose ends");
	(void)ctx;
}

static void serial_damaged(void **ctx)
{
	static const char *const texts[] = {
		"",
		"x",
		"-5\n",
		"99999999999999999999999\n",
		"7",
	};

	(void)ctx;
	save(fixture.top, "a", "whole");
	for (size_t i = 0; i < sizeof(texts) / sizeof(*texts); i++) {
		fixture_close();
		text_put("inodes/serial", texts[i]);
		fixture_open();
		assert_non_null(strstr(fixture.complaints, "serial"));
		assert_true(
			make(fixture.top, texts[i][0] ? texts[i] : "e", S_IFREG)
				->number > 2);
	}
}

/* Any byte of any record changed: never a crash, and nothing else is lost. */
static void bytes_changed(void **ctx)
{
	static const char bytes[] = { 0, '"', '{', ']', '0', '-', 'e',
		(char)0xff };
	char name[64], *text;
	size_t len;
	unsigned tried = 0;

	(void)ctx;
	save(make(fixture.top, "dir", S_IFDIR | 0755), "a", "in a");
	save(fixture.top, "b", "in b");
	fixture_close();
	for (int number = 1; number <= 4; number++) {
		snprintf(name, sizeof(name), "%d.json", number);
		assert_int_equal(state_open(&fixture.state, fixture.dir,
					 TEST_KEY, (char[99]){ 0 }, 99),
			0);
		assert_int_equal(state_read(fixture.state.inodes_fd, name, 9999,
					 &text, &len),
			0);
		state_close(&fixture.state);
		for (size_t i = 0; i < len; i += 3) {
			char old = text[i];

			snprintf(name, sizeof(name), "inodes/%d.json", number);
			text[i] = bytes[tried++ % sizeof(bytes)];
			file_put(name, text, len);
			fixture_open();
			free(tree_text(TREE_ATTRIBUTES));
			if (number != 4 && number != 1)
				holds(spool_find(fixture.top, "b"), "in b");
			fixture_close();
			text[i] = old;
			path_remove(fixture.dir);
			assert_int_equal(mkdir(fixture.dir, 0700), 0);
			fixture_open();
			save(make(fixture.top, "dir", S_IFDIR | 0755), "a",
				"in a");
			save(fixture.top, "b", "in b");
			fixture_close();
		}
		free(text);
	}
	print_message("%u bytes changed\n", tried);
}

int main(void)
{
#define CASE(test)                                                             \
	cmocka_unit_test_setup_teardown(test, fixture_setup, fixture_teardown)
	const struct CMUnitTest tests[] = {
		CASE(leftovers),
		CASE(clashes),
		CASE(damaged),
		CASE(older_record_stands_in),
		CASE(strange_files),
		CASE(lost_directories),
		CASE(loose_ends),
		CASE(serial_damaged),
		CASE(bytes_changed),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
