/* SPDX-License-Identifier: MIT */
/* tests/fuzz/job_answer.c - stores a result with its artifacts */
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "api/api.h"
#include "fs/core/core.h"
#include "fs/jobs/jobs.h"
#include "tests/fuzz/fuzz.h"

static struct core core = { .state = { .fd = -1, .jobs_fd = -1 } };
static char folder[] = "/tmp/unsandboxfs-fuzz-XXXXXX";

static void folder_remove(void)
{
	HOLDS(rmdir(folder) == 0);
}

static void folder_make(void)
{
	HOLDS(mkdtemp(folder));
	atexit(folder_remove);
	core.state.jobs_fd = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	HOLDS(core.state.jobs_fd >= 0);
}

static void check_stored(const struct job_stored *stored)
{
	struct stat st;

	for (size_t i = 0; i < stored->artifact_count; i++) {
		const char *name = stored->artifacts[i].name;

		HOLDS(name && *name && strlen(name) <= 255);
		HOLDS(!strchr(name, '/') && strcmp(name, ".") &&
			strcmp(name, ".."));
	}
	if (stored->err)
		return;
	HOLDS(fstatat(core.state.jobs_fd, "7.stdout", &st, 0) == 0);
	HOLDS((uint64_t)st.st_size == stored->output_size[JOB_STDOUT]);
	HOLDS(fstatat(core.state.jobs_fd, "7.answer", &st, 0) == 0);
	HOLDS((uint64_t)st.st_size == stored->answer_size);
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len)
{
	json_t *answer = json_read((const char *)bytes, len);
	const struct storing storing = {
		.state = &core.state, .number = 7, .program = "main.c"
	};
	struct job_stored stored = { 0 };

	if (core.state.jobs_fd < 0)
		folder_make();
	if (!json_is_object(answer)) {
		json_decref(answer);
		return 0;
	}
	job_store_answer(&storing, answer, &stored);
	check_stored(&stored);
	job_store_remove(&core, 7, stored.artifact_count);
	job_stored_clear(&stored);
	json_decref(answer);
	return 0;
}
