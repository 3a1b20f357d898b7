/* SPDX-License-Identifier: MIT */
/* tests/server/program_layout.c - writes a program and its files to disk */
#include "program.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include "folder.h"
#include "mounts.h"

void program_file_name(const struct program *program, char *name, size_t size)
{
	unsigned int number = 0;
	size_t i = 0;

	snprintf(name, size, "main%s", program->language->suffix);
	while (i < program->file_count) {
		if (strcmp(program->files[i++].name, name))
			continue;
		snprintf(name, size, "main%u%s", ++number,
			program->language->suffix);
		i = 0;
	}
}

static int lay_file(const struct input_file *file, const char *dir)
{
	const char *slash = strrchr(file->name, '/');
	char path[4096];
	int err = 0;

	if (slash) {
		if (snprintf(path, sizeof(path), "%s/%.*s", dir,
			    (int)(slash - file->name),
			    file->name) >= (int)sizeof(path))
			return -ENAMETOOLONG;
		err = folder_make(path);
	}
	if (err)
		return err;
	return folder_write(dir, file->name, file->bytes.data, file->bytes.len);
}

int program_lay_files(const struct program *program, const char *dir)
{
	static const char *const places[] = { "", "/input",
		"/" MOUNTS_ROOT "/input" };
	char path[4096];
	size_t i, place;
	int err;

	snprintf(path, sizeof(path), "%s/%s/artifacts", dir, MOUNTS_ROOT);
	err = folder_make(path);
	for (place = 0; place < 3 && program->file_count && !err; place++) {
		snprintf(path, sizeof(path), "%s%s", dir, places[place]);
		err = folder_make(path);
		for (i = 0; i < program->file_count && !err; i++)
			err = lay_file(program->files + i, path);
	}
	return err;
}

int program_lay_out(const struct program *program, const char *dir)
{
	char path[4096], name[64];
	int err;

	snprintf(path, sizeof(path), "%s/artifacts", dir);
	err = folder_make(path);
	if (err)
		return err;
	chmod(dir, 01777);
	err = program_lay_files(program, dir);
	if (err || !program->language)
		return err;
	program_file_name(program, name, sizeof(name));
	return folder_write(dir, name, program->code.data, program->code.len);
}
