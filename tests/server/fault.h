/* SPDX-License-Identifier: MIT */
/* tests/server/fault.h - fault rules */
#ifndef TESTS_SERVER_FAULT_H
#define TESTS_SERVER_FAULT_H

#include <pthread.h>

#include "request.h"

/* The place in the answer where the fault happens. */
enum fault_point {
	FAULT_NEVER,
	FAULT_BEFORE,
	FAULT_HEADERS,
	FAULT_BODY,
};

struct fault {
	char *method;
	char *path;
	/* Remaining times; -1: always. */
	long long times;
	/* The request is carried out before the fault happens. */
	bool is_after;
	long long delay_ms;
	/* 0: the real answer. */
	int status;
	struct text body;
	/* Owned; NULL or an object of strings. */
	json_t *headers;
	enum fault_point hang;
	enum fault_point close;
	/* The connection is closed by a reset (plain http only). */
	bool is_reset;
	/* Bytes of the body that are sent; -1: all. */
	long long truncate;
	/* The Content-Length sent; -1: the correct one. */
	long long content_length;
	/* The body never ends. */
	bool is_endless;
	bool is_garbage;
	/* Pause after each 1024 bytes of the body. */
	long long drip_ms;
	/* Sent instead of any HTTP. */
	struct text raw;
};

struct faults {
	pthread_mutex_t lock;
	struct fault *rules;
	size_t count;
};

void faults_init(struct faults *faults);
void faults_clear(struct faults *faults);

/*
 * Fills a zeroed rule.  0, or -EINVAL with a reply that names the invalid
 * field; the caller clears the rule in either case.
 */
int fault_read(struct fault *fault, const json_t *rule, struct reply *reply);

/*
 * Replaces all rules.  0, or -EINVAL with the old rules kept and a reply that
 * names the invalid field.
 */
int faults_set(struct faults *faults, const json_t *rules, struct reply *reply);
void faults_emit(struct faults *faults, struct text *text);

/*
 * Finds the first rule for the request and counts its use.  false if there is
 * none; otherwise *fault is a copy, which fault_clear frees.
 */
bool faults_take(struct faults *faults, const struct request *request,
	struct fault *fault);
void fault_clear(struct fault *fault);

/* Whether to carry out the request. */
bool fault_carries_out(const struct fault *fault);

/* Whether the HTTP library cannot send the answer. */
bool fault_breaks_wire(const struct fault *fault);

#endif
