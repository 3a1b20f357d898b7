/* SPDX-License-Identifier: MIT */
/* tests/unit/fs/program/mountpoint.c - checks of the mountpoint, and dead
 * mounts */
#include "fs/program/program.h"

#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

static const char mounts[] =
	"/dev/sda1 / ext4 rw,relatime 0 0\n"
	"proc /proc proc rw 0 0\n"
	"unsandbox /mnt/a fuse.unsandboxfs rw,nosuid,user_id=0 0 0\n"
	"me@host:/\\040x /mnt/with\\040blank\\134 fuse.sshfs rw 0 0\n"
	"tmpfs /mnt/b tmpfs rw 0 0\n"
	"https://x.example /mnt/b fuse.unsandboxfs rw 0 0\n"
	"x /mnt/short\n"
	"47\n"
	"\n"
	"tmpfs /mnt/tab\\011newline\\012 tmpfs rw 0 0\n";

struct find_case {
	const char *path;
	int err;
	const char *fstype;
	const char *source;
};

static const struct find_case find_cases[] = {
	{ "/", 0, "ext4", "/dev/sda1" },
	{ "/proc", 0, "proc", "proc" },
	{ "/mnt/a", 0, "fuse.unsandboxfs", "unsandbox" },
	{ "/mnt/with blank\\", 0, "fuse.sshfs", "me@host:/ x" },
	{ "/mnt/b", 0, "fuse.unsandboxfs", "https://x.example" },
	{ "/mnt", -ENOENT, NULL, NULL },
	{ "/mnt/a/", -ENOENT, NULL, NULL },
	{ "/mnt/tab\tnewline\n", 0, "tmpfs", "tmpfs" },
	{ "/mnt/short", -ENOENT, NULL, NULL },
	{ "/mnt/with", -ENOENT, NULL, NULL },
};

static void mounts_are_found(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(find_cases) / sizeof(find_cases[0]);
		i++) {
		const struct find_case *row = &find_cases[i];
		struct mountpoint_mount mount;
		FILE *in = fmemopen((void *)mounts, strlen(mounts), "r");
		int err = mountpoint_find(in, row->path, &mount);

		fclose(in);
		if (err != row->err)
			fail_msg("%s: %d", row->path, err);
		if (err)
			continue;
		assert_string_equal(mount.fstype, row->fstype);
		assert_string_equal(mount.source, row->source);
	}
}

struct place {
	char dir[32];	   /* a directory of the test's own */
	char absolute[64]; /* of what is in it */
};

static int place_create(void **state)
{
	static struct place place;

	strcpy(place.dir, "build-place-XXXXXX");
	if (!mkdtemp(place.dir) || chdir(place.dir) || mkdir("dir", 0755) ||
		symlink("dir", "link") || symlink("loop", "loop") ||
		close(creat("file", 0644)))
		return -1;
	*state = &place;
	return 0;
}

static int place_remove(void **state)
{
	struct place *place = *state;

	umount2("dir", MNT_DETACH);
	if (unlink("file") || unlink("link") || unlink("loop") ||
		rmdir("dir") || chdir("..") || rmdir(place->dir))
		return -1;
	return 0;
}

struct prepare_case {
	const char *path;
	int err;
	const char *end; /* of the resolved path, or part of the reason */
};

static const struct prepare_case prepare_cases[] = {
	{ "dir", 0, "/dir" },
	{ "dir/", 0, "/dir" },
	{ "./dir/.", 0, "/dir" },
	{ "link", 0, "/dir" },
	{ "/", 0, "/" },
	{ "missing", -ENOENT, "mkdir -p missing" },
	{ "missing/dir", -ENOENT, "does not exist" },
	{ "", -ENOENT, "does not exist" },
	{ "file", -ENOTDIR, "file: not a directory" },
	{ "file/dir", -ENOTDIR, "file/dir: " },
	{ "loop", -ELOOP, "loop: " },
};

static void directories_are_checked(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(prepare_cases) / sizeof(*prepare_cases);
		i++) {
		const struct prepare_case *row = &prepare_cases[i];
		char out[PATH_MAX] = "", why[PATH_MAX] = "";
		int err = mountpoint_prepare(row->path, out, why, sizeof(why));
		size_t len = strlen(row->end);

		if (err != row->err)
			fail_msg("'%s': %d, %s", row->path, err, why);
		if (err ? !strstr(why, row->end)
			: out[0] != '/' || strlen(out) < len ||
					strcmp(out + strlen(out) - len,
						row->end))
			fail_msg("'%s': '%s' '%s'", row->path, out, why);
	}
}

/* Mounts a filesystem without a daemon on path. Returns its descriptor, or -1.
 */
static int mount_fuse(const char *type, const char *path)
{
	int fd = open("/dev/fuse", O_RDWR | O_CLOEXEC);
	char data[128];

	if (fd < 0)
		return -1;
	snprintf(data, sizeof(data),
		"fd=%d,rootmode=40000,user_id=0,group_id=0", fd);
	if (mount("gone", path, type, MS_NOSUID | MS_NODEV, data) == 0)
		return fd;
	close(fd);
	return -1;
}

/* Leaves a mount whose daemon has ended, like kill -9. */
static bool mount_dead(const char *type)
{
	int fd = mount_fuse(type, "dir");

	if (fd >= 0)
		close(fd);
	return fd >= 0;
}

static void our_dead_mounts_are_removed(void **state)
{
	char out[PATH_MAX], why[512] = "";
	struct stat st;

	(void)state;
	if (!mount_dead(MOUNTPOINT_FSTYPE) || !mount_dead(MOUNTPOINT_FSTYPE))
		skip();
	assert_int_equal(stat("dir", &st), -1);
	assert_int_equal(errno, ENOTCONN);
	if (mountpoint_prepare("dir/", out, why, sizeof(why)))
		fail_msg("%s", why);
	assert_string_equal(out + strlen(out) - 4, "/dir");
	assert_int_equal(stat("dir", &st), 0);
}

static void the_dead_mount_of_another_is_kept(void **state)
{
	char out[PATH_MAX], why[512] = "";
	struct stat st;

	(void)state;
	if (!mount_dead("fuse.sshfs"))
		skip();
	assert_int_equal(
		mountpoint_prepare("dir", out, why, sizeof(why)), -ENOTCONN);
	assert_non_null(strstr(why, "a dead mount of type fuse.sshfs (gone)"));
	assert_int_equal(stat("dir", &st), -1);
	assert_int_equal(umount2("dir", MNT_DETACH), 0);
}

/* A mount that is hidden by a later mount does not count. */
static void a_hidden_mount_is_not_seen(void **state)
{
	char out[PATH_MAX], why[512] = "";
	int fd, err;

	(void)state;
	if (mkdir("over", 0755) || mkdir("over/dir", 0755))
		fail();
	fd = mount_fuse(MOUNTPOINT_FSTYPE, "over/dir");
	err = fd < 0 ? fd : mount("tmpfs", "over", "tmpfs", 0, NULL);
	if (err == 0) {
		assert_int_equal(mkdir("over/dir", 0755), 0);
		err = mountpoint_prepare("over/dir", out, why, sizeof(why));
		umount2("over", MNT_DETACH);
		if (err)
			fail_msg("%d: %s", err, why);
	}
	close(fd);
	umount2("over/dir", MNT_DETACH);
	assert_int_equal(rmdir("over/dir"), 0);
	assert_int_equal(rmdir("over"), 0);
	if (fd < 0)
		skip();
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(mounts_are_found),
		cmocka_unit_test(directories_are_checked),
		cmocka_unit_test(our_dead_mounts_are_removed),
		cmocka_unit_test(the_dead_mount_of_another_is_kept),
		cmocka_unit_test(a_hidden_mount_is_not_seen),
	};

	return cmocka_run_group_tests(tests, place_create, place_remove);
}
