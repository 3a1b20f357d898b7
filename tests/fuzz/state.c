/* SPDX-License-Identifier: MIT */
/* tests/fuzz/state.c - a start with a damaged state directory */
#include "fs/base/hash.h"
#include "tests/fuzz/fuzz.h"
#include "tests/fuzz/threads.h"
#include "tests/unit/fs/mount/calls.h"

/*
 * An input is a list of files in the state directory. Each is a letter, which
 * stands for a path, and the content, up to the byte 0x1e.
 */

enum { END = 0x1e };

static const struct {
	char letter;
	const char *path;
	bool is_sealed; /* a valid hash is added */
} files[] = {
	{ 'n', "names.json", false },
	{ 'c', "collections.json", false },
	{ 't', "times.json", false },
	{ 'd', "drafts.json", false },
	{ 'b', "born", false },
	{ 'j', "jobs/7.json", true },
	{ 'k', "jobs/7.json", false },
	{ 'J', "jobs/8.json", true },
	{ 'o', "jobs/7.stdout", false },
	{ 'a', "jobs/7.answer", false },
	{ 'r', "jobs/7.rest", false },
	{ 's', "run/.settings", false },
	{ 'p', "run/a.sh", false },
};

static const char *const listed[] = { "", "run", "run/.settings",
	"run/a.sh.job", "jobs", "jobs/new", "jobs/local-7", "jobs/local-8",
	"services", "services/new", "sessions/new", "images/new" };
static const char *const shown[] = { "run/a.sh", "run/a.sh.job/job.json",
	"run/a.sh.job/error", "run/.settings/ttl", "run/.settings/env",
	"jobs/local-7/status", "jobs/local-7/job.json", "jobs/local-7/stdout",
	"jobs/local-7/error", "jobs/local-8/exit_code", ".unsandboxfs/errors",
	".unsandboxfs/stats" };

static void make_folder(int fd, const char *name)
{
	HOLDS(mkdirat(fd, name, 0700) == 0 || errno == EEXIST);
}

static void write_file(int root, size_t which, const char *text, size_t len)
{
	int fd = openat(
		root, files[which].path, O_WRONLY | O_CREAT | O_TRUNC, 0600);

	HOLDS(fd >= 0);
	HOLDS(write(fd, text, len) == (ssize_t)len);
	if (files[which].is_sealed)
		dprintf(fd, "\n%016llx\n",
			(unsigned long long)hash_bytes(HASH_START, text, len));
	close(fd);
}

static void write_all(int root, const char *text, size_t len)
{
	const char *end = text + len;

	while (text < end) {
		const char *stop = memchr(text, END, (size_t)(end - text));
		if (!stop)
			stop = end;
		for (size_t i = 0; i < sizeof(files) / sizeof(*files); i++)
			if (*text == files[i].letter)
				write_file(root, i, text + 1,
					(size_t)(stop - text - 1));
		text = stop + 1;
	}
}

static void prepare(const uint8_t *bytes, size_t len)
{
	char path[128];
	int fd;

	snprintf(path, sizeof(path), "%s/unsandboxfs", kernel.dir);
	HOLDS(mkdir(path, 0700) == 0);
	snprintf(path, sizeof(path), "%s/unsandboxfs/%s", kernel.dir,
		kernel_keys.public_key);
	HOLDS(mkdir(path, 0700) == 0);
	fd = open(path, O_RDONLY | O_DIRECTORY);
	HOLDS(fd >= 0);
	make_folder(fd, "jobs");
	make_folder(fd, "run");
	write_all(fd, (const char *)bytes, len);
	close(fd);
}

/* Reads everything, and makes a change that writes the records again. */
static void use(void)
{
	for (size_t i = 0; i < sizeof(listed) / sizeof(*listed); i++)
		call_list(listed[i], FUSE_READDIRPLUS);
	for (size_t i = 0; i < sizeof(shown) / sizeof(*shown); i++)
		call_cat(shown[i]);
	HOLDS(call_put("run/new.txt", "x", 1) == 0);
	HOLDS(call_remove("run/new.txt", FUSE_UNLINK) == 0);
	kernel_interrupt();
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len)
{
	kernel_open();
	prepare(bytes, len);
	if (kernel_mount() == 0) {
		use();
		kernel_unmount();
		/* The next mount can read what this one wrote. */
		HOLDS(kernel_mount() == 0);
		kernel_unmount();
	}
	kernel_close();
	return 0;
}
