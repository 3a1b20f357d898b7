/* SPDX-License-Identifier: MIT */
/* tests/fuzz/replay.c - runs a fuzz target with the files of its corpus */
#include <dirent.h>
#include <string.h>

#include "tests/fuzz/fuzz.h"

enum { INPUT_MAX = 1 << 20 };

static void replay_file(const char *path)
{
	uint8_t *bytes = malloc(INPUT_MAX), *exact;
	FILE *file = fopen(path, "re");
	size_t len;

	HOLDS(bytes && file);
	len = fread(bytes, 1, INPUT_MAX, file);
	fclose(file);
	/* The exact size, so that valgrind and ASan see reads past the end. */
	exact = malloc(len ? len : 1);
	HOLDS(exact);
	memcpy(exact, bytes, len);
	free(bytes);
	LLVMFuzzerTestOneInput(exact, len);
	free(exact);
}

static unsigned replay_folder(const char *path)
{
	DIR *dir = opendir(path);
	struct dirent *entry;
	unsigned count = 0;
	char name[4096];

	HOLDS(dir);
	while ((entry = readdir(dir))) {
		if (entry->d_name[0] == '.')
			continue;
		snprintf(name, sizeof(name), "%s/%s", path, entry->d_name);
		replay_file(name);
		count++;
	}
	closedir(dir);
	return count;
}

int main(int argc, char **argv)
{
	unsigned count;

	if (argc != 2) {
		fprintf(stderr, "usage: %s FOLDER\n", argv[0]);
		return 2;
	}
	/* The empty input belongs to every corpus. */
	LLVMFuzzerTestOneInput((const uint8_t *)"", 0);
	count = replay_folder(argv[1]);
	HOLDS(count > 0);
	printf("%s: %u inputs\n", argv[1], count + 1);
	return 0;
}
