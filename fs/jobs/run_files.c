/* SPDX-License-Identifier: MIT */
/* fs/jobs/run_files.c - program and input files of a run; read by the worker */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "fs/base/base.h"
#include "fs/core/core.h"
#include "fs/jobs/jobs.h"

/*
 * The request has the files as they were at the close. The loop opens the
 * program and its directory and freezes the directory until the worker has read
 * them all.
 */

int run_files_open(struct run *run, struct file *dir, struct file *program)
{
	struct file_opened opened;
	int err;

	run->takes_all = run->kind->has_drafts && file_parent(dir);
	if (program) {
		err = file_open(program, O_RDONLY, &opened);
		if (err)
			return err;
		run->program_fd = fcntl(opened.fd, F_DUPFD_CLOEXEC, 0);
		file_close(&opened);
		if (run->program_fd < 0)
			return -errno;
	}
	if (run->takes_all || run->kind->saves == SAVES_RUN_PROGRAMS) {
		run->dir_fd = file_open_dir(dir);
		if (run->dir_fd < 0)
			return run->dir_fd;
	}
	run->dir = dir;
	file_freeze(dir);
	return 0;
}

void run_files_thaw(struct run *run)
{
	if (run->program_fd >= 0)
		close(run->program_fd);
	if (run->dir_fd >= 0)
		close(run->dir_fd);
	run->program_fd = run->dir_fd = -1;
	if (run->dir) {
		file_thaw(run->dir);
		ops_wake(&run->core->frozen);
	}
	run->dir = NULL;
}

int run_files_copy(const struct run *run)
{
	int fd = job_open_file(&run->core->state, run->job->number, "code",
		O_WRONLY | O_CREAT | O_EXCL);

	if (fd < 0)
		return fd;
	int err = fd_copy(run->program_fd, fd);
	if (!err && fsync(fd))
		err = -errno;
	close(fd);
	return err;
}

int run_files_read(const struct run *run, char **content, size_t *len)
{
	*len = 0;
	*content = NULL;
	if (run->program_fd >= 0)
		return fd_read(run->program_fd, RUN_INPUT_MAX, content, len);
	*content = calloc(1, 1);
	return *content ? 0 : -ENOMEM;
}

/* ---- input files ---- */

static int input_json(int fd, const char *name, size_t *total, json_t **out)
{
	char *bytes, *text;
	size_t len, text_len;
	int err = fd_read(fd, RUN_INPUT_MAX - *total, &bytes, &len);

	if (err)
		return err;
	*total += len;
	text = base64_encode(bytes, len, &text_len);
	free(bytes);
	if (!text)
		return -ENOMEM;
	*out = json_pack("{s:o s:s#}", "filename",
		json_from_bytes(name, strlen(name)), "content", text,
		(int)text_len);
	free(text);
	return *out ? 0 : -ENOMEM;
}

static bool name_is_input(const struct run *run, const char *name)
{
	return !name_is_ignored(name) &&
		(run->takes_all || !language_of_name(name));
}

static bool is_input(const struct run *run, int fd, const char *name)
{
	struct stat st, program;

	if (fstat(fd, &st) || !S_ISREG(st.st_mode))
		return false;
	if (run->program_fd >= 0 && fstat(run->program_fd, &program) == 0 &&
		program.st_ino == st.st_ino)
		return false;
	return run->takes_all || name_has_ending(name) || !fd_has_shebang(fd);
}

/* 0: it is none, or was added to list; 1: it is one, and list is NULL. */
static int input_add(
	struct run *run, const char *name, size_t *total, json_t *list)
{
	json_t *item;
	int fd, err = 0;

	if (!name_is_input(run, name))
		return 0;
	fd = openat(run->dir_fd, name,
		O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
	if (fd < 0)
		return errno == ELOOP ? 0 : -errno;
	if (is_input(run, fd, name)) {
		err = list ? input_json(fd, name, total, &item) : 1;
		if (!err && json_array_append_new(list, item))
			err = -ENOMEM;
	}
	close(fd);
	if (err == -EFBIG)
		snprintf(run->why, sizeof(run->why),
			"the input file %.100s cannot be sent: with it "
			"the request is larger than %zu MB",
			name, RUN_INPUT_MAX >> 20);
	return err;
}

static int inputs_add(struct run *run, json_t *list)
{
	struct dirent **names = NULL;
	size_t total = 0;
	int err = 0, count;

	if (run->dir_fd < 0)
		return 0;
	count = scandirat(run->dir_fd, ".", &names, NULL, alphasort);
	if (count < 0)
		return -errno;
	for (int i = 0; i < count; i++) {
		if (!err)
			err = input_add(run, names[i]->d_name, &total, list);
		free(names[i]);
	}
	free(names);
	return err;
}

bool run_has_inputs(struct run *run)
{
	return inputs_add(run, NULL) != 0;
}

int run_put_inputs(struct run *run, json_t *body)
{
	json_t *list = json_array();
	int err = list ? inputs_add(run, list) : -ENOMEM;

	if (!err && json_array_size(list))
		err = json_object_set(body, "input_files", list) ? -ENOMEM : 0;
	json_decref(list);
	return err;
}
