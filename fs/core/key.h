/* SPDX-License-Identifier: MIT */
/* fs/core/key.h - a key that the API does not accept, and what to do */
#ifndef FS_CORE_KEY_H
#define FS_CORE_KEY_H

#include <stdbool.h>
#include <stddef.h>
#include <time.h>

#include "api/api.h"

struct core;

/* What is known of a key that was refused. key/ shows it as long as the API
 * refuses the key. */
struct key_refusal {
	/* The answer to /keys/validate, with what the mount knows besides;
	 * NULL: the key was never refused there. */
	json_t *answer;
	struct timespec at;
	/* The API's last answer about the key was a refusal. */
	bool is_last;
};

/* Whether a request fails with this error while the key is refused. */
bool key_is_refused(int err);

/* What a person can do about an answer that refuses the key, or asks for a
 * one-time code; "": unknown. core NULL: there is no mount. */
void key_advice(const struct core *core,
	const struct api_credentials *credentials,
	const struct api_answer *answer, char *out, size_t size);

/* Takes note of a failed request. If it refuses the key, what was known of the
 * key before is dropped, in the kernel, too. */
void key_note(
	struct core *core, const char *path, const struct api_answer *answer);

/* Explains a failed request in .unsandboxfs/errors, and takes note of it. */
void key_explain(struct core *core, const char *method, const char *path,
	const struct api_answer *answer);

/* Invalidates what the kernel has cached of key/. */
void key_notify(struct core *core);

#endif
