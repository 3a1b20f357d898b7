/* SPDX-License-Identifier: MIT */
/* fs/jobs/run_files.c - program and input files of a run; read by the worker */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/openat2.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "fs/base/base.h"
#include "fs/core/core.h"
#include "fs/jobs/jobs.h"

/*
 * The request has the files as they were at the close. The loop opens the
 * program and the root of its input files, and freezes the root until the
 * worker has read them all.
 */

enum {
	INPUTS_MAX = 100000, /* more names are not collected */
	WRITTEN_MAX = 1 << 16,
	BENEATH_TRIES = 1000,
};

static enum run_takes run_takes_of(const struct run *run, struct file *root)
{
	if (project_of(root))
		return project_is_plain(root) ? RUN_TAKES_DATA_BELOW
					      : RUN_TAKES_ALL;
	return run->kind->saves == SAVES_RUN_PROGRAMS ? RUN_TAKES_DATA
						      : RUN_TAKES_NONE;
}

int run_files_open(struct run *run, struct file *root, struct file *program)
{
	run->program_fd = file_open_read(program);
	if (run->program_fd < 0)
		return run->program_fd;
	run->takes = run_takes_of(run, root);
	if (run->takes != RUN_TAKES_NONE) {
		run->dir_fd = file_open_dir(root);
		if (run->dir_fd < 0)
			return run->dir_fd;
	}
	run->frozen = root;
	file_freeze(root);
	return 0;
}

void run_files_init(struct run *run)
{
	run->program_fd = run->dir_fd = -1;
}

void run_files_thaw(struct run *run)
{
	for (size_t i = 0; i < run->input_count; i++)
		free(run->inputs[i].path);
	free(run->inputs);
	run->inputs = NULL;
	run->input_count = 0;
	if (run->program_fd >= 0)
		close(run->program_fd);
	if (run->dir_fd >= 0)
		close(run->dir_fd);
	run_files_init(run);
	if (run->frozen) {
		file_thaw(run->frozen);
		ops_wake(&run->core->frozen);
	}
	run->frozen = NULL;
}

/* A larger program may share its blocks with the copy. */
int run_files_copy(
	const struct run *run, int copy_fd, const char *content, size_t len)
{
	return content && len <= WRITTEN_MAX
		? fd_write(copy_fd, content, len)
		: fd_copy(run->program_fd, copy_fd);
}

/* ---- which input files there are ---- */

/* A directory that is being read, and those that it is in. */
struct level {
	const struct level *above;
	dev_t dev;
	ino_t ino;
};

/* Where a link leads over "..", openat2 fails with EAGAIN if anything is
 * renamed or mounted on the machine meanwhile. */
static int open_beneath(const struct run *run, const char *path, int flags)
{
	const struct open_how how = {
		.flags = (unsigned)flags,
		.resolve = RESOLVE_BENEATH | RESOLVE_NO_MAGICLINKS,
	};
	int fd, tries = BENEATH_TRIES;

	do {
		fd = (int)syscall(
			SYS_openat2, run->dir_fd, path, &how, sizeof(how));
	} while (fd < 0 && errno == EAGAIN && --tries);
	return fd;
}

/* A symbolic link is followed, unless it leads out of the root (-EXDEV). Where
 * there is no openat2 (in containers, under valgrind), none is: -ELOOP. */
static int open_inside(const struct run *run, const char *path)
{
	const int flags = O_RDONLY | O_NONBLOCK | O_NOCTTY | O_CLOEXEC;
	int fd = openat(run->dir_fd, path, flags | O_NOFOLLOW);

	if (fd < 0 && errno == ELOOP) {
		fd = open_beneath(run, path, flags);
		if (fd < 0 && (errno == ENOSYS || errno == EPERM))
			return -ELOOP;
	}
	return fd < 0 ? -errno : fd;
}

static int input_refuse(struct run *run, const char *path, int err)
{
	const char *reason = strerror(-err);

	if (err == -EXDEV)
		reason =
			"it is a symbolic link that leads out of the directory";
	else if (err == -ENOENT)
		reason = "it is a symbolic link to nothing";
	else if (err == -EILSEQ)
		reason = "its name is not UTF-8";
	snprintf(run->why, sizeof(run->why),
		"the input file %.200s cannot be sent: %s", path, reason);
	return err == -EXDEV || err == -ENOENT ? -ELOOP : err;
}

int run_check_utf8(json_t *string)
{
	size_t len;
	char *bytes = json_to_bytes(string, &len);
	int err = -ENOMEM;

	if (bytes)
		err = len == json_string_length(string) ? 0 : -EILSEQ;
	free(bytes);
	json_decref(string);
	return err;
}

static int input_add(struct run *run, const char *path, size_t size)
{
	size_t count = run->input_count;

	int err = run_check_utf8(json_from_bytes(path, strlen(path)));

	if (err)
		return input_refuse(run, path, err);
	if (count >= INPUTS_MAX) {
		snprintf(run->why, sizeof(run->why),
			"there are more than %d input files", INPUTS_MAX);
		return -EFBIG;
	}
	if (!(count & (count + 1))) { /* it is full: 0, 1, 3, 7, ... */
		struct run_input *grown = reallocarray(
			run->inputs, count * 2 + 1, sizeof(*grown));
		if (!grown)
			return -ENOMEM;
		run->inputs = grown;
	}
	run->inputs[count].path = strdup(path);
	run->inputs[count].size = size;
	if (!run->inputs[count].path)
		return -ENOMEM;
	run->input_count++;
	return 0;
}

/* Whether programs that are directly in the root run on their own. */
static bool is_beside_programs(const struct run *run, const char *path)
{
	return run->takes != RUN_TAKES_ALL && !strchr(path, '/');
}

/* Whether the file is another program. */
static bool is_program(const struct run *run, const char *path, int fd)
{
	return is_beside_programs(run, path) &&
		(language_of_name(path) ||
			(!name_has_ending(path) && fd_has_shebang(fd)));
}

static int dir_walk(
	struct run *run, int fd, const char *path, const struct level *level);

static int below_walk(struct run *run, int fd, const char *path,
	const struct stat *st, const struct level *above)
{
	const struct level level = { above, st->st_dev, st->st_ino };

	for (; above; above = above->above)
		if (above->dev == level.dev && above->ino == level.ino)
			return input_refuse(run, path, -ELOOP);
	return dir_walk(run, fd, path, &level);
}

/* name is the last part of path. Opens nothing whose name and type say that it
 * is no input file. */
static int entry_walk(struct run *run, const char *path, const char *name,
	unsigned char type, const struct level *above)
{
	bool is_skipped = name_is_ignored(name) ||
		(is_beside_programs(run, path) && language_of_name(name));
	struct stat st;
	int fd, err = 0;

	if (name_hides_files(name) || (is_skipped && type == DT_REG) ||
		(run->program_fd >= 0 && !strcmp(path, run->name)))
		return 0;
	fd = open_inside(run, path);
	if (fd < 0 && is_skipped)
		return 0;
	if (fd < 0) {
		err = input_refuse(run, path, fd);
		/* In run/ itself the link may be for another program. */
		return err == -ELOOP && run->takes == RUN_TAKES_DATA ? 0 : err;
	}
	if (fstat(fd, &st))
		err = -errno;
	else if (S_ISDIR(st.st_mode) && run->takes != RUN_TAKES_DATA)
		return below_walk(run, fd, path, &st, above);
	else if (S_ISREG(st.st_mode) && !is_skipped &&
		!is_program(run, path, fd))
		err = input_add(run, path, st.st_size);
	close(fd);
	return err;
}

/* Takes fd, but for that of the root. Only one more is open at a time, however
 * deep the directories are. */
static int dir_walk(
	struct run *run, int fd, const char *path, const struct level *level)
{
	struct dirent **names;
	int count = scandirat(fd, ".", &names, NULL, alphasort);
	int err = count < 0 ? -errno : 0;

	if (fd != run->dir_fd)
		close(fd);
	for (int i = 0; i < count; i++) {
		const char *name = names[i]->d_name;
		char *below = NULL;
		if (!err && strcmp(name, ".") && strcmp(name, ".."))
			err = asprintf(&below, "%s%s%s", path, *path ? "/" : "",
				      name) < 0
				? -ENOMEM
				: entry_walk(run, below, name, names[i]->d_type,
					  level);
		free(below);
		free(names[i]);
	}
	if (count >= 0)
		free(names);
	return err;
}

/* Notes which file is the largest: users want to know if all are too large. */
static int inputs_measure(struct run *run, size_t program_size)
{
	const char *largest = run->name;
	size_t size = program_size, total = program_size;

	for (size_t i = 0; i < run->input_count; i++) {
		total += run->inputs[i].size;
		if (run->inputs[i].size > size) {
			size = run->inputs[i].size;
			largest = run->inputs[i].path;
		}
	}
	if (run->input_count)
		snprintf(run->largest, sizeof(run->largest),
			"the largest file is %.200s, %zu bytes", largest, size);
	if (total <= RUN_INPUT_MAX)
		return 0;
	snprintf(run->why, sizeof(run->why),
		"%zu bytes are to be sent, and a request carries %zu MB; the "
		"largest file is %.200s",
		total, RUN_INPUT_MAX >> 20, largest);
	return -EFBIG;
}

static int inputs_find(struct run *run)
{
	struct stat st = { 0 };
	struct level root;
	int err = 0;

	if (run->dir_fd >= 0) {
		if (fstat(run->dir_fd, &st))
			return -errno;
		root = (struct level){ NULL, st.st_dev, st.st_ino };
		err = dir_walk(run, run->dir_fd, "", &root);
	}
	st.st_size = 0;
	if (!err && run->program_fd >= 0 && fstat(run->program_fd, &st))
		err = -errno;
	return err ? err : inputs_measure(run, st.st_size);
}

int run_files_read(struct run *run, char **content, size_t *len)
{
	int err = inputs_find(run);

	*len = 0;
	*content = NULL;
	if (err)
		return err;
	if (run->program_fd >= 0)
		return fd_read(run->program_fd, RUN_INPUT_MAX, content, len);
	*content = calloc(1, 1);
	return *content ? 0 : -ENOMEM;
}

/* ---- what is in them ---- */

static int input_json(int fd, const struct run_input *input, json_t **out)
{
	char *bytes, *text;
	size_t len, text_len;
	int err = fd_read(fd, input->size, &bytes, &len);

	if (err)
		return err;
	text = base64_encode(bytes, len, &text_len);
	free(bytes);
	if (!text)
		return -ENOMEM;
	*out = json_pack("{s:s s:s#}", "filename", input->path, "content", text,
		(int)text_len);
	free(text);
	return *out ? 0 : -ENOMEM;
}

static int input_put(
	struct run *run, const struct run_input *input, json_t *list)
{
	int fd = open_inside(run, input->path), err;
	json_t *item = NULL;

	if (fd < 0)
		return input_refuse(run, input->path, fd);
	err = input_json(fd, input, &item);
	close(fd);
	if (err)
		return input_refuse(run, input->path, err);
	return json_array_append_new(list, item) ? -ENOMEM : 0;
}

int run_put_inputs(struct run *run, json_t *body)
{
	json_t *list = json_array();
	int err = list ? 0 : -ENOMEM;

	for (size_t i = 0; !err && i < run->input_count; i++)
		err = input_put(run, &run->inputs[i], list);
	if (!err && run->input_count)
		err = json_object_set(body, "input_files", list) ? -ENOMEM : 0;
	json_decref(list);
	return err;
}
