/* SPDX-License-Identifier: MIT */
/* tests/server/program.h - the program in a request */
#ifndef TESTS_SERVER_PROGRAM_H
#define TESTS_SERVER_PROGRAM_H

#include "language.h"
#include "request.h"

struct input_file {
	char *name;
	struct text bytes;
};

struct program {
	const struct language *language;
	/* From the shebang, for /run. */
	bool is_detected;
	struct text code;
	struct input_file *files;
	size_t file_count;
	/* NAME=VALUE, ends in NULL; NULL if there are none. */
	char **env;
	size_t env_count;
	bool has_network;
	bool wants_artifacts;
	bool wants_wasm;
	int ttl_s;
	int vcpu;
};

void program_clear(struct program *program);

/*
 * Reads the body of /execute, with all variants of field names.  0, or -EINVAL
 * with the reply made; the caller clears it in either case.
 */
int program_from_json(
	struct program *program, const json_t *json, struct reply *reply);

/* Reads the source text and the query of /run. */
int program_from_text(struct program *program, const struct request *request,
	struct reply *reply);

/* Shared with other requests; each 0, or -EINVAL with a reply. */
int program_read_files(
	struct program *program, const json_t *json, struct reply *reply);
int program_read_env(
	struct program *program, const json_t *env, struct reply *reply);
int program_read_network(
	bool *has_network, const json_t *json, struct reply *reply);
int program_read_vcpu(int *vcpu, const json_t *json, struct reply *reply);

/* The name of the code's file, unless an input file has it. */
void program_file_name(const struct program *program, char *name, size_t size);

/*
 * Fills the directory that becomes /tmp: the input files, the same under
 * input/ and in the input/ of what becomes /root, an empty artifacts/ in both,
 * and the code.  0 or -errno.
 */
int program_lay_out(const struct program *program, const char *dir);

/* Only the input files and /root, in an existing directory. */
int program_lay_files(const struct program *program, const char *dir);

#endif
