/* SPDX-License-Identifier: MIT */
/* tests/unit/fs/files/first_edition.c - a state directory as the first edition
 * left it */
#include <sys/xattr.h>

#include "tests/unit/fs/files/fixture.h"

#define TIMES                                                                  \
	"\"atime\":[1795916532,297620339],\"mtime\":[1046649600,5],"           \
	"\"ctime\":[1795916532,799331780],\"btime\":[1795916532,388464742]"
#define RECORD(sequence, number, type, mode, rest)                             \
	"{\"sequence\":" #sequence ",\"number\":" #number ",\"type\":\"" type  \
	"\",\"mode\":" #mode ",\"uid\":0,\"gid\":0," TIMES "," rest "}"

struct recorded {
	const char *name, *text;
};

/* Made with version 0.1.0: saves, a directory with settings, a hard link, a
 * symlink, a rename over another file, a draft, and two jobs. */
static const struct recorded whole[] = {
	{ "inodes/1.json",
		RECORD(21, 1, "directory", 493,
			"\"links\":[],\"root\":\"run\"") },
	{ "inodes/1.next",
		RECORD(64, 1, "directory", 493,
			"\"links\":[],\"root\":\"run\"") },
	{ "inodes/11.json",
		RECORD(70, 11, "directory", 493,
			"\"links\":[],\"root\":\"jobs/new\"") },
	{ "inodes/12.data", "echo c\n" },
	{ "inodes/12.json",
		RECORD(71, 12, "file", 420,
			"\"links\":[[11,\"c.sh\",67]],\"home\":\"jobs/new\"") },
	{ "inodes/13.json",
		RECORD(81, 13, "directory", 493,
			"\"links\":[],\"root\":\"services/new\"") },
	{ "inodes/14.json",
		RECORD(80, 14, "directory", 493,
			"\"links\":[[13,\"draft\",74]],"
			"\"home\":\"services/new\"") },
	{ "inodes/15.data", "boot\n" },
	{ "inodes/15.json",
		RECORD(82, 15, "file", 420,
			"\"links\":[[14,\"bootstrap\",77]],"
			"\"home\":\"services/new\"") },
	{ "inodes/2.data", "echo a\n" },
	{ "inodes/2.json",
		RECORD(22, 2, "file", 420,
			"\"links\":[[1,\"a.sh\",18]],\"home\":\"run\"") },
	{ "inodes/3.json",
		RECORD(33, 3, "directory", 493,
			"\"links\":[[1,\"d\",24]],\"home\":\"run\"") },
	{ "inodes/3.next",
		RECORD(83, 3, "directory", 448,
			"\"links\":[[1,\"d\",24]],\"home\":\"run\","
			"\"settings\":{\"ttl\":7,\"/"
			"changed\":[1795916532,4]}") },
	{ "inodes/4.json",
		RECORD(48, 4, "directory", 493,
			"\"links\":[[3,\"e\",27]],\"home\":\"run\"") },
	{ "inodes/5.data", "data\n" },
	{ "inodes/5.json",
		RECORD(49, 5, "file", 416,
			"\"links\":[[3,\"f.txt\",30],[4,\"linked\",35]],"
			"\"home\":\"run\",\"xattrs\":{\"user.x\":\"y\"}") },
	{ "inodes/6.next",
		RECORD(39, 6, "symlink", 511,
			"\"links\":[[3,\"s\",38]],\"target\":\"f.txt\","
			"\"home\":\"run\"") },
	{ "inodes/7.json",
		RECORD(45, 7, "file", 420,
			"\"links\":[[1,\"empty\",41]],\"home\":\"run\"") },
	{ "inodes/8.data", "one\n" },
	{ "inodes/8.json",
		RECORD(47, 8, "file", 420,
			"\"links\":[[1,\"x\",50]],\"home\":\"run\"") },
	{ "inodes/9.data", "two\n" },
	{ "inodes/9.json",
		RECORD(84, 9, "file", 420,
			"\"links\":[[1,\"x\",51]],\"home\":\"run\"") },
	{ "inodes/serial", "16\n" },
	{ "jobs/1.json",
		"{\"status\":\"completed\",\"inode\":2,\"id\":\"9cc95948\"}" },
	{ "jobs/2.json",
		"{\"status\":\"completed\",\"inode\":12,\"async\":true}" },
	{ "jobs/3.json", "{\"status\":\"completed\",\"inode\":99}" },
	{ "jobs/4.json", "{\"status\"" },
	{ NULL, NULL },
};

/* Two files that changed places; the second's own record is the older. A
 * directory that stands in itself, a file in one that is lost, a name that
 * leads out, and what is no record at all. */
static const struct recorded odd[] = {
	{ "inodes/1.json",
		RECORD(21, 1, "directory", 493,
			"\"links\":[],\"root\":\"run\"") },
	{ "inodes/2.data", "was a\n" },
	{ "inodes/2.json",
		RECORD(30, 2, "file", 420,
			"\"links\":[[1,\"b\",18]],\"home\":\"run\","
			"\"exchange\":[3,[[1,\"a\",19]]]") },
	{ "inodes/3.data", "was b\n" },
	{ "inodes/3.json",
		RECORD(23, 3, "file", 420,
			"\"links\":[[1,\"b\",19]],\"home\":\"run\"") },
	{ "inodes/4.json",
		RECORD(31, 4, "directory", 493,
			"\"links\":[[4,\"loop\",20]],\"home\":\"run\"") },
	{ "inodes/5.data", "in the loop\n" },
	{ "inodes/5.json",
		RECORD(32, 5, "file", 420,
			"\"links\":[[4,\"looped\",21]],\"home\":\"run\"") },
	{ "inodes/6.data", "orphan\n" },
	{ "inodes/6.json",
		RECORD(33, 6, "file", 420,
			"\"links\":[[77,\"orphan\",22]],"
			"\"home\":\"services/ID/run\"") },
	{ "inodes/7.data", "out\n" },
	{ "inodes/7.json",
		RECORD(34, 7, "file", 420,
			"\"links\":[[1,\"../../out\",23]],\"home\":\"run\"") },
	{ "inodes/8.data", "damaged\n" },
	{ "inodes/8.json", "{\"sequence\":5" },
	{ "inodes/9.json", "[]" },
	{ NULL, NULL },
};

static void record(const struct recorded *files)
{
	mkdirat(fixture.fd, "inodes", 0700);
	mkdirat(fixture.fd, "jobs", 0700);
	for (; files->name; files++) {
		int fd = openat(fixture.fd, files->name,
			O_WRONLY | O_CREAT | O_TRUNC, 0600);
		assert_true(fd >= 0);
		assert_int_equal(write(fd, files->text, strlen(files->text)),
			strlen(files->text));
		close(fd);
	}
}

/* The file of this key and path, held. */
static struct file *at_path(const char *key, const char *path)
{
	struct file *file = files_top(fixture.files, key), *next;
	char words[100], *save = NULL;

	snprintf(words, sizeof(words), "%s", path);
	for (char *word = strtok_r(words, "/", &save); word;
		word = strtok_r(NULL, "/", &save)) {
		next = find(file, word);
		file_drop(file);
		assert_non_null(next);
		file = next;
	}
	return file;
}

static void holds_at(const char *key, const char *path, const char *text)
{
	struct file *file = at_path(key, path);

	holds(file, text);
	file_drop(file);
}

static json_int_t job_file(const char *name)
{
	json_t *job = json_load_file(at(name), 0, NULL);
	json_int_t file = json_integer_value(json_object_get(job, "file"));

	assert_null(json_object_get(job, "inode"));
	json_decref(job);
	return file;
}

static void check_whole(void)
{
	struct file *file, *dir;
	char value[8];
	struct stat st;

	assert_names(fixture.top, "a.sh d/ empty x");
	holds_at("run", "a.sh", "echo a\n");
	holds_at("run", "d/f.txt", "data\n");
	holds_at("run", "d/e/linked", "data\n");
	holds_at("run", "empty", "");
	holds_at("run", "x", "two\n");
	holds_at("jobs/new", "c.sh", "echo c\n");
	holds_at("services/new", "draft/bootstrap", "boot\n");
	dir = at_path("run", "d");
	assert_names(dir, "e/ f.txt s@");
	assert_int_equal(stat_of(dir).st_mode, S_IFDIR | 0700);
	assert_int_equal(stat_of(dir).st_mtim.tv_sec, 1046649600);
	assert_int_equal(
		json_integer_value(json_object_get(file_settings(dir), "ttl")),
		7);
	file_drop(dir);
	file = at_path("run", "d/f.txt");
	st = stat_of(file);
	assert_int_equal(st.st_mode, S_IFREG | 0640);
	assert_int_equal(st.st_nlink, 2);
	assert_int_equal(st.st_mtim.tv_sec, 1046649600);
	assert_int_equal(st.st_mtim.tv_nsec, 5);
	assert_int_equal(file_getxattr(file, "user.x", value, 8), 1);
	file_drop(file);
	file = at_path("run", "a.sh");
	assert_true(job_file("jobs/1.json") == (json_int_t)file->number);
	assert_int_equal(stat_of(file).st_nlink, 1);
	file_drop(file);
	file = at_path("jobs/new", "c.sh");
	assert_true(job_file("jobs/2.json") == (json_int_t)file->number);
	file_drop(file);
	assert_int_equal(job_file("jobs/3.json"), 0);
	assert_int_equal(access(at("inodes"), F_OK), -1);
	assert_int_equal(access(at("inodes.damaged"), F_OK), -1);
}

static void all_is_there(void **ctx)
{
	(void)ctx;
	record(whole);
	/* As it was: the code of a job is the file itself. */
	assert_int_equal(linkat(fixture.fd, "inodes/2.data", fixture.fd,
				 "jobs/1.code", 0),
		0);
	assert_int_equal(files_convert(fixture.fd), 0);
	reload();
	check_whole();
	assert_int_equal(files_convert(fixture.fd), 0);
	struct file *file = at_path("run", "a.sh");
	put(file, "new");
	file_drop(file);
	int fd = open(at("jobs/1.code"), O_RDONLY);
	char code[16] = "";
	assert_int_equal(read(fd, code, sizeof(code)), 7);
	close(fd);
	assert_string_equal(code, "echo a\n");
}

/* A kill after any step: what was done is done again, or passed over. */
static void it_was_killed_in_between(void **ctx)
{
	(void)ctx;
	record(whole);
	assert_int_equal(files_convert(fixture.fd), 0);
	assert_int_equal(
		renameat(fixture.fd, "removed/inodes", fixture.fd, "inodes"),
		0);
	assert_int_equal(files_convert(fixture.fd), 0);
	reload();
	check_whole();
}

static void what_is_odd_or_damaged(void **ctx)
{
	struct stat st;

	(void)ctx;
	record(odd);
	assert_int_equal(files_convert(fixture.fd), 0);
	reload();
	holds_at("run", "a", "was b\n");
	holds_at("run", "b", "was a\n");
	holds_at("services/ID/run", "orphan", "orphan\n");
	holds_at("run", "loop/looped", "in the loop\n");
	assert_int_equal(stat(at("inodes.damaged/8.data"), &st), 0);
	assert_int_equal(stat(at("inodes.damaged/7.data"), &st), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		FILE_TEST(all_is_there),
		FILE_TEST(it_was_killed_in_between),
		FILE_TEST(what_is_odd_or_damaged),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
