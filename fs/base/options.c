/* SPDX-License-Identifier: MIT */
/* fs/base/options.c - the default settings */
#include "fs/base/options.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "cache/cache.h"

#define DEFAULT_URL "https://api.unsandbox.com"

/* The caller's umask, and 022 in any case: a file that others could write would
 * run on the owner's account. */
static mode_t umask_default(void)
{
	mode_t mask = umask(022);

	umask(mask);
	return mask | 022;
}

int options_init(struct options *options)
{
	*options = (struct options){
		.account = -1,
		.run_wait_ms = 1000,
		.timeout_ms = 30 * 1000,
		.keep_jobs = 1000,
		.uid = getuid(),
		.gid = getgid(),
		.umask = umask_default(),
		.ttl_ms = {
			[CACHE_LIST] = 10 * 1000,
			[CACHE_DETAIL] = 10 * 1000,
			[CACHE_STATIC] = 60 * 60 * 1000,
			[CACHE_KEY] = 5 * 60 * 1000,
			[CACHE_SYSTEM] = 10 * 1000,
		},
		.stale_ttl_ms = 5 * 60 * 1000,
		.negative_ttl_ms = 5 * 1000,
		.cache_size = 64 << 20,
		.answer_max = {
			[API_ANSWER_OTHER] = 8 << 20,
			[API_ANSWER_LIST] = 64 << 20,
			[API_ANSWER_OUTPUT] = 256 << 20,
		},
	};
	options->url = strdup(DEFAULT_URL);
	return options->url ? 0 : -ENOMEM;
}

void options_clear(struct options *options)
{
	free(options->mountpoint);
	free(options->source);
	free(options->url);
	free(options->cacert);
	free(options->accounts_file);
	free(options->state_dir);
	free(options->log_file);
	free(options->run);
	free(options->kernel);
	free(options->text);
	*options = (struct options){ 0 };
}
